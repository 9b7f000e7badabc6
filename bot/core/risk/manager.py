"""Risk, as one object: told what happens, it decides what may be shown, and no order leaves without its approval.

    observe_… ──▶ decide(now) ──▶ RiskState: tier, reasons, widening, reduce-only, allowances ──▶ strategy and maker
                                                              approve(order) ──▶ ApprovedOrder ──▶ exchange

Deciding may be done as often as one likes; only the markets that are shown are measured anew, the others keep their verdict.
The gate measures the order's own market at the moment of the question, whatever was decided before.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from bot.core.account import Account
from bot.core.actions import ApprovedOrder
from bot.core.errors import RiskRefused
from bot.core.events import BalanceReported
from bot.core.live_orders import LiveOrders
from bot.core.notes import Note, Reason
from bot.core.orders import Fill, Order, Owner, Side
from bot.core.risk import causes
from bot.core.risk.allowance import DOWN, SIZING_SHARE, Room, gross_limit, margin_limit
from bot.core.risk.caps import NO_CAPS, HardCaps, capped_account, capped_market
from bot.core.risk.day import DayBook, Loss
from bot.core.risk.desk import MarketDesk
from bot.core.risk.exposure import Stake, Stakes, shrinks, surplus
from bot.core.risk.flatten import Exit
from bot.core.risk.limits import Gate, approve
from bot.core.risk.references import Sight, band_reference
from bot.core.risk.settings import AccountLimits, MarketLimits
from bot.core.risk.state import MarketRisk, RiskRecord, RiskState
from bot.core.risk.tiers import Finding, Tier
from bot.core.risk.windows import OrderRate

ZERO: Final = Decimal(0)
LEVELS: Final = {Tier.GREEN: "INFO", Tier.YELLOW: "WARNING", Tier.ORANGE: "WARNING", Tier.RED: "ERROR"}


class RiskManager:
    """Limits, tiers, breakers and the gate of one account."""

    def __init__(self, account: AccountLimits, markets: Mapping[str, MarketLimits], caps: HardCaps = NO_CAPS) -> None:
        self._caps = caps
        self._account = capped_account(account, caps.account)
        self._markets: dict[str, MarketLimits] = {}
        self._desks: dict[str, MarketDesk] = {}
        self._stakes = Stakes()
        self._causes = causes.Causes()
        self._day = DayBook()
        self._rate = OrderRate()
        self._balance: BalanceReported | None = None
        self._leverages: dict[str, Decimal] = {}
        self._verdicts: dict[str, MarketRisk] = {}
        self._findings: tuple[Finding, ...] = ()
        self._loss = Loss()
        self._notes: list[Note] = []
        self.configure(account, markets)

    # --- what people and events tell it -----------------------------------------------------------------------------------

    def configure(self, account: AccountLimits, markets: Mapping[str, MarketLimits]) -> None:
        """Take new limits, each never above its hard cap; they hold from the next decision and the next order on."""
        self._account = capped_account(account, self._caps.account)
        self._markets = {name: capped_market(limits, self._caps.of(name)) for name, limits in markets.items()}
        self._verdicts = {name: verdict for name, verdict in self._verdicts.items() if name in self._markets}
        self.stop_markets = frozenset(name for name, limits in self._markets.items() if limits.exchange_stop is not None)
        """Where a stop rests on the exchange while a position is held."""

    def observe_fill(self, fill: Fill, now_ms: int) -> None:
        """A fill of ours was booked; call once for each trade id."""
        self._desk(fill.market).filled(fill, now_ms, self._limits(fill.market))

    def observe_rejection(self, market: str, side: Side, now_ms: int, *, crossed: bool) -> int:
        """One of our orders was refused or rejected; `crossed`: because a post-only order would have taken.

        Returns the time at which the side may show something again.
        """
        desk = self._desk(market)
        desk.breakers.refused(now_ms)
        safety = desk.safety[side]
        return safety.rejected(now_ms) if crossed else safety.paused(now_ms)

    def observe_doubt(self, market: str, side: Side, now_ms: int) -> int:
        """The answer to one of our orders was lost; returns the time at which another may stand beside it."""
        return self._desk(market).safety[side].paused(now_ms)

    def observe_rest(self, market: str, side: Side, now_ms: int) -> None:
        """One of our orders rests on the book."""
        self._desk(market).safety[side].rested(now_ms)

    def observe_transfer(self, transfer_id: str, amount: Decimal, at_ms: int) -> None:
        """Money was moved in (positive) or out at the exchange's time `at_ms`; the same one may be told many times."""
        if self._day.transfer(transfer_id, amount, at_ms):
            self._note("INFO", "transfer_seen", None, amount=f"{amount:.2f}", transfer=transfer_id)

    def observe_leverage(self, market: str, leverage: Decimal) -> Decimal | None:
        """The exchange told a market's leverage: no position may be worth more than so many equities. Returns the one before."""
        before = self._leverages.get(market)
        self._leverages[market] = leverage
        return before

    def acknowledge(self) -> frozenset[str]:
        """A person starts again: reds become orange until they are green again, and a drawdown is measured from here.

        Never call it for a start that no person has asked for. Returns the codes that were red.
        """
        seen = self._causes.acknowledge()
        if "drawdown" in seen:
            self._day.forgive_drawdown()
        return seen

    # --- deciding ---------------------------------------------------------------------------------------------------------

    def decide(
        self, now_ms: int, *, sights: Mapping[str, Sight], orders: LiveOrders, account: Account, run_pnl: Decimal
    ) -> RiskState:
        """Measure the account and the markets in `sights`; the others keep their verdict.

        `run_pnl` is the PnL since this run started, by our own count, positions at mark, fees and funding in, transfers out.
        """
        for sight in sights.values():
            self._desk(sight.market).see(sight)
        stakes = self._weigh(sights, orders, account)
        self._judge_account(now_ms, account, run_pnl)
        for market, sight in sights.items():
            if market in self._markets:
                self._verdicts[market] = self._judge_market(market, sight, stakes[market], orders, account)
        self._tell()
        return self._state()

    def _weigh(self, sights: Mapping[str, Sight], orders: LiveOrders, account: Account) -> dict[str, Stake]:
        """Value what is in sight, and what is held where nothing is quoted."""
        stakes = {}
        for market in {*sights, *account.reported, *account.ledgers}:
            if market in sights or market not in self._markets:
                stakes[market] = self._desk(market).stake(orders, account, is_followed=market in sights)
                self._stakes.put(market, stakes[market])
        return stakes

    def _judge_account(self, now_ms: int, account: Account, run_pnl: Decimal) -> None:
        limits, balance = self._account, account.balance
        if balance is not None and balance is not self._balance:
            self._balance = balance
            self._day.report(balance.equity)
        self._loss = self._day.see(run_pnl, now_ms, limits.unexplained_tolerance)
        numbers = {
            "daily_loss": causes.daily_loss(limits, self._loss),
            "drawdown": causes.drawdown(limits, self._loss),
            "margin_ratio": None if balance is None else causes.margin(limits, balance),
        }
        for code, number in numbers.items():
            self._measure(code, None, number, now_ms)
        self._findings = (
            *self._causes.above_green(None),
            *causes.standing(limits, balance, self._loss, now_ms),
            *causes.exposure(self._gross(), self._stakes),
        )

    def _judge_market(self, market: str, sight: Sight, stake: Stake, orders: LiveOrders, account: Account) -> MarketRisk:
        desk, limits = self._desk(market), self._markets[market]
        unrealised, cost = desk.unrealised(account)
        stop = causes.stop_loss(limits, self._account, unrealised=unrealised, cost=cost)
        self._measure("stop_loss", market, stop, sight.now_ms)
        own = (*self._causes.above_green(market), *causes.position(market, stake, limits))
        findings = (*self._findings, *own)
        tier = max((each.tier for each in findings), default=Tier.GREEN)
        reduce_only = next((_reason(each) for each in findings if each.tier >= Tier.ORANGE), None)
        red = tuple(_reason(each) for each in findings if each.tier is Tier.RED)
        blocks = red + desk.blocks(limits)
        room = self._room(market, stake, sight, reduce_only=reduce_only is not None)
        return MarketRisk(
            market=market,
            tier=tier,
            findings=findings,
            widening=_widening(tier, self._account),
            reduce_only=reduce_only,
            pull=next(iter(blocks), None),
            blocks=blocks,
            allowance={side: room.of(side, SIZING_SHARE).size for side in Side},
            largest_order=self.largest_order(market, stake.price),
            cancel=_surplus(room, sight, orders),
        )

    def _measure(self, code: str, market: str | None, number: causes.Number | None, now_ms: int) -> None:
        if number is None:
            self._causes.unlimited(code, market)
        else:
            self._causes.see(code, market, number, now_ms, self._account.calm_ms)

    def _room(self, market: str, stake: Stake, sight: Sight, *, reduce_only: bool) -> Room:
        return Room(
            market=market,
            stake=stake,
            stakes=self._stakes,
            limits=self._limits(market),
            account=self._account,
            gross=self._gross(),
            margin=margin_limit(self._leverages.get(market), self._day.equity),
            max_position_value=sight.rules.max_position_value,
            reduce_only=reduce_only,
        )

    def _gross(self) -> tuple[Decimal | None, str]:
        return gross_limit(self._account, self._day.equity)

    def _order_notional(self, market: str) -> Decimal | None:
        found = (self._limits(market).max_order_notional, self._account.max_order_notional)
        return min((each for each in found if each is not None), default=None)

    def _state(self) -> RiskState:
        tier = max((each.tier for each in self._findings), default=Tier.GREEN)
        gross, equity = self._stakes.held(), self._day.equity
        halt = next((_reason(each) for each in self._findings if each.tier is Tier.RED), None)
        if halt is None and self._verdicts and all(each.tier is Tier.RED for each in self._verdicts.values()):
            first = next(iter(self._verdicts.values()))
            halt = next(_reason(each) for each in first.findings if each.tier is Tier.RED)
        return RiskState(
            tier=tier,
            findings=self._findings,
            markets=dict(self._verdicts),
            halt=halt,
            flatten=halt is not None and self._account.flatten_on_red,
            loss=self._loss,
            gross=gross,
            worst_gross=self._stakes.worst_gross(),
            net=self._stakes.net(),
            leverage=gross / equity if equity else None,
        )

    # --- the gate ---------------------------------------------------------------------------------------------------------

    def approve(self, order: Order, *, sight: Sight, orders: LiveOrders, account: Account, is_sent: bool = True) -> ApprovedOrder:
        """Let an order pass, counted from now on unless it is only asked about.

        Raises: RiskRefused with a code and a sentence that names the limit.
        """
        market, rules, now_ms = order.market, sight.rules, sight.now_ms
        desk, limits = self._desk(market), self._limits(market)
        desk.see(sight)
        stake = desk.stake(orders, account)
        self._stakes.put(market, stake)
        size = rules.size(order.size)
        reduces = order.reduce_only or shrinks(stake.position, stake.live(order.side), order.side, size)
        self._check_rate(desk, limits, now_ms, reduces=reduces)
        blocked = self._blocked(order)
        allowance = self._room(market, stake, sight, reduce_only=False).of(order.side)
        approved = approve(
            order,
            market=rules,
            orders=orders,
            position=stake.position,
            mark_price=band_reference(order.side, sight, desk.believed),
            max_position=limits.max_long if order.side is Side.BUY else limits.max_short,
            max_order_notional=self._order_notional(market),
            gate=Gate(
                allowance=allowance.size,
                why=allowance.why,
                blocked=blocked,
                open_orders=(len(orders), self._account.max_open_orders),
                market_open_orders=limits.max_open_orders,
                believed=desk.believed,
                price_collar=limits.price_collar,
            ),
        )
        if is_sent:
            self._count(order, desk, stake, size, now_ms)
        return approved

    def _check_rate(self, desk: MarketDesk, limits: MarketLimits, now_ms: int, *, reduces: bool) -> None:
        for rate, cap, whose in (
            (desk.rate, limits.orders_per_minute, f"for {desk.market}"),
            (self._rate, self._account.orders_per_minute, "for the account"),
        ):
            if (refusal := rate.refusal(cap, now_ms, reduces=reduces, whose=whose)) is not None:
                raise RiskRefused(refusal.code, refusal.text)

    def _blocked(self, order: Order) -> Reason | None:
        """Return why nothing may be opened: for everybody from orange on, for the bot's own orders by breakers, too."""
        verdict = self._verdicts.get(order.market)
        if verdict is None:
            return next((_reason(each) for each in self._findings if each.tier >= Tier.ORANGE), None)
        return verdict.reduce_only or (verdict.pull if order.owner is Owner.BOT else None)

    def _count(self, order: Order, desk: MarketDesk, stake: Stake, size: Decimal, now_ms: int) -> None:
        desk.rate.sent(now_ms)
        self._rate.sent(now_ms)
        if order.reduce_only:
            return
        buys = stake.buys + (size if order.side is Side.BUY else ZERO)
        sells = stake.sells + (size if order.side is Side.SELL else ZERO)
        self._stakes.put(order.market, Stake(position=stake.position, buys=buys, sells=sells, price=stake.price))

    # --- what others read -------------------------------------------------------------------------------------------------

    def safety_ticks(self, market: str, side: Side, now_ms: int, *, latency_ms: float | None) -> int:
        """Return how many ticks from the opposite touch a post-only price must stay, at least 1."""
        desk = self._desk(market)
        price = desk.believed.price
        if desk.sight is None or price is None:
            return 1
        sight = desk.sight
        return desk.safety[side].ticks(
            now_ms, latency_ms=latency_ms, sigma_bps=sight.sigma_fast_bps, price=price, tick_size=sight.rules.tick_size
        )

    def pause(self, market: str, side: Side, now_ms: int) -> Reason | None:
        """Return why one side shows nothing after rejected orders, None when it may."""
        return self._desk(market).safety[side].reason(now_ms)

    def exit(self, market: str, *, orders: LiveOrders, account: Account, now_ms: int) -> Exit | Reason | None:
        """Return the next order that closes a market's position by taking, why there is none now, or None when it is closed.

        Ask only while the state says `flatten`, or when a person asked to flatten.
        """
        desk = self._desk(market)
        if desk.sight is None:
            return Reason(code="flatten_withheld", text=f"{market} is not followed: no price can be checked")
        return desk.flattener.decide(
            desk.sight.rules,
            position=account.position(market),
            orders=orders,
            believed=desk.believed,
            now_ms=now_ms,
            largest=self.largest_order(market, desk.believed.price or ZERO),
        )

    def begin_exit(self, market: str) -> None:
        """Start closing over, with the closest price cap."""
        self._desk(market).flattener.begin()

    def largest_order(self, market: str, price: Decimal) -> Decimal | None:
        """Return the base size of the largest order, a fiftieth below its limit: its price may lie higher. None: no limit."""
        money = self._order_notional(market)
        return None if money is None or price <= 0 else DOWN.divide(money * SIZING_SHARE, price)

    @property
    def account_limits(self) -> AccountLimits:
        """The account's limits in force, hard caps applied."""
        return self._account

    def limits_of(self, market: str) -> MarketLimits:
        """Return a market's limits in force; one that is not quoted has its hard caps and the account's limits."""
        return self._limits(market)

    def meters(self) -> tuple[Finding, ...]:
        """Return every number that has a limit and tiers, the green ones too."""
        return self._causes.every()

    @property
    def latched(self) -> Reason | None:
        """Why a person must look before anything is quoted, None when nothing is red."""
        return next((_reason(each) for each in self._causes.latched()), None)

    def record(self) -> RiskRecord:
        """Return what a restart must know; equal records need not be written again."""
        return RiskRecord(day=self._day.record, latched=self._causes.latched(), acknowledged=self._causes.acknowledged())

    def restore(self, record: RiskRecord) -> None:
        """Go on from what an earlier run wrote down; call before the first decision."""
        if record.day is not None:
            self._day.restore(record.day)
        self._causes.restore(record.latched, record.acknowledged)

    def breaker_trips(self, market: str) -> dict[str, int]:
        """Return how often each breaker of a market has tripped in this run."""
        return self._desk(market).breakers.trips()

    def take_notes(self) -> list[Note]:
        """Return what is worth telling since the last call."""
        notes, self._notes = self._notes, []
        for desk in self._desks.values():
            if desk.has_notes:
                notes += desk.take_notes()
        return notes

    def _tell(self) -> None:
        for before, finding in self._causes.changes:
            fields = {"code": finding.code, "before": before.word, "tier": finding.tier.word}
            fields |= {"value": finding.value, "limit": finding.limit, "text": finding.text}
            self._note(LEVELS[finding.tier], "risk_tier", finding.market, **fields)
        self._causes.changes.clear()

    def _note(self, level: str, event: str, market: str | None, **fields: object) -> None:
        self._notes.append(Note(level=level, event=event, market=market, fields=fields))

    def _desk(self, market: str) -> MarketDesk:
        desk = self._desks.get(market)
        if desk is None:
            desk = self._desks[market] = MarketDesk(market)
        return desk

    def _limits(self, market: str) -> MarketLimits:
        """Return a market's limits; one that is not quoted has its hard caps and the account's limits."""
        limits = self._markets.get(market)
        return capped_market(MarketLimits(), self._caps.of(market)) if limits is None else limits


def _reason(finding: Finding) -> Reason:
    return Reason(code=finding.code, text=finding.text)


def _surplus(room: Room, sight: Sight, orders: LiveOrders) -> tuple[str, ...]:
    chosen: list[str] = []
    for side in Side:
        if room.stake.live(side) and room.stake.live(side) > (allowance := room.of(side).size):
            chosen += (order.client_order_id for order in surplus(orders, sight.rules, side, allowance))
    return tuple(chosen)


def _widening(tier: Tier, limits: AccountLimits) -> float:
    if tier is Tier.GREEN:
        return 1.0
    return limits.yellow_widening if tier is Tier.YELLOW else limits.orange_widening
