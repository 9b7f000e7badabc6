"""The figures of the day where the journal is gone: read from the exchange's own trades, and until then not called whole."""

import shutil
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from bot.core.events import DayMoney
from simulator.inprocess_trouble import answer
from tests.support.virtual_world import MARKET, VirtualBot, World

WITHIN_S = 30.0


def truth(world: World) -> DayMoney:
    """Return the day as the exchange has it: everything happened today, and the account began flat."""
    fills = [event.trade for event in world.exchange.fills_of(world.account)]
    cash, volume, fees = Decimal(0), Decimal(0), Decimal(0)
    for trade in fills:
        value = Decimal(trade.price) * Decimal(trade.qty)
        cash += value if trade.side == "SELL" else -value
        volume += value
        fees += Decimal(trade.fee)
    (bot,) = [each for each in world.bots if not each.program.is_dead]
    entry_price = bot.engine.account.reported[MARKET].entry_price if world.true_position() else Decimal(0)
    return DayMoney(realised_pnl=cash + world.true_position() * entry_price, fees=fees, volume=volume)


def figures(bot: VirtualBot) -> DayMoney:
    money = bot.engine.day.figures(bot.engine.account.ledgers, bot.clock.now_ms())[MARKET]
    return DayMoney(realised_pnl=round(money.realised_pnl, 9), fees=money.fees, volume=money.volume)


def rounded(money: DayMoney) -> DayMoney:
    return DayMoney(realised_pnl=round(money.realised_pnl, 9), fees=money.fees, volume=money.volume)


def trade(world: World, rounds: int = 3) -> None:
    """Let the bot be filled on both sides at several prices."""
    assert world.quiet is not None
    for number in range(rounds):
        for side, lots in (("BUY", 700), ("SELL", 400)):
            world.until(partial(world.resting, side), 20, "a quote rests")
            world.hit(side, lots)
            world.run_for(3)
        world.quiet.move_to(86_198 + 40 * (number + 1))
        world.run_for(4)


def without_its_journal(world: World, bot: VirtualBot, **config: Any) -> VirtualBot:
    """End the bot, delete its journal and start it again."""
    world.run_for(8)
    bot.kill()
    shutil.rmtree(bot.home.path / "journal")
    return world.quoting_bot(**config)


def is_whole(bot: VirtualBot) -> bool:
    return bool(bot.maker.status()["day"]["is_whole"])


@pytest.mark.parametrize("page", [500, 2], ids=["one page", "many pages"])
def test_the_figures_of_the_day_are_the_exchanges_after_the_journal_was_deleted(
    page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.day_reader.PAGE", page)
    with World(seed=81, journal=True) as world:
        first = world.quoting_bot()
        world.until(lambda: is_whole(first), WITHIN_S)
        trade(world)
        assert figures(first) == rounded(truth(world))
        second = without_its_journal(world, first)
        assert not is_whole(second)
        assert "being read" in second.maker.status()["day"]["text"]
        world.until(lambda: is_whole(second), WITHIN_S)

        assert truth(world).realised_pnl
        assert figures(second) == rounded(truth(world)) == figures(first)
        trade(world, 1)
        assert figures(second) == rounded(truth(world))


def test_fills_that_arrive_while_the_day_is_read_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.day_reader.PAGE", 2)
    with World(seed=82, journal=True) as world:
        second = without_its_journal(world, _traded(world))
        before = len(world.exchange.fills_of(world.account))
        while not is_whole(second):
            for side in ("BUY", "SELL"):
                if world.resting(side):
                    world.hit(side, 50)
            world.run_for(0.7)
            assert world.now_s < 300
        assert len(world.exchange.fills_of(world.account)) > before + 3
        world.run_for(3)

        assert figures(second) == rounded(truth(world))


def _traded(world: World) -> VirtualBot:
    bot = world.quoting_bot(max_position="0.05")
    trade(world)
    return bot


def test_while_the_trades_cannot_be_read_the_figures_are_not_called_whole_and_never_zero() -> None:
    with World(seed=83, journal=True) as world:
        first = _traded(world)
        world.run_for(8)
        first.kill()
        shutil.rmtree(first.home.path / "journal")
        second = world.quoting_bot()
        refused = world.exchange.meddle("trades", answer(503, b"<html>no</html>"))
        world.run_for(40)

        assert not is_whole(second)
        assert "not whole" in second.maker.status()["day"]["text"]
        assert second.engine.day.pnl(second.engine.account.ledgers, {}, second.clock.now_ms()) is None
        refused.stop()
        world.until(lambda: is_whole(second), 120)
        assert figures(second) == rounded(truth(world))


def test_a_second_restart_goes_on_from_what_the_first_one_read() -> None:
    with World(seed=84, journal=True) as world:
        second = without_its_journal(world, _traded(world))
        world.until(lambda: is_whole(second), WITHIN_S)
        trade(world, 1)
        world.run_for(8)
        second.kill()
        third = world.quoting_bot()

        assert is_whole(third), "its journal knows the whole day now"
        assert figures(third) == rounded(truth(world))
        reads = [each for each in world.requests("trades") if each.query.get("limit") == "500"]
        assert len(reads) == len([each for each in world.bots if each is not third]) * 2


def test_a_restart_before_the_day_was_read_reads_it_then() -> None:
    with World(seed=85, journal=True) as world:
        second = without_its_journal(world, _traded(world))
        assert not is_whole(second)
        world.hit("BUY", 50)
        world.run_for(2)
        assert not is_whole(second)
        second.kill()
        third = world.quoting_bot()
        assert not is_whole(third)
        world.until(lambda: is_whole(third), WITHIN_S)

        assert figures(third) == rounded(truth(world))
