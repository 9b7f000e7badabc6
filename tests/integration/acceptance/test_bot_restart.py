"""The bot is restarted: it starts flat, never uses a number twice, and never runs twice in one state folder."""

import socket
from pathlib import Path

from proofs.stage.asking import eventually
from proofs.stage.programs import ADDRESS_LINE, Bot, Program, SimulatedExchange


def number_of(order_id: str) -> int:
    """Return the number at the end of one of our order ids."""
    return int(order_id.rpartition("-")[2])


def test_a_bot_restarted_after_kill_9_cancels_what_it_finds_before_it_quotes_again(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange:
        with Bot(tmp_path, "demo", variables=exchange.variables()) as first:
            left = set(first.wait_for_quotes()["order_ids"])
            first.kill()
        assert {order["externalId"] for order in exchange.open_orders()} == left

        with Bot(tmp_path, "demo", variables=exchange.variables(), name="second") as second:
            second.line_with("Orders placed")
            eventually(lambda: len(exchange.open_orders()) == 2, 5, "two orders on the exchange")
            shown = {order["externalId"] for order in exchange.open_orders()}

            assert shown == set(second.wait_for_quotes()["order_ids"])
            assert not shown & left
            second.line_with("orders of earlier runs have no known end", 1)
            orders = {order["externalId"]: order for order in exchange.truth("orders")["orders"]}
            assert max(orders[order_id]["updatedTime"] for order_id in left) <= min(
                orders[order_id]["createdTime"] for order_id in shown
            ), "the old orders were gone before the new ones came"


def test_order_numbers_are_never_used_twice_across_restarts_and_kills(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange:
        for number, end in enumerate(("kill", "stop", "stop")):
            with Bot(tmp_path, "demo", variables=exchange.variables(), name=f"bot-{number}") as bot:
                bot.line_with("Orders placed")
                if end == "kill":
                    bot.kill()

        used = [number_of(order["externalId"]) for order in exchange.truth("orders")["orders"]]
        assert len(used) >= 6
        assert len(set(used)) == len(used)


def test_a_second_bot_with_the_same_state_folder_is_refused_with_exit_code_3(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "run", variables=exchange.variables()) as first:
        command = ("bot", "run", "--port", "0")
        second = Program(command, {"MMBOT_HOME": str(first.home), **exchange.variables()}, tmp_path / "second.log")

        assert second.wait(20) == 3
        (sentence,) = [line for line in second.lines() if line.startswith("mmbot:")]
        assert f"another bot (process {first.pid})" in sentence
        assert "MMBOT_HOME" in sentence
        assert first.ask("GET", "/healthz").status == 200


def test_a_busy_port_is_one_sentence_and_exit_code_3(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        bot = Program(("bot", "run", "--port", str(port)), {"MMBOT_HOME": str(tmp_path / "home")}, tmp_path / "bot.log")

        assert bot.wait(20) == 3
        assert len(bot.lines()) == 1
        assert str(port) in bot.lines()[0]
        assert "--port" in bot.lines()[0]
        assert ADDRESS_LINE not in bot.lines()[0]
