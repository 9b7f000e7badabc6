"""Risk as a whole: what the tiers do, what each limit leaves, and the gate."""

from decimal import Decimal

import msgspec
import pytest

from bot.core.errors import RiskRefused
from bot.core.events import BalanceReported
from bot.core.live_orders import LiveOrders
from bot.core.orders import Owner, Saw, Side
from bot.core.risk.caps import AccountCaps, HardCaps, MarketCaps
from bot.core.risk.flatten import Exit
from bot.core.risk.settings import UNLIMITED, AccountLimits, MarketLimits
from bot.core.risk.state import RiskRecord
from bot.core.risk.tiers import Tier
from tests.unit.core.risk.scene import BTC, ETH, START_MS, Scene, eth, fill, sight

DAILY = msgspec.structs.replace(UNLIMITED, max_daily_loss=Decimal(100))
ONE = MarketLimits(max_long=Decimal(1), max_short=Decimal(1))


def losing(amount: object, limits: AccountLimits = DAILY, **changes: object) -> Scene:
    """Return a scene that holds 0.1 long, began the day with 10 000 and has lost `amount`."""
    scene = Scene(limits, **changes)  # type: ignore[arg-type]  # passed on by name
    scene.hold("0.1")
    scene.balance(10_000)
    scene.decide()
    scene.earn(-Decimal(str(amount)))
    return scene


# --- tiers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "tier", "widening", "buys", "sells"),
    [
        ("49.99", Tier.GREEN, 1.0, "0.9", "1.1"),
        ("50", Tier.YELLOW, 1.5, "0.9", "1.1"),
        ("75", Tier.ORANGE, 2.0, "0", "0.1"),
        ("100", Tier.RED, 2.0, "0", "0.1"),
    ],
)
def test_each_tier_does_what_it_says(loss: str, tier: Tier, widening: float, buys: str, sells: str) -> None:
    verdict = losing(loss).market()

    assert (verdict.tier, verdict.widening) == (tier, widening)
    assert verdict.allowance == {Side.BUY: Decimal(buys), Side.SELL: Decimal(sells)}
    assert (verdict.reduce_only is not None) is (tier >= Tier.ORANGE)
    assert (verdict.pull is not None) is (tier is Tier.RED)


def test_a_reason_names_its_number_and_its_limit() -> None:
    state = losing(80).decide()

    assert [(each.code, each.value, each.limit, each.text) for each in state.findings] == [
        ("daily_loss", "80.00", "100.00", "lost 80.00 since 00:00 UTC, limit 100.00")
    ]
    assert state.halt is None


def test_red_halts_and_stays_although_the_loss_is_won_back() -> None:
    scene = losing(100)
    assert scene.decide().halt is not None

    scene.earn(500)

    halt = scene.decide(3_600_000).halt
    assert halt is not None
    assert halt.code == "daily_loss"


def test_a_person_who_starts_again_may_only_reduce_for_the_rest_of_the_day() -> None:
    scene = losing(150)
    scene.decide()

    assert scene.risk.acknowledge() == {"daily_loss"}

    verdict = scene.market(60_000)
    assert (verdict.tier, verdict.pull) == (Tier.ORANGE, None)
    assert verdict.allowance == {Side.BUY: 0, Side.SELL: Decimal("0.1")}


def test_the_next_day_is_green_again_step_by_step() -> None:
    scene = losing(150)
    scene.decide()
    scene.risk.acknowledge()
    scene.decide(24 * 3_600_000)

    tiers = [scene.decide(30_000).tier for _ in range(3)]

    assert tiers == [Tier.YELLOW, Tier.GREEN, Tier.GREEN]


def test_the_daily_loss_is_the_smaller_of_amount_and_fraction() -> None:
    limits = msgspec.structs.replace(UNLIMITED, max_daily_loss=Decimal(500), daily_loss_fraction=Decimal("0.01"))

    assert losing("99.99", limits).decide().tier is Tier.ORANGE
    assert losing("100", limits).decide().tier is Tier.RED


def test_a_drawdown_halts_and_is_measured_from_the_restart_of_a_person() -> None:
    scene = losing(0, msgspec.structs.replace(UNLIMITED, drawdown_fraction=Decimal("0.05")))
    scene.earn(1_000)
    scene.decide()
    scene.earn(-550)  # 5 % of 11 000
    halted = scene.decide().halt
    assert halted is not None
    assert halted.code == "drawdown"

    scene.risk.acknowledge()
    scene.decide()
    tiers = [scene.decide(30_000).tier for _ in range(2)]

    assert tiers == [Tier.YELLOW, Tier.GREEN]


@pytest.mark.parametrize(("ratio", "tier"), [("0.32", 0), ("0.33", 1), ("0.5", 2), ("0.66", 3)])
def test_f134_the_margin_ratio_has_tiers_of_its_own(ratio: str, tier: int) -> None:
    scene = Scene(AccountLimits())
    scene.balance(10_000, margin_ratio=ratio)

    assert scene.decide().tier == tier


def test_f135_a_withdrawal_shrinks_the_room_at_once_and_is_no_loss() -> None:
    scene = Scene(AccountLimits(max_leverage=Decimal(2)), MarketLimits(max_long=Decimal(9), max_short=Decimal(9)))
    scene.balance(10_000)
    before = scene.market().allowance[Side.BUY]
    scene.balance(4_000)
    scene.risk.observe_transfer("w1", Decimal(-6_000), scene.now_ms)
    after = scene.market()

    assert (before, after.allowance[Side.BUY]) == (Decimal("0.196"), Decimal("0.0784"))  # 2 × equity, less the sizing margin
    assert (after.tier, scene.decide().loss.drawdown) == (Tier.GREEN, 0)


def test_an_unread_withdrawal_holds_back_what_opens_until_it_is_read() -> None:
    scene = losing(0)
    scene.balance(9_000)
    scene.decide()
    held = scene.decide(15_000)
    scene.risk.observe_transfer("w1", Decimal(-1_000), START_MS)

    assert [each.code for each in held.findings] == ["unexplained_equity"]
    assert held.tier is Tier.ORANGE
    assert scene.decide().tier is Tier.GREEN


def test_an_unread_withdrawal_counts_as_a_loss_in_the_end() -> None:
    scene = losing(0)
    scene.balance(9_000)
    scene.decide()

    assert scene.decide(60_000).halt is not None


@pytest.mark.parametrize(
    ("mark", "tier"), [(99_501, Tier.GREEN), (99_500, Tier.YELLOW), (99_250, Tier.ORANGE), (99_000, Tier.RED)]
)
def test_a_position_that_loses_stops_its_market(mark: int, tier: Tier) -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, stop_loss=Decimal(100)))
    scene.hold("0.1")
    scene.see(sight(mark))

    verdict = scene.market()

    assert verdict.tier is tier
    assert [each.code for each in verdict.findings] == ["stop_loss"] * (tier > Tier.GREEN)


def test_a_stopped_market_leaves_the_others_alone() -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, stop_loss=Decimal(100)), more={ETH: ONE})
    scene.hold("0.1")
    scene.see(sight(98_000), sight(3_000, rules=eth()))

    state = scene.decide()

    assert (state.markets[BTC].tier, state.markets[ETH].tier, state.halt) == (Tier.RED, Tier.GREEN, None)


def test_when_every_market_has_stopped_the_bot_halts() -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, stop_loss=Decimal(100)))
    scene.hold("0.1")
    scene.see(sight(98_000))

    halt = scene.decide().halt

    assert halt is not None
    assert halt.text == "the position has lost 200.00, limit 100.00"


def test_the_stop_is_measured_at_the_worse_of_mark_and_mid() -> None:
    """F-067: a mark that is frozen while the book moves hides no loss."""
    scene = Scene(market=msgspec.structs.replace(ONE, stop_loss=Decimal(100)))
    scene.hold("0.1")
    scene.see(sight(100_000, mid=Decimal(98_900), last=Decimal(98_900)))

    assert scene.market().tier is Tier.RED


# --- limits of size -----------------------------------------------------------------------------------------------------


def room(scene: Scene, side: Side, market: str = BTC) -> Decimal:
    return scene.decide().markets[market].allowance[side]


@pytest.mark.parametrize(
    ("position", "buys", "sells"), [("0", "1", "0.4"), ("0.3", "0.7", "0.7"), ("-0.4", "1.4", "0"), ("-0.1", "1.1", "0.3")]
)
def test_long_and_short_have_limits_apart(position: str, buys: str, sells: str) -> None:
    scene = Scene(market=MarketLimits(max_long=Decimal(1), max_short=Decimal("0.4")))
    scene.hold(position)

    assert (room(scene, Side.BUY), room(scene, Side.SELL)) == (Decimal(buys), Decimal(sells))


def test_f163_a_limit_lowered_below_the_position_only_reduces_and_forces_nothing() -> None:
    scene = Scene(market=ONE)
    scene.hold("0.5")
    scene.orders.add(scene.new(Side.BUY, "0.3", price=99_990))
    scene.orders.add(scene.new(Side.SELL, "0.3", price=100_010))
    assert scene.market().cancel == ()

    scene.risk.configure(UNLIMITED, {BTC: MarketLimits(max_long=Decimal("0.2"), max_short=Decimal("0.2"))})
    state = scene.decide()
    verdict = state.markets[BTC]

    assert verdict.reduce_only is not None
    assert verdict.reduce_only.code == "position_above_limit"
    assert verdict.allowance == {Side.BUY: 0, Side.SELL: Decimal("0.5")}
    assert verdict.cancel == ("mmb-a-1",)
    assert (state.flatten, state.halt, verdict.pull) == (False, None, None)


def test_the_notional_of_a_market_limits_its_position() -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, max_market_notional=Decimal(20_000)))
    scene.hold("0.05")

    assert room(scene, Side.BUY) == Decimal("0.146")  # 98 % of 0.2, less what is held
    assert room(scene, Side.SELL) == Decimal("0.246")


def gross(limit: object, **changes: object) -> Scene:
    """Return a scene with BTC at 100 000 and ETH at 3 000 under a limit over both."""
    limits = msgspec.structs.replace(UNLIMITED, **({"max_gross_exposure": Decimal(str(limit))} | changes))
    wide = MarketLimits(max_long=Decimal(100), max_short=Decimal(100))
    scene = Scene(limits, wide, more={ETH: wide})
    scene.see(sight(3_000, rules=eth()))
    return scene


def test_the_gross_limit_counts_every_market_at_its_worst() -> None:
    scene = gross(100_000)
    scene.hold("-10", 3_000, ETH)
    scene.orders.add(scene.new(Side.SELL, "5", price=30_010, market=eth()))  # ETH may come to -15: 45 000

    assert room(scene, Side.BUY) == Decimal("0.53")
    assert scene.decide().worst_gross == 45_000


def test_a_position_on_a_market_that_is_not_followed_counts() -> None:
    scene = gross(100_000)
    scene.held_elsewhere("200", 100, "SOL-USD")

    assert room(scene, Side.BUY) == Decimal("0.78")


def test_positions_beyond_the_gross_limit_are_only_reduced() -> None:
    scene = gross(100_000)
    scene.hold("1.01")

    state = scene.decide()

    assert [(each.code, each.tier) for each in state.findings] == [("gross_exposure", Tier.ORANGE)]
    assert state.markets[ETH].allowance == {Side.BUY: 0, Side.SELL: 0}
    assert state.markets[BTC].allowance == {Side.BUY: 0, Side.SELL: Decimal("1.01")}


def test_the_net_limit_holds_what_opens_and_not_what_reduces() -> None:
    scene = gross(10**9, max_net_exposure=Decimal(50_000))
    scene.hold("0.6")
    scene.hold("-20", 3_000, ETH)

    assert room(scene, Side.BUY) == Decimal("0.49")  # net 0: up to 49 000
    assert room(scene, Side.SELL) == Decimal("0.6")  # closing is never blocked, although the net limit would leave 0.49
    assert room(scene, Side.BUY, ETH) == Decimal(20)
    assert scene.decide().net == 0


def test_leverage_limits_the_gross_exposure_by_equity() -> None:
    scene = gross(10**9, max_leverage=Decimal(2))
    scene.balance(10_000)

    assert room(scene, Side.BUY) == Decimal("0.196")
    assert scene.decide().leverage == 0


def test_without_a_balance_nothing_opens_and_the_reducing_side_goes_on() -> None:
    scene = gross(10**9, max_leverage=Decimal(2))
    scene.hold("0.1")

    state = scene.decide()

    assert "no_balance" in [each.code for each in state.findings]
    assert state.markets[BTC].allowance == {Side.BUY: 0, Side.SELL: Decimal("0.1")}


def test_f086_an_old_balance_opens_nothing() -> None:
    scene = gross(10**9, max_leverage=Decimal(2))
    scene.balance(10_000)
    scene.decide()

    assert scene.decide(60_000).tier is Tier.GREEN
    assert [each.code for each in scene.decide(1).findings] == ["stale_balance"]


def test_an_order_is_never_larger_than_its_notional_limit_allows() -> None:
    scene = Scene(msgspec.structs.replace(UNLIMITED, max_order_notional=Decimal(5_000)))

    assert scene.market().largest_order == Decimal("0.049")


# --- the gate -----------------------------------------------------------------------------------------------------------


def refused(scene: Scene, side: Side, size: str, **changes: object) -> str:
    with pytest.raises(RiskRefused) as refusal:
        scene.approve(scene.new(side, size, **changes))
    return refusal.value.code


def test_the_gate_counts_what_it_let_through() -> None:
    scene = gross(100_000)
    scene.approve(scene.new(Side.BUY, "0.6"))
    scene.approve(scene.new(Side.BUY, "10", price=30_000, market=eth()))

    assert refused(scene, Side.BUY, "0.11") == "exposure_limit"
    scene.approve(scene.new(Side.BUY, "0.1"))


def test_orders_that_reduce_are_counted_together() -> None:
    """Each alone could only shrink the position; both together would turn it around, past the limit of the other side."""
    scene = Scene(market=MarketLimits(max_long=Decimal(1), max_short=Decimal("0.1")))
    scene.hold("0.5")
    scene.approve(scene.new(Side.SELL, "0.5", price=100_010))

    assert refused(scene, Side.SELL, "0.2", price=100_010) == "position_limit"
    scene.approve(scene.new(Side.SELL, "0.1", price=100_010))


def test_an_order_in_doubt_counts() -> None:
    scene = Scene()
    first = scene.new(Side.BUY, "0.6")
    scene.approve(first)
    scene.orders.saw(first.client_order_id, Saw.SENT, START_MS)
    scene.orders.saw(first.client_order_id, Saw.ANSWER_LOST, START_MS)

    assert refused(scene, Side.BUY, "0.5") == "position_limit"


@pytest.mark.parametrize("owner", [Owner.BOT, Owner.HAND])
def test_from_orange_on_nothing_opens_for_anybody(owner: Owner) -> None:
    scene = losing(80)
    scene.decide()

    assert refused(scene, Side.BUY, "0.01", owner=owner) == "daily_loss"
    scene.approve(scene.new(Side.SELL, "0.1", owner=owner, price=100_010))
    assert refused(scene, Side.SELL, "0.01", owner=owner, price=100_010) == "daily_loss"


def test_a_breaker_holds_the_bots_orders_and_not_a_persons() -> None:
    scene = Scene()
    scene.see(sight(100_000, index=Decimal(99_000)))
    assert scene.market().pull is not None

    assert refused(scene, Side.BUY, "0.01") == "breaker_basis"
    scene.approve(scene.new(Side.BUY, "0.01", owner=Owner.HAND))


def test_f069_a_wrong_mark_pulls_the_quotes_and_says_so() -> None:
    scene = Scene()
    scene.see(sight(100_000, mark=Decimal(1_000_000)))

    verdict = scene.market()

    assert verdict.pull is not None
    assert verdict.pull.code == "bad_tick"
    assert verdict.pull.text == "mark says 1000000 and the other prices say 100000"


def test_a_price_beyond_the_collar_is_refused() -> None:
    assert refused(Scene(), Side.BUY, "0.01", price=102_100) == "price_collar"


def test_open_orders_are_counted_over_the_account_and_the_market() -> None:
    limits = msgspec.structs.replace(UNLIMITED, max_open_orders=3)
    scene = Scene(limits, msgspec.structs.replace(ONE, max_open_orders=2), more={ETH: ONE})
    scene.see(sight(3_000, rules=eth()))
    for _ in range(2):
        scene.approve(scene.new(Side.BUY, "0.01"))
    assert refused(scene, Side.BUY, "0.01") == "too_many_orders"

    scene.approve(scene.new(Side.BUY, "0.1", price=30_000, market=eth()))

    assert refused(scene, Side.BUY, "0.1", price=30_000, market=eth()) == "too_many_orders"


def test_orders_beyond_the_rate_wait() -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, orders_per_minute=3))
    for _ in range(3):
        scene.approve(scene.new(Side.BUY, "0.01"))
    assert refused(scene, Side.BUY, "0.01") == "order_rate"

    scene.now_ms += 60_000

    scene.approve(scene.new(Side.BUY, "0.01"))


def test_a_market_that_is_not_quoted_has_its_hard_caps() -> None:
    caps = HardCaps(account=AccountCaps(), markets={"default": MarketCaps(max_position=Decimal("0.5"))})
    scene = Scene(caps=caps)
    scene.see(sight(3_000, rules=eth()))

    assert refused(scene, Side.BUY, "0.6", price=30_000, market=eth(), owner=Owner.HAND) == "position_limit"
    scene.approve(scene.new(Side.BUY, "0.5", price=30_000, market=eth(), owner=Owner.HAND))


def test_f167_a_configuration_cannot_raise_a_hard_cap() -> None:
    scene = Scene(caps=HardCaps(markets={BTC: MarketCaps(max_position=Decimal("0.2"))}))
    scene.risk.configure(UNLIMITED, {BTC: MarketLimits(max_long=Decimal(100), max_short=Decimal(100))})

    assert room(scene, Side.BUY) == Decimal("0.2")
    assert refused(scene, Side.BUY, "0.21") == "position_limit"


# --- orders and fills ---------------------------------------------------------------------------------------------------


def test_f138_a_sweep_freezes_the_market_and_says_for_how_long() -> None:
    scene = Scene(market=msgspec.structs.replace(ONE, protect_delta=Decimal("0.03")))
    for trade_id in range(3):
        scene.risk.observe_fill(fill(Side.BUY, "0.01", trade_id=trade_id), scene.now_ms + 20 * trade_id)

    pull = scene.market(50).pull

    assert pull is not None
    assert pull.code == "fill_protection"
    assert scene.market(10_000).pull is None


def test_f009_rejections_pause_a_side_and_step_it_back() -> None:
    scene = Scene()
    scene.decide()
    for _ in range(4):
        scene.risk.observe_rejection(BTC, Side.BUY, scene.now_ms, crossed=True)

    assert scene.risk.safety_ticks(BTC, Side.BUY, scene.now_ms, latency_ms=None) == 8
    assert scene.risk.safety_ticks(BTC, Side.SELL, scene.now_ms, latency_ms=None) == 1
    assert scene.risk.pause(BTC, Side.BUY, scene.now_ms) is not None
    assert scene.risk.pause(BTC, Side.SELL, scene.now_ms) is None


def test_a_market_that_was_not_told_keeps_its_verdict() -> None:
    scene = Scene(more={ETH: ONE})
    scene.see(sight(3_000, rules=eth(), index=Decimal(2_000)))
    first = scene.decide().markets[ETH]
    del scene.sights[ETH]

    assert scene.decide().markets[ETH] is first


# --- flatten ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("configured", [True, False])
def test_red_flattens_only_where_it_is_configured(*, configured: bool) -> None:
    scene = losing(100, msgspec.structs.replace(DAILY, flatten_on_red=configured))

    assert scene.decide().flatten is configured
    found = scene.risk.exit(BTC, orders=LiveOrders(), account=scene.account, now_ms=scene.now_ms)
    assert isinstance(found, Exit)
    assert (found.side, found.size) == (Side.SELL, 10_000)


# --- restart ------------------------------------------------------------------------------------------------------------


def restarted(scene: Scene, limits: AccountLimits = DAILY) -> Scene:
    """Return a new process that read what the old one wrote."""
    written = msgspec.json.encode(scene.risk.record())
    again = Scene(limits)
    again.now_ms = scene.now_ms + 5_000
    again.account = scene.account
    again.risk.restore(msgspec.json.decode(written, type=RiskRecord))
    return again


def test_a_restart_stays_red_until_a_person_has_looked() -> None:
    scene = losing(120)
    scene.decide()

    again = restarted(scene)

    assert again.risk.latched is not None
    assert again.risk.latched.text == "lost 120.00 since 00:00 UTC, limit 100.00"
    assert again.decide().halt is not None


def test_a_restart_forgets_no_loss_of_the_day() -> None:
    scene = losing(60)
    scene.decide()
    again = restarted(scene)
    again.decide()

    again.earn(-40)

    assert again.decide().tier is Tier.RED


def test_a_restart_keeps_what_a_person_acknowledged() -> None:
    scene = losing(120)
    scene.decide()
    scene.risk.acknowledge()
    scene.decide()

    again = restarted(scene)

    assert (again.risk.latched, again.decide().tier) == (None, Tier.ORANGE)


def test_changes_of_tier_are_told_with_their_numbers() -> None:
    scene = losing(80)
    scene.decide()
    scene.earn(-40)
    scene.decide()

    told = [(note.level, note.fields["before"], note.fields["tier"], note.fields["value"]) for note in scene.risk.take_notes()]

    assert told == [("WARNING", "green", "orange", "80.00"), ("ERROR", "orange", "red", "120.00")]
    assert scene.risk.take_notes() == []


def test_a_balance_that_comes_twice_is_one_report() -> None:
    scene = losing(10)
    first = scene.decide()
    balance = scene.account.balance
    assert isinstance(balance, BalanceReported)

    assert scene.decide(1_000).loss == first.loss
