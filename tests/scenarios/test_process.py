"""Faults of our own process, its disk and its clock; kills at any step, restarts, a second instance."""

import errno
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.core.errors import ConfigurationError, RiskRefused
from bot.core.mode import BotState
from bot.core.numbers import Lots
from bot.core.order_ids import epoch_of
from bot.core.orders import Status
from bot.state_folder import StateFolder
from simulator.inprocess import Setting
from simulator.inprocess_trouble import delay
from simulator.markets import BTC_USD
from simulator.options import ServerOptions
from tests.support.virtual_checks import OFF_GRID_CODES
from tests.support.virtual_world import MARKET, START_MS, World


def restart(world: World, **changes: Any) -> None:
    """Start the program again on the same state folder, as a service manager would, and wait until it quotes alone."""
    bot = world.quoting_bot(**changes)
    here = {order.client_order_id for order in bot.live() if order.status is not Status.UNKNOWN}
    assert here == {order.external_id for order in world.live()}
    known = {order.external_id for order in world.orders()}
    unsent = {order.client_order_id for order in bot.live()} - here
    assert not unsent & known, "what is in doubt until its expiry never reached the exchange"


@pytest.mark.parametrize("grid", [("1", "0.00001"), ("0.01", "0.001"), ("0.25", "0.0007"), ("5", "0.00001")])
def test_f112_prices_and_sizes_are_sent_on_the_grid_as_plain_decimals(grid: tuple[str, str]) -> None:
    tick, lot = Decimal(grid[0]), Decimal(grid[1])
    spec = BTC_USD.on_grid(tick_size=tick, lot_size=lot, min_order_size=lot * 3, start_price=Decimal("86198.85") // tick * tick)
    plain = re.compile(r"\d+(\.\d+)?")
    with World(seed=112, setting=Setting(specs=(spec,), with_flow=True)) as world:
        world.bot(order_size="0.0123", spread_percentage=0.00037, price_move_threshold=0.00005)
        world.run_for(12)
        sent = world.requests("create", "edit")

        assert len(sent) >= 6
        for each in sent:
            price, size = each.body["price"], each.body["qty"]
            assert plain.fullmatch(price), price
            assert plain.fullmatch(size), size
            assert Decimal(price) % tick == 0
            assert Decimal(size) % lot == 0
        assert not [line for line in world.exchange.site.requests.recent if line.code in OFF_GRID_CODES]


def test_f130_a_liquidation_halts_the_market_and_nothing_is_entered_again_without_a_person() -> None:
    with World(seed=130) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(3)
        began_s = world.now_s
        world.liquidate()
        world.until(lambda: bot.state is BotState.HALTED, 5)
        world.run_for(60)

        assert bot.position == world.true_position() == 0, "the trade is booked"
        assert world.requests("create", "edit", since_s=began_s + 0.1) == []
        assert "liquidat" in bot.engine.state_reason.text.lower()
        assert bot.said("bot_halted"), "a person is told"
        assert world.live() == []


def deleverage(world: World, lots: int) -> None:
    """Let the exchange take part of the position away at the mark, as auto-deleveraging does."""
    venue = world.exchange.venue
    venue.liquidation.deleverage(venue.accounts[world.account.account_id], MARKET, Lots(lots), venue.now_ms)
    world.kick()


def test_f131_auto_deleveraging_of_the_winning_side_is_booked_and_the_skew_follows_what_is_left() -> None:
    quoting = {"levels": 1, "soft_position": 1.0}
    with World(seed=131) as world:
        assert world.quiet is not None
        bot = world.quoting_bot(strategy="composite", max_position="0.02", quoting=quoting)
        for _ in range(2):
            world.hit("BUY")
            world.run_for(6)
        world.quiet.move_to(world.quiet.price + 300)
        world.run_for(6)
        before = bot.engine.makers[MARKET].breakdown
        assert before is not None
        assert (bot.position, {order.side.value for order in world.resting()}) == (Decimal("0.02"), {"SELL"})

        deleverage(world, 1_000)
        world.until(lambda: bot.state is BotState.HALTED, 5)
        world.run_for(20)
        assert bot.position == world.true_position() == Decimal("0.01"), "by the same path as any fill"
        assert world.live() == []
        assert (bot.engine.state_reason.code, "auto-deleveraging" in bot.engine.state_reason.text) == ("deleverage", True)
        assert bot.said("bot_halted"), "a person is told"
        found = bot.engine.risk.reconciled
        assert found is not None
        assert abs(found.residual) < Decimal("0.01"), "and what it earned is in the books"

        world.do(bot.maker.start(), bot)
        world.until(lambda: len(world.resting()) == 2, 10, "both sides: half of the limit is free again")
        after = bot.engine.makers[MARKET].breakdown
        assert after is not None
        assert after.inventory_lots == 1.0
        assert 0 < after.skew_bps < before.skew_bps


def test_f131_a_position_that_was_deleveraged_away_is_flat_and_not_bought_back() -> None:
    with World(seed=1310) as world:
        bot = world.quoting_bot()
        world.hit("SELL")
        world.run_for(5)
        deleverage(world, 1_000)
        world.until(lambda: bot.state is BotState.HALTED, 5)
        began_s = world.now_s
        world.run_for(90)

        assert bot.position == world.true_position() == 0
        assert bot.engine.account.adjustments == 0, "booked by its trade, not taken over afterwards"
        assert world.requests("create", "edit", since_s=began_s + 0.1) == []


def test_f138_a_sweep_of_every_bid_never_takes_the_position_past_its_limit() -> None:
    with World(seed=138) as world:
        bot = world.quoting_bot(max_position="0.03", price_move_threshold=0.0001)
        assert world.quiet is not None
        for step in range(60):
            world.quiet.move_to(86_190 - 12 * step)
            if world.resting("BUY"):
                world.hit("BUY")
            world.run_for(0.05)
        swept = len([order for order in world.orders() if order.filled])
        world.run_for(5)

        assert bot.position == world.true_position() <= Decimal("0.03")
        assert swept <= 4, "what follows a fill waits a moment: no order is fed to the sweep at once"
        assert not world.resting("BUY") or bot.position < Decimal("0.03")


@pytest.mark.parametrize("step", [37, 90, 170, 230, 260, 290, 320, 350, 380, 410, 440, 480, 530, 600, 700, 900])
@pytest.mark.parametrize("journal", [False, True], ids=["from the exchange", "with a journal"])
def test_f140_f141_killed_at_any_step_a_restart_finds_everything_and_repeats_nothing(step: int, journal: bool) -> None:
    with World(seed=140 + step, journal=journal) as world:
        first = world.bot()
        first.program.dies_at_step = step
        world.run_for(1.5)
        if not first.program.is_dead and world.resting("BUY"):
            world.hit("BUY", 400)
        world.until(lambda: first.program.is_dead, 30)
        if world.resting("SELL"):
            world.hit("SELL", 300)  # filled while nobody looks
        world.run_for(2)
        restart(world)

        ids = [each.body["id"] for each in world.requests("create", "edit")]
        assert len(ids) == len(set(ids))


@pytest.mark.parametrize("torn_bytes", [0, 1, 40, 400])
def test_f146_fills_of_the_time_nobody_looked_are_booked_after_a_restart_although_the_journal_is_torn(torn_bytes: int) -> None:
    with World(seed=146, journal=True) as world:
        first = world.quoting_bot()
        world.hit("BUY", 600)
        world.run_for(8)
        first.kill()
        world.hit("SELL", 250)
        newest = max((first.home.path / "journal").rglob("*.journal"), key=lambda file: file.stat().st_mtime_ns)
        content = newest.read_bytes()
        newest.write_bytes(content[: len(content) - torn_bytes])
        world.run_for(3)
        second = world.quoting_bot()

        assert second.engine.account.is_recovered
        assert second.position == world.true_position()
        assert not second.said("position_adopted"), "nothing was guessed"
        known = set(second.engine.account.fills) | set(second.engine.account._trade_ids)
        assert {each.trade.id for each in world.exchange.fills_of(world.account)} <= known


def test_f141_killed_between_sending_and_the_answer_the_order_is_found_and_cancelled() -> None:
    with World(seed=141) as world:
        first = world.bot()
        held = world.exchange.meddle("create", delay(after_s=2.0))
        world.until(lambda: held.struck == 2, 5)
        world.run_for(0.5)
        first.kill()
        orphans = {order.external_id for order in world.live()}
        assert orphans
        world.exchange.stop_meddling()
        restart(world)

        assert not orphans & {order.external_id for order in world.live()}


def test_f142_killed_during_the_stop_the_next_start_or_the_switch_finishes_it() -> None:
    with World(seed=142) as world:
        first = world.quoting_bot()
        world.exchange.meddle("cancel", delay(before_s=1.0))
        world.begin(first.maker.stop(), first)
        world.run_for(0.3)
        first.kill()
        assert world.live()
        world.run_for(31)
        assert world.live() == []


@pytest.mark.parametrize("frozen_s", [6, 29, 90])
def test_f143_a_frozen_process_reads_everything_anew_before_it_does_anything(frozen_s: int) -> None:
    with World(seed=143) as world:
        bot = world.quoting_bot()
        bot.freeze()
        world.run_for(3)
        assert world.quiet is not None
        world.hit("BUY", 500)
        world.quiet.move_to(86_400)
        world.run_for(frozen_s - 3)
        woke_s = world.now_s
        bot.thaw()
        world.until(lambda: world.requests("create", "edit", since_s=woke_s) or bot.state is not BotState.RUNNING, 20)
        if bot.state is BotState.RUNNING:
            first_ms = world.requests("create", "edit", since_s=woke_s)[0].ms
            read = {
                each.kind for each in world.requests("trades", "open_orders", "positions", since_s=woke_s) if each.ms < first_ms
            }
            assert read == {"trades", "open_orders", "positions"}
        world.run_for(5)

        assert bot.said("loop_slept")
        assert bot.position == world.true_position() == Decimal("0.005")


def test_f144_on_a_full_disk_no_id_is_invented_and_cancels_still_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.state_folder.ID_BLOCK", 12)
    monkeypatch.setattr("bot.simple_mm_bot.LOW_IDS", 6)
    with World(seed=144) as world:
        bot = world.quoting_bot(price_move_threshold=0.0001)
        honest = StateFolder._write

        def full(folder: StateFolder, file: Path, text: str, *, durable: bool) -> None:
            del folder, text, durable
            raise ConfigurationError(f"{file} cannot be written: {errno.errorcode[errno.ENOSPC]}")

        monkeypatch.setattr(StateFolder, "_write", full)
        assert world.quiet is not None
        for step in range(40):
            world.quiet.move_to(86_200 + 15 * (step % 9))
            world.run_for(1)
        used = max(int(each.body["nonce"]) for each in world.requests("create", "edit"))

        assert used < 24 + 12, "only what was reserved before"
        assert bot.said("ids_not_reserved"), "a person is told"
        quiet_since_s = world.now_s
        world.run_for(5)
        assert world.requests("create", "edit", since_s=quiet_since_s) == []
        world.do(bot.maker.pause(), bot)
        assert world.live() == [], "cancels still leave"
        monkeypatch.setattr(StateFolder, "_write", honest)
        world.run_for(3)
        world.do(bot.maker.start(), bot)
        world.until(lambda: len(world.resting()) == 2, 20, "space again, quotes again")


@pytest.mark.parametrize("offset_ms", [-30_000, 30_000])
def test_f150_a_clock_that_is_wrong_by_half_a_minute_changes_no_expiry(offset_ms: int) -> None:
    with World(seed=150) as world:
        bot = world.quoting_bot(offset_ms=offset_ms)
        world.run_for(70)  # a renewal included

        for order in world.orders():
            assert 88_000 <= order.expiry_ms - order.created_ms <= 92_000, "the order's end is told in the exchange's time"
        assert not [order for order in world.orders() if order.status.value == "EXPIRED"]
        assert bot.state is BotState.RUNNING


def test_f150_a_clock_that_is_wrong_by_minutes_stops_the_bot_and_is_said() -> None:
    with World(seed=151) as world:
        bot = world.bot(offset_ms=-200_000)
        world.run_for(5)

        assert world.orders() == []
        assert "clock" in bot.engine.state_reason.code or bot.why_not_quoting == "clock_offset"


def test_f150_a_step_and_a_drift_of_the_exchanges_clock_are_followed() -> None:
    with World(seed=152) as world:
        bot = world.quoting_bot()
        world.run_for(5)
        world.exchange.clock.offset_ms += 8_000  # shorter than what the switch's countdown has left
        world.kick()
        for _ in range(90):
            world.exchange.clock.offset_ms += 50
            world.run_for(1)

        later = [order for order in world.orders() if order.created_ms > START_MS + 20_000]
        assert later
        for order in later:
            assert 88_000 <= order.expiry_ms - order.created_ms <= 92_000
        assert bot.state is BotState.RUNNING
        assert len(world.resting()) == 2


def test_f151_on_one_host_the_folder_is_locked_and_elsewhere_the_newer_instance_gives_way_untouching() -> None:
    with World(seed=153) as world:
        older = world.quoting_bot()
        with older.home.lock(), pytest.raises(ConfigurationError, match="another bot"), StateFolder(older.home.path).lock():
            pass
        world.run_for(3)
        standing = {order.external_id for order in world.resting()}
        newer = world.bot(home="another-host")
        world.run_for(10)
        assert newer.why_not_quoting == "other_bot_orders"
        assert {order.external_id for order in world.resting()} == standing
        world.until(lambda: newer.state is BotState.HALTED, 100, "the older one renews its quotes, and the newer one gives way")
        world.run_for(100)
        assert not [each for each in world.requests("create", "edit") if newer.maker.ids.epoch in each.body["id"]]
        assert older.state is BotState.RUNNING
        assert not older.said("bot_paused")

        with pytest.raises(RiskRefused, match="another bot"):  # a person insists
            world.do(newer.maker.start(), newer)
        world.do(newer.maker.stop(), newer)
        assert older.state is BotState.RUNNING
        assert older.engine.switch.left_ms(older.clock.now_ms()) > 0
        assert len(world.resting()) == 2
        assert older.position == world.true_position()


def test_f151_quotes_that_appear_later_stop_the_newer_instance_and_the_older_one_goes_on() -> None:
    with World(seed=154) as world:
        older = world.quoting_bot()
        world.do(older.maker.pause(), older)
        newer = world.quoting_bot(home="another-host")
        world.run_for(3)
        world.do(older.maker.start(), older)
        world.until(lambda: newer.state is BotState.HALTED, 10)
        world.until(lambda: {older.maker.ids.epoch} == {epoch_of(order.external_id) for order in world.resting()}, 10)
        world.run_for(5)

        assert newer.engine.state_reason.code == "second_instance"
        assert older.state is BotState.RUNNING
        assert len(world.resting()) == 2


def test_f151_what_a_dead_bot_with_a_lost_folder_left_is_waited_for_and_then_quoted() -> None:
    with World(seed=156) as world:
        first = world.quoting_bot()
        world.run_for(3)
        first.kill()
        second = world.bot(home="a-new-disk")
        world.until(lambda: second.why_not_quoting == "other_bot_orders", 10)
        assert not [each for each in world.requests("create", "edit") if second.maker.ids.epoch in each.body["id"]]

        world.until(lambda: not world.live() or second.maker.ids.epoch in world.live()[0].external_id, 100, "they expire")
        world.until(lambda: len(world.resting()) == 2 and not second.why_not_quoting, 20, "the new one quotes")

        assert second.state is BotState.RUNNING


def test_f151_what_an_earlier_run_with_the_same_folder_left_is_no_other_bot() -> None:
    with World(seed=155) as world:
        first = world.quoting_bot()
        first.kill()
        left = {order.external_id for order in world.resting()}
        second = world.quoting_bot()

        assert second.state is BotState.RUNNING
        assert not left & {order.external_id for order in world.live()}


def test_c9_a_short_soak_of_small_troubles_keeps_every_invariant() -> None:
    with World(
        seed=9, setting=Setting(with_flow=True, options=ServerOptions(verify_signatures=False, best_interval_ms=200))
    ) as world:
        bot = world.quoting_bot(spread_percentage=0.0003, price_move_threshold=0.0003)
        for _ in range(6):
            world.exchange.meddle("create edit cancel", delay(before_s=world.chance.uniform(0, 1)), times=1)
            world.exchange.meddle("read", delay(after_s=world.chance.uniform(0, 2)), times=2)
            world.run_for(5)

        assert bot.engine.account.fills or len(world.orders()) > 4
        assert bot.engine.views[MARKET].mark is not None
