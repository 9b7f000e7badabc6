"""The invariants themselves: a bot with a bug planted in it does not pass."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.core.account import Account
from bot.core.live_orders import LiveOrders
from bot.core.maker import Maker
from bot.core.mode import Mode
from bot.core.order_ids import OrderIds
from bot.core.orders import TRANSITIONS, Saw, Status
from bot.state_folder import StateFolder
from simulator.inprocess_trouble import account_frame, answer, lose_answer, twice
from tests.support.virtual_checks import InvariantViolated
from tests.support.virtual_world import World


def broken(world: World, play: Callable[[], None]) -> str:
    """Play, and return what the checks found at the end."""

    def to_the_end() -> None:
        play()
        world.checks.at_the_end()

    with pytest.raises((InvariantViolated, AssertionError)) as found:
        to_the_end()
    world.checks.broken.clear()
    world.checks.at_the_end = lambda: None
    return str(found.value)


def test_a_bot_that_books_a_fill_twice_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Account, "knows", lambda *_: False)
    honest = Account.apply_fill

    def forgetful(account: Account, fill: Any, now_ms: int) -> bool:
        account._trade_ids.pop(fill.trade_id, None)
        return honest(account, fill, now_ms)

    monkeypatch.setattr(Account, "apply_fill", forgetful)
    monkeypatch.setattr(Account, "reconcile", lambda *_: [])
    with World(seed=1) as world:
        world.quoting_bot()
        world.exchange.meddle_with_streams(account_frame("TRADE"), twice(0.2))
        world.hit("BUY")
        assert "I1" in broken(world, lambda: world.run_for(5))


def test_a_bot_that_does_not_count_orders_in_doubt_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = LiveOrders.of

    def careless(orders: LiveOrders, *arguments: Any, **named: Any) -> Any:
        return tuple(order for order in honest(orders, *arguments, **named) if order.status is not Status.UNKNOWN)

    monkeypatch.setattr(LiveOrders, "of", careless)
    with World(seed=2) as world:
        world.bot(max_position="0.01")
        world.exchange.meddle("create", lose_answer())
        world.exchange.meddle_with_streams(account_frame("ORDER"), lambda _key, _frame: [])
        world.exchange.meddle("look_up", answer(502, b"?"))
        assert "I2" in broken(world, lambda: world.run_for(8))


def test_a_bot_that_repeats_a_number_after_a_restart_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=3) as world:
        first = world.quoting_bot()
        first.kill()
        monkeypatch.setattr(StateFolder, "reserve_ids", lambda _folder: (1, 1_001))
        assert "I4" in broken(world, lambda: world.bot() and world.run_for(3))


def test_a_bot_that_uses_numbers_beyond_its_block_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrderIds, "extend", lambda ids, first, end: vars(ids).update(_next=end + 5, _end=end + 500))
    with World(seed=4) as world:
        assert "I3" in broken(world, lambda: world.bot() and world.run_for(2))


def test_a_bot_that_takes_silence_for_an_end_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TRANSITIONS[Status.PLACING], Saw.ANSWER_LOST, Status.CANCELLED)
    with World(seed=5) as world:
        world.bot()
        world.exchange.meddle("create", lose_answer(), times=2)
        world.exchange.meddle_with_streams(account_frame("ORDER"), lambda _key, _frame: [])
        assert "I7" in broken(world, lambda: world.run_for(10))


def test_a_bot_that_creates_while_halted_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=6) as world:
        bot = world.quoting_bot()
        monkeypatch.setattr(Mode, "is_quoting", property(lambda _mode: True))
        bot.maker.verbs.halt("test", "halted by the test")
        world.hit("BUY")
        assert "I8" in broken(world, lambda: world.run_for(5))


def test_a_bot_that_quotes_on_an_old_price_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.maker.reason_not_to_quote", lambda *_: None)
    with World(seed=7) as world:
        world.quoting_bot()
        world.exchange.meddle_with_streams(lambda _key, frame: frame.family == "mark", lambda _key, _frame: [])
        assert "I9" in broken(world, lambda: world.run_for(10))


def test_a_bot_that_leaves_a_side_empty_for_no_reason_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with World(seed=8) as world:
        world.quoting_bot()
        monkeypatch.setattr(Maker, "_why_refresh", lambda *_: "")
        world.hit("BUY")
        assert "I11" in broken(world, lambda: world.run_for(130))


def test_a_secret_in_the_log_is_found_out() -> None:
    with World(seed=9) as world:
        bot = world.quoting_bot()
        bot.text.write(f"the key is {world.account.private_key:x}")
        assert "I13" in broken(world, lambda: world.run_for(1))
