"""Risk at work: losses over a restart, stops, tiers, breakers, refusals in a row, money that somebody moves."""

from decimal import Decimal
from typing import Any

import pytest

from bot.core.events import LeverageReported
from bot.core.mode import BotState
from bot.core.orders import Owner, Side
from bot.core.risk.tiers import Tier
from bot.limits_config import AccountLimitsConfig, BreakerConfig, MarketLimitsConfig
from simulator.orders import Reason
from tests.scenarios.test_placing import refuse_in_the_book
from tests.support.virtual_world import CALM, MARKET, VirtualBot, World

ONE = Decimal("0.01")
FREE: dict[str, Any] = {"daily_loss_fraction": None, "drawdown_fraction": None, "max_leverage": None}
DAY = AccountLimitsConfig(max_daily_loss="10", **FREE)
FALL = AccountLimitsConfig(max_drawdown="10", **FREE)


def long_one(world: World, **changes: Any) -> VirtualBot:
    """Return a bot that quotes and holds 0.01, as much as it may."""
    bot = world.quoting_bot(max_position="0.01", **changes)
    world.hit("BUY")
    world.until(lambda: bot.position == ONE, 5, "the bid is filled")
    world.run_for(4)
    return bot


def fall(world: World, dollars: int) -> None:
    """Let the price fall at once."""
    assert world.quiet is not None
    world.quiet.move_to(world.quiet.price - dollars)
    world.run_for(3)


def tier(bot: VirtualBot) -> Tier:
    assert bot.engine.risk.state is not None
    return bot.engine.risk.state.tier


def half_spread(world: World, bot: VirtualBot) -> Decimal:
    """Return how far the bot's ask is from mark, as a fraction."""
    mark = bot.engine.views[MARKET].mark
    assert mark is not None
    return Decimal(world.resting("SELL")[0].price) / mark.value - 1


# --- losses -------------------------------------------------------------------------------------------------------------


def test_the_days_loss_widens_then_reduces_then_halts_and_a_restart_forgets_none_of_it() -> None:
    with World(seed=700) as world:
        bot = long_one(world, account_limits=DAY)
        usual = half_spread(world, bot)
        fall(world, 650)
        assert tier(bot) is Tier.YELLOW
        assert half_spread(world, bot) > usual * Decimal("1.4")
        fall(world, 200)
        assert (tier(bot), bot.state, bot.engine.state_reason.code) == (Tier.ORANGE, BotState.REDUCING, "daily_loss")
        assert {order.side.value for order in world.resting()} == {"SELL"}, "only the side that reduces"
        fall(world, 300)
        assert bot.state is BotState.HALTED
        assert world.live() == [], "everything is cancelled"
        assert [each["code"] for each in bot.said("bot_halted")] == ["daily_loss"]
        bot.kill()
        world.run_for(35)

        again = world.bot(max_position="0.01", account_limits=DAY)
        world.run_for(20)
        assert again.state is BotState.HALTED, "a start by the configuration acknowledges nothing"
        assert world.live() == []

        world.do(again.maker.start(), again)
        world.run_for(5)
        assert (again.state, again.engine.state_reason.code) == (BotState.REDUCING, "daily_loss"), "a person has looked"
        assert {order.side.value for order in world.resting()} == {"SELL"}, "for the rest of the day only the reducing side"


def test_a_stop_loss_halts_cancels_and_alerts() -> None:
    with World(seed=701) as world:
        bot = long_one(world, limits=MarketLimitsConfig(stop_loss="8", breakers=CALM))
        fall(world, 1_000)

        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "stop_loss")
        assert world.live() == []
        assert bot.position == ONE, "nothing is closed by force unless it is so configured"
        assert bot.said("bot_halted")[0]["text"].startswith("the position has lost ")


def test_a_drawdown_passes_through_its_tiers_and_calm_leads_back() -> None:
    with World(seed=702) as world:
        bot = long_one(world, account_limits=FALL)
        fall(world, 650)
        assert tier(bot) is Tier.YELLOW
        fall(world, 150)
        assert tier(bot) is Tier.ORANGE
        fall(world, -800)
        assert tier(bot) is Tier.ORANGE, "a tier is not left at once"
        world.run_for(70)
        assert tier(bot) is Tier.GREEN
        assert bot.state is BotState.RUNNING


def test_f134_a_position_is_closed_by_taking_when_red_is_configured_so_and_never_flips() -> None:
    with World(seed=134) as world:
        limits = AccountLimitsConfig(max_daily_loss="10", flatten_on_red=True, **FREE)
        bot = long_one(world, account_limits=limits)
        fall(world, 1_200)
        world.until(lambda: world.true_position() == 0, 30, "the position is closed")
        world.run_for(10)

        assert bot.state is BotState.HALTED
        assert bot.position == world.true_position() == 0
        exits = [order for order in world.orders() if order.reduce_only]
        assert len(exits) == 1
        assert bot.said("flatten_attempt")


def test_a_persons_flatten_closes_a_position_above_the_largest_order_in_several_orders_that_each_pass() -> None:
    with World(seed=135) as world:
        bot = long_one(world)
        small = AccountLimitsConfig(max_order_notional="250", **FREE)
        bot.maker.configure({"account_limits": small.model_dump(mode="json", exclude_none=True)})
        answer = world.do(bot.maker.flatten(), bot)

        assert (answer["status"], bot.position, world.true_position()) == ("flat", 0, 0)
        exits = [order for order in world.orders(Owner.HAND) if order.reduce_only]
        assert len(exits) == len(answer["orders"]), "none was refused by our own gate"
        filled = [each for each in answer["orders"] if each["status"] == "FILLED"]
        assert len(filled) == 4, "0.01 of 86,000 in orders of at most 245"
        assert len({each["price"] for each in filled}) == 1, "what is filled whole does not widen the cap"


# --- breakers -----------------------------------------------------------------------------------------------------------


def test_f137_a_jump_pulls_the_quotes_cools_down_and_lets_them_back() -> None:
    with World(seed=137) as world:
        assert world.quiet is not None
        bot = world.quoting_bot(limits=MarketLimitsConfig())
        world.quiet.comes_back = True
        world.quiet.move_to(world.quiet.price - 400)
        world.until(lambda: world.live() == [], 2, "the quotes are pulled")
        world.run_for(8)
        assert bot.why_not_quoting == "breaker_move"
        assert world.live() == [], "it cools down"
        took = world.until(lambda: len(world.resting()) == 2, 20, "the quotes are back")
        assert took < 6
        assert bot.state is BotState.RUNNING


def test_f137_a_flash_crash_costs_a_bounded_amount_and_is_not_chased() -> None:
    """Down by 20 % within ten seconds and back: what is held is at most the position limit, and the loss its fall."""
    with World(seed=138) as world:
        assert world.quiet is not None
        bot = world.quoting_bot(limits=MarketLimitsConfig(breakers=BreakerConfig()))
        start = world.quiet.price
        for step in range(1, 11):
            world.quiet.move_to(start * (1 - Decimal("0.02") * step))
            world.run_for(1)
        sent = len(world.requests("create", "edit"))
        for step in range(1, 11):
            world.quiet.move_to(start * (Decimal("0.8") + Decimal("0.02") * step))
            world.run_for(1)

        assert sent <= 12, "no cascade of new quotes into the fall"
        assert abs(bot.position) <= ONE, "one order was overrun, and no second one stood behind it"
        state = bot.engine.risk.state
        assert state is not None
        assert state.loss.day_loss < ONE * start * Decimal("0.02"), "what one order may lose in the first second"


# --- refusals in a row --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["BUY", "SELL"])
def test_f009_a_streak_of_crossings_steps_back_and_slows_down_on_that_side_alone(side: str) -> None:
    with World(seed=9) as world:
        bot = world.quoting_bot()
        refuse_in_the_book(world, lambda order: order.side.value == side, Reason.POST_ONLY_FAILED)
        began_s = world.now_s
        assert world.quiet is not None
        for step in range(60):
            world.quiet.move_to(world.quiet.price + (80 if step % 2 else -80))
            world.run_for(1)

        refused = [order for order in world.orders() if order.reason is Reason.POST_ONLY_FAILED]
        assert 3 <= len(refused) <= 8, "1 s, 2 s, 4 s, 8 s, 16 s: never a loop"
        other = "SELL" if side == "BUY" else "BUY"
        assert len(world.resting(other)) == 1, "the other side goes on"
        ticks = bot.engine.risk.safety_ticks(MARKET, bot.clock.now_ms())
        assert ticks[Side(side)] > ticks[Side(other)]
        assert began_s > 0


# --- money that somebody moves ------------------------------------------------------------------------------------------


def test_f135_a_withdrawal_is_no_loss_and_shrinks_the_room_at_once() -> None:
    limits = AccountLimitsConfig(daily_loss_fraction=0.02, drawdown_fraction=0.02, max_leverage=2)
    with World(seed=135) as world:
        bot = long_one(world, account_limits=limits)
        before = bot.engine.risk.state
        assert before is not None
        world.move_money("-4000")
        world.run_for(2)
        after = bot.engine.risk.state
        assert after is not None
        assert after.leverage is not None
        assert before.leverage is not None
        assert after.leverage > before.leverage, "at once"
        world.run_for(100)

        state = bot.engine.risk.state
        assert state is not None
        assert (state.loss.day_loss < 5, state.loss.drawdown < 5, tier(bot)) == (True, True, Tier.GREEN)
        assert bot.state is BotState.RUNNING
        assert bot.engine.risk.pnl.transferred == Decimal(-4000)
        residual = bot.engine.risk.reconciled
        assert residual is not None
        assert abs(residual.residual) < Decimal("0.01"), "and it is explained"


def test_f135_money_that_leaves_unseen_counts_as_a_loss_after_a_minute() -> None:
    with World(seed=136) as world:
        bot = world.quoting_bot(account_limits=DAY)
        world.run_for(20)
        bot.maker.read_money_with(lambda _since: _nothing())
        world.exchange.venue.ledger.deposit(world.account.account_id, Decimal(-100))
        world.exchange.venue.clearing.tell_balance(world.account.account_id, world.exchange.venue.now_ms)
        world.kick()
        world.run_for(30)
        assert bot.state is BotState.REDUCING, "nothing is opened while nobody knows where it went"
        world.run_for(60)
        assert (bot.state, bot.engine.state_reason.code) == (BotState.HALTED, "daily_loss")


async def _nothing() -> tuple[()]:
    return ()


# --- leverage -----------------------------------------------------------------------------------------------------------


def set_leverage_elsewhere(world: World, leverage: int) -> None:
    """Let somebody with the account's key change the leverage on the exchange."""
    world.exchange.venue.standings.set_leverage(world.account.account_id, MARKET, Decimal(leverage))


def shown_value(world: World, side: str) -> Decimal:
    spec = world.exchange.venue.markets[MARKET].spec
    return sum((spec.price(order.price) * spec.lot_size * order.left for order in world.resting(side)), start=Decimal(0))


def test_f136_leverage_that_is_lowered_elsewhere_is_found_out_told_and_shrinks_what_may_be_held() -> None:
    """10,000 of equity and leverage 1: quotes for 17,000 a side cannot both be paid for."""
    with World(seed=136) as world:
        bot = world.quoting_bot(order_size="0.2", max_position="0.5", account_limits=AccountLimitsConfig(**FREE))
        assert shown_value(world, "BUY") > 17_000
        assert bot.said("leverage_changed") == []
        world.do(bot.maker.pause(), bot)  # the exchange does not lower it below what open orders need
        set_leverage_elsewhere(world, 1)
        world.do(bot.maker.start(), bot)
        world.until(lambda: bot.said("leverage_changed"), 65, "found out at the next poll")
        (told,) = bot.said("leverage_changed")
        assert (told["before"], told["after"]) == ("10", "1")
        world.run_for(10)

        assert bot.state is BotState.RUNNING
        assert all(shown_value(world, side) <= 10_000 for side in ("BUY", "SELL"))
        assert shown_value(world, "BUY") + shown_value(world, "SELL") > 9_000, "what can be paid for is quoted"
        assert bot.engine.risk.manager.limits_of(MARKET).max_long == Decimal("0.5"), "the configured limits are as they were"

        set_leverage_elsewhere(world, 20)
        world.until(lambda: len(bot.said("leverage_changed")) == 2, 65)
        world.until(lambda: shown_value(world, "BUY") > 17_000, 90, "and with more of it they are whole again")


def test_f136_the_side_that_reduces_is_never_held_back_by_a_lowered_leverage() -> None:
    with World(seed=1360) as world:
        bot = world.quoting_bot(order_size="0.2", max_position="0.2", account_limits=AccountLimitsConfig(**FREE))
        world.hit("BUY")
        world.until(lambda: bot.position == Decimal("0.2"), 5)
        bot.engine.apply(LeverageReported(leverages={MARKET: Decimal("0.5")}, received_ms=bot.clock.now_ms()))
        world.run_for(10)

        assert world.resting("BUY") == []
        (ask,) = world.resting("SELL")
        assert ask.left == 20_000, "all of it"


# --- the books ----------------------------------------------------------------------------------------------------------


def test_our_books_agree_with_the_exchanges_equity_to_the_cent() -> None:
    with World(seed=703) as world:
        assert world.quiet is not None
        bot = world.quoting_bot()
        for step in range(12):
            world.hit("BUY" if step % 3 else "SELL")
            world.quiet.move_to(world.quiet.price + (90 if step % 2 else -70))
            world.run_for(6)
        world.run_for(15)
        found = bot.engine.risk.reconciled

        assert found is not None
        assert abs(found.residual) < Decimal("0.01")
        day = bot.engine.risk.pnl.day(bot.clock.now_ms() // 86_400_000)
        assert day.total == day.spread + day.inventory - day.fees + day.funding
        assert day.fills == bot.engine.counters.fills > 8
