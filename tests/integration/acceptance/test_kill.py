"""A bot that dies without a word leaves no order behind."""

from pathlib import Path

from proofs.stage.asking import eventually
from proofs.stage.programs import Bot, SimulatedExchange

COUNTDOWN_MS = 30_000


def test_kill_9_of_the_bot_leaves_no_order_after_the_dead_mans_switch_has_counted_down(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "demo", variables=exchange.variables()) as bot:
        shown = set(bot.wait_for_quotes()["order_ids"])
        bot.kill()
        assert {order["externalId"] for order in exchange.open_orders()} == shown, "nobody has cancelled yet"

        exchange.tell("clock", {"advance_ms": COUNTDOWN_MS})

        eventually(lambda: not exchange.open_orders(), 5, "no order of the dead bot on the exchange")
        ended = {order["externalId"]: order["status"] for order in exchange.truth("orders")["orders"]}
        assert [ended[order_id] for order_id in shown] == ["CANCELLED", "CANCELLED"], "cancelled, not expired"
        assert '"event": "deadman_switch"' in exchange.line_with("deadman_switch", 5)


def test_a_living_bot_renews_the_switch_so_that_its_orders_outlive_the_countdown(tmp_path: Path) -> None:
    with SimulatedExchange(tmp_path) as exchange, Bot(tmp_path, "demo", variables=exchange.variables()) as bot:
        bot.wait_for_quotes()
        renewals = "POST /api/v1/user/deadmanswitch"
        before = exchange.truth("requests")["by_route"][renewals]

        eventually(lambda: exchange.truth("requests")["by_route"][renewals] > before, 15, "a renewal of the switch")

        assert len(exchange.open_orders()) == 2
        assert not any("deadman_switch" in line for line in exchange.lines())
