"""Faults of market data and of the account's stream: gaps, crossed books, silence, and what must happen to the quotes."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from bot.core.mode import BotState
from bot.limits_config import MarketLimitsConfig
from simulator.faults import Fault
from simulator.frames import Frame, encode
from simulator.hub import PathListener
from simulator.inprocess_trouble import account_frame, changed, family, late, silence
from simulator.matching import Side as VenueSide
from tests.support.virtual_world import CALM, MARKET, START_MS, VirtualBot, World


def skip_next(world: World, family_name: str, key: str | None) -> None:
    """Lose the next frame of one stream: its number is missing."""
    listeners = world.exchange.site.hub._listeners[family_name, key]
    assert listeners
    for listener in listeners:
        assert isinstance(listener, PathListener)
        listener.connection.skip_next = 1


def repeat_next(world: World, family_name: str, key: str | None) -> None:
    for listener in world.exchange.site.hub._listeners[family_name, key]:
        listener.connection.twice_next = 1


def view_of(bot: VirtualBot) -> Any:
    return bot.engine.views[MARKET]


@pytest.mark.parametrize("trouble", [skip_next, repeat_next], ids=["a number is missing", "a number is repeated"])
def test_f060_f061_a_break_in_the_books_numbers_invalidates_it_until_a_fresh_snapshot(trouble: Any) -> None:
    with World(seed=60) as world:
        bot = world.quoting_bot()
        world.run_for(3)
        snapshots = bot.said("feed_restored")
        trouble(world, "orderbooks", MARKET)
        trouble(world, "best", MARKET)
        world.until(lambda: any(each["feed"] == "book" for each in bot.said("feed_lost")), 5, "the gap is seen")

        assert view_of(bot).book.problem, "not one more delta is believed"
        world.until(lambda: not world.live() or not view_of(bot).book.problem, 5)
        world.until(lambda: not view_of(bot).book.problem, 10, "a fresh snapshot")
        assert len(bot.said("feed_restored")) > len(snapshots)
        world.until(lambda: len(world.resting()) == 2 and not bot.why_not_quoting, 10)
        bid, ask, _ = view_of(bot).touch()
        assert (bid.price, ask.price) == (86_189, 86_207)


def test_f060_without_book_and_touch_the_quotes_are_pulled() -> None:
    with World(seed=61) as world:
        bot = world.quoting_bot()
        skip_next(world, "orderbooks", MARKET)
        skip_next(world, "best", MARKET)
        world.exchange.site.faults.set(_fault("refuse_streams"))
        took_s = world.until(lambda: not world.live(), 6, "quotes are pulled")

        assert took_s < 5.5
        assert bot.why_not_quoting == "no_book"
        world.exchange.stop_meddling()
        world.until(lambda: len(world.resting()) == 2, 40, "and shown again on fresh data")


def test_f064_a_crossed_book_is_never_quoted_on() -> None:
    with World(seed=64) as world:
        bot = world.quoting_bot()

        def crossed(_key: str, frame: Frame) -> list[tuple[float, Frame]]:
            content = msgspec.json.decode(frame.data)
            for level in content["b"]:
                level["p"] = "86300"
            return [(0.0, Frame(frame.family, frame.ts_ms, encode(content), frame.word))]

        broadcast = world.exchange.site.broadcast
        honest = broadcast._market_opening

        def opening(name: str, markets: list[str], now_ms: int) -> Iterator[Frame]:
            for frame in honest(name, markets, now_ms):
                yield crossed("", frame)[0][1] if lie.left is None and name in ("best", "orderbooks") else frame

        broadcast._market_opening = opening
        lie = world.exchange.meddle_with_streams(family("best", "orderbooks"), crossed)
        world.until(lambda: lie.struck >= 2 and not world.live(), 15, "quotes are pulled")
        began_s = world.now_s
        world.run_for(15)

        assert world.requests("create", "edit", since_s=began_s) == []
        assert bot.why_not_quoting == "no_book"
        lie.stop()
        world.until(lambda: len(world.resting()) == 2, 70, "a true picture, quotes again")


def test_f065_a_socket_that_answers_pings_and_says_nothing_is_stale_by_age_and_connected_anew() -> None:
    with World(seed=65) as world:
        bot = world.quoting_bot()
        mute = world.exchange.meddle_with_streams(family("best", "orderbooks", "mark", "index"), silence())
        silenced_s = world.now_s
        opened = world.net.opened
        world.until(lambda: not world.live(), 8, "quotes are pulled by age")

        assert world.now_s - silenced_s <= 6.5
        assert bot.why_not_quoting == "stale_mark_price"
        world.run_for(45)
        assert world.net.opened > opened, "the silent streams are connected anew"
        assert any("silent" in each["reason"] for each in bot.said("feed_lost"))
        mute.stop()
        world.until(lambda: len(world.resting()) == 2, 40)


def test_f066_one_silent_market_stops_and_the_others_go_on() -> None:
    with World(seed=66) as world:
        bot = world.quoting_bot()
        world.exchange.meddle_with_streams(lambda key, frame: frame.family == "mark" and key == MARKET, silence())
        world.until(lambda: not world.live(), 8)

        assert bot.state is BotState.RUNNING
        assert bot.why_not_quoting == "stale_mark_price"


def move_book_alone(world: World, price: int) -> None:
    """Put strangers and index around a price; the mark stays where it was and goes on being told."""
    assert world.quiet is not None
    quiet, venue = world.quiet, world.exchange.venue
    for side in VenueSide:
        quiet.empty(side.value)
    venue.set_index(MARKET, Decimal(price))
    for side, away in ((VenueSide.BUY, -9), (VenueSide.SELL, 9)):
        quiet._rest(side, price + away)
    quiet.is_stirred = False
    world.kick()


def test_f067_a_mark_that_is_frozen_while_the_book_falls_hides_no_loss() -> None:
    limits = MarketLimitsConfig(breakers=CALM, orders_per_minute=None, stop_loss="8")
    with World(seed=67) as world:
        bot = world.quoting_bot(max_position="0.01", limits=limits)
        world.hit("BUY")
        world.until(lambda: bot.position == Decimal("0.01"), 5)
        world.run_for(4)
        move_book_alone(world, 85_700)
        world.until(lambda: bot.why_not_quoting == "divergence", 3, "mark and book are too far apart to be quoted on")
        world.until(lambda: not world.live(), 1)
        assert bot.state is BotState.RUNNING, "0.6 % of 0.01 is a loss of 4"

        move_book_alone(world, 85_200)
        world.until(lambda: bot.state is BotState.HALTED, 3, "the position is valued at the worse of mark and mid")
        mark = bot.engine.views[MARKET].mark
        assert mark is not None
        assert mark.value == Decimal("86198.85"), "by the mark alone nothing was lost"
        assert bot.engine.state_reason.code == "stop_loss"


def test_f067_a_mark_that_is_silent_pulls_the_quotes_and_they_return_with_it() -> None:
    with World(seed=670) as world:
        bot = world.quoting_bot()
        mute = world.exchange.meddle_with_streams(family("mark"), silence())
        world.until(lambda: not world.live(), 8, "the quotes are pulled")
        began_s = world.now_s
        world.run_for(20)

        assert bot.why_not_quoting == "stale_mark_price"
        assert world.requests("create", "edit", since_s=began_s) == []
        mute.stop()
        world.until(lambda: len(world.resting()) == 2, 40)


def test_f067_a_stale_mark_widens_the_check_of_a_price_and_does_not_end_it() -> None:
    with World(seed=671) as world:
        bot = world.quoting_bot()
        world.exchange.meddle_with_streams(family("mark"), silence())
        assert world.quiet is not None
        for _ in range(7):
            world.quiet.move_to(world.quiet.price - 860)
            world.run_for(2)
        world.run_for(6)

        def check(price: int) -> dict[str, Any]:
            order = {"market": MARKET, "side": "SELL", "price": str(price), "size": "0.01", "time_in_force": "GTT"}
            return world.do(bot.maker.check_order(**order), bot)

        near = check(int(world.quiet.price) + 20)
        assert near["verdict"] == "PASS", "7 % below the mark that was last told, and where the market is"
        far = check(int(world.quiet.price * Decimal("0.9")))
        assert far["code"] == "price_band", "what the market does not know is refused all the same"


def test_f068_mark_and_mid_far_apart_stop_the_quotes() -> None:
    with World(seed=68) as world:
        bot = world.quoting_bot()
        world.exchange.exchange.set_price(MARKET, Decimal(87_000))
        world.kick()
        world.until(lambda: not world.live(), 5)

        assert bot.why_not_quoting == "divergence"


@pytest.mark.parametrize("factor", ["10", "0.1", "0", "-1"])
def test_f069_a_single_bad_tick_moves_no_quote(factor: str) -> None:
    with World(seed=69) as world:
        bot = world.quoting_bot()
        prices = {order.price for order in world.resting()}
        bad = str(Decimal("86198.85") * Decimal(factor))

        def spoil(_key: str, frame: Frame) -> list[tuple[float, Frame]]:
            content = msgspec.json.decode(frame.data)
            content["p"] = bad
            return [(0.0, Frame(frame.family, frame.ts_ms, encode(content), frame.word))]

        world.exchange.meddle_with_streams(family("mark"), spoil, times=1)
        world.run_for(10)
        world.until(lambda: len(world.resting()) == 2, 20)

        assert {order.price for order in world.orders()} == prices, "no order was decided on it"
        assert bot.state is BotState.RUNNING


def test_f070_an_empty_side_means_no_quotes() -> None:
    with World(seed=70) as world:
        bot = world.quoting_bot()
        assert world.quiet is not None
        world.quiet.empty("SELL")
        world.quiet.empty("BUY")
        ours = {order.price for order in world.resting()}
        world.run_for(3)

        assert {order.price for order in world.resting()} <= ours
        assert bot.why_not_quoting in ("no_book", "")


def test_f075_streams_that_break_every_two_seconds_make_no_storm() -> None:
    with World(seed=75) as world:
        bot = world.quoting_bot()
        began_s = world.now_s
        for _ in range(20):
            world.exchange.site.hub.cut_all()
            world.run_for(2)

        creates = world.requests("create", "edit", since_s=began_s)
        handshakes = world.requests("stream", since_s=began_s)
        assert len(creates) <= 6, "at most one pair for each loss before it was known as a storm"
        assert len(handshakes) <= 20 * 7
        assert bot.state is BotState.RUNNING
        assert [each for each in bot.said("quotes_pulled") if each["reason"] == "connection_unsteady"]
        ended_s = world.now_s - 2
        world.until(lambda: len(world.resting()) == 2, 60)
        assert world.requests("create", "edit", since_s=ended_s - 1)[0].ms >= START_MS + (ended_s + 5) * 1000


def test_f075_a_single_break_delays_nothing() -> None:
    with World(seed=76) as world:
        world.quoting_bot()
        for _ in range(3):
            world.run_for(31)
            world.exchange.site.hub.cut_all()
            world.until(lambda: not world.resting(), 5)

            assert world.until(lambda: len(world.resting()) == 2, 10) < 4


def test_f082_an_end_that_the_exchange_denies_for_long_is_taken_back_and_the_order_cancelled() -> None:
    with World(seed=82) as world:
        world.checks.allow("I7", "the stream told the end of an order that lives")
        bot = world.quoting_bot(order_lifetime_s=600)
        bid = world.resting("BUY")[0]
        lied = world.exchange.meddle_with_streams(account_frame("ORDER", status="PARTIALLY_FILLED"), changed(status="CANCELLED"))
        world.hit("BUY", 300)
        world.until(lambda: lied.struck, 5)
        world.run_for(3)
        held = bot.engine.orders.get(bid.external_id)
        assert held is not None
        assert not held.is_live
        assert bid.is_open
        world.exchange.stop_meddling()
        world.until(lambda: bot.said("order_came_back"), 100)
        world.run_for(5)

        assert not bid.is_open, "cancelled on sight"
        assert bot.position == world.true_position()
        assert len(world.resting()) == 2


def test_f080_a_gap_on_the_accounts_stream_pauses_creates_until_everything_was_read_again() -> None:
    with World(seed=80) as world:
        bot = world.quoting_bot()
        skip_next(world, "account", str(world.account.account_id))
        world.hit("BUY", 300)  # its first frame is the lost one
        world.until(lambda: any(each["feed"] == "account" for each in bot.said("feed_lost")), 3)
        lost_s = world.now_s
        world.until(lambda: world.requests("create", "edit", since_s=lost_s), 30)
        created_ms = world.requests("create", "edit", since_s=lost_s)[0].ms

        read = {
            each.kind for each in world.requests("trades", "open_orders", "positions", since_s=lost_s) if each.ms < created_ms
        }
        assert read == {"trades", "open_orders", "positions"}
        assert bot.position == world.true_position() == Decimal("0.003")


def test_f081_an_order_that_a_snapshot_lacks_is_asked_about_before_any_verdict() -> None:
    with World(seed=81) as world:
        bot = world.quoting_bot()
        world.run_for(4)
        bid = world.resting("BUY")[0]
        broadcast = world.exchange.site.broadcast
        honest = broadcast._account_opening

        def forgetful(account_id: int) -> list[Frame]:
            frames = honest(account_id)
            frames[0] = Frame("account", frames[0].ts_ms, encode({"isSnapshot": True, "orders": []}), "ORDER")
            return frames

        broadcast._account_opening = forgetful
        world.exchange.site.hub.cut_all()
        world.until(lambda: [each for each in world.requests("look_up") if bid.external_id in each.path], 10)
        world.run_for(3)

        order = bot.engine.orders.get(bid.external_id)
        assert order is not None
        assert bid.is_open is order.is_live


def test_f083_an_old_answer_never_brings_an_order_back() -> None:
    with World(seed=83) as world:
        bot = world.quoting_bot()
        world.exchange.site.read_model.lag_ms = 3_000
        for _ in range(6):
            world.hit("BUY", 300)
            world.run_for(4)
        world.run_for(10)

        assert not [order for order in bot.live() if order.adopted]
        assert {order.client_order_id for order in bot.live()} == {order.external_id for order in world.live()}


def test_f086_a_late_account_stream_never_lets_the_position_pass_its_limit() -> None:
    with World(seed=86) as world:
        bot = world.quoting_bot(max_position="0.02")
        world.exchange.meddle_with_streams(account_frame("TRADE"), late(2.0))
        for _ in range(8):
            if world.resting("BUY"):
                world.hit("BUY")
            world.run_for(1.2)
        world.run_for(5)

        assert bot.position == world.true_position() <= Decimal("0.02")


def _fault(kind: str) -> Fault:
    return Fault(kind=kind)
