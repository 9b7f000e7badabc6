"""Money and positions: what our own fills add up to, beside what the exchange says.

Our ledger applies every fill exactly once, by trade id, in any order. The exchange's report is the truth when the two differ for
longer than a fill can be under way; the difference is then adopted as an adjustment and counted, never hidden.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from bot.core.events import BalanceReported, FundingPayment, FundingReported, HeldPosition, PositionReport, PositionsReported
from bot.core.numbers import plain
from bot.core.orders import Fill

FILLS_KEPT = 500
TRADE_IDS_KEPT = 20_000
DIFFERS_MS = 2_000
"""Position and report may differ for this long after a fill: the two are told apart from each other."""
SETTLE_MS = 5_000
"""A report that was asked for sooner than this after a fill may not know the fill yet: the exchange's reads lag its book."""
ZERO = Decimal(0)


class PositionLedger:
    """One market's position by average cost. `size` signed, positive is long; money in collateral."""

    def __init__(self) -> None:
        self.size = ZERO
        self.entry_price = ZERO
        self.realised_pnl = ZERO
        """Booked by closing, before fees."""
        self.fees = ZERO
        """Positive: we paid."""
        self.volume = ZERO

    def trade(self, signed_size: Decimal, price: Decimal, fee: Decimal) -> None:
        """Apply one execution; a position may flip inside it."""
        self.fees += fee
        self.volume += abs(signed_size) * price
        same_way = self.size * signed_size >= 0
        closed = ZERO if same_way else min(abs(signed_size), abs(self.size))
        if closed:
            direction = 1 if self.size > 0 else -1
            self.realised_pnl += direction * closed * (price - self.entry_price)
        opened = abs(signed_size) - closed
        before = ZERO if (not same_way and opened) else abs(self.size)
        self.size += signed_size
        if self.size == 0:
            self.entry_price = ZERO
        elif opened:
            self.entry_price = (self.entry_price * before + price * opened) / (before + opened)

    def adopt(self, size: Decimal, entry_price: Decimal) -> None:
        """Take the exchange's word for what we hold; realised PnL is left alone."""
        self.size, self.entry_price = size, (entry_price if size else ZERO)

    def unrealised_pnl(self, mark_price: Decimal) -> Decimal:
        return self.size * (mark_price - self.entry_price)


class Account:
    """Balance, positions and fills of one account."""

    def __init__(self) -> None:
        self.balance: BalanceReported | None = None
        self.reported: dict[str, PositionReport] = {}
        self.ledgers: dict[str, PositionLedger] = {}
        self.fills: OrderedDict[int, Fill] = OrderedDict()
        self.positions_ms = 0
        """Local time at which the newest word about positions was asked for or, on the stream, heard; 0: never."""
        self.funding: dict[str, Decimal] = {}
        """Received in this run by market; negative: we paid."""
        self.adjustments = 0
        self.is_recovered = False
        """True when an earlier run's executions are known, so that unknown ones happened in between."""
        self._trade_ids: OrderedDict[int, None] = OrderedDict()
        self._payment_ids: OrderedDict[int, None] = OrderedDict()
        self._filled: OrderedDict[str, Decimal] = OrderedDict()
        self._differs_since: dict[str, int] = {}
        self._last_fill_ms: dict[str, int] = {}
        self._adopted_ms: dict[str, int] = {}
        """Exchange time up to which a position that was taken from the exchange knows every fill."""
        self._doubted_ms: dict[str, int] = {}
        self._has_baseline = False
        self._apart: tuple[str, ...] | None = None
        """Markets of which we and the exchange say different things; None: something has changed, look again."""

    def ledger(self, market: str) -> PositionLedger:
        """Return one market's ledger, begun at need, to be changed."""
        self._apart = None
        return self.ledgers.setdefault(market, PositionLedger())

    def position(self, market: str) -> Decimal:
        """Return the signed size held by our own count."""
        ledger = self.ledgers.get(market)
        return ledger.size if ledger else ZERO

    def filled_of(self, client_order_id: str) -> Decimal:
        """Return the sum of the known fills of one order."""
        return self._filled.get(client_order_id, ZERO)

    def knows(self, trade_id: int) -> bool:
        """Return whether this execution was seen before."""
        return trade_id in self._trade_ids

    @property
    def knows_any(self) -> bool:
        """True once any execution was seen."""
        return bool(self._trade_ids)

    @property
    def knows_positions(self) -> bool:
        """True once the exchange has listed every position in this run."""
        return self._has_baseline

    def recover(self, trade_ids: Iterable[int], positions: Mapping[str, HeldPosition]) -> None:
        """Take over what an earlier run had booked, so that what happened since then is booked on top of it."""
        for trade_id in trade_ids:
            self._trade_ids[trade_id] = None
        for market, held in positions.items():
            self.ledger(market).adopt(held.size, held.entry_price)
        self.is_recovered = bool(self._trade_ids)

    def remember_only(self, fills: tuple[Fill, ...]) -> None:
        """Note executions that happened before this run: shown, and never counted again."""
        for fill in sorted(fills, key=lambda fill: fill.trade_id):
            if fill.trade_id not in self._trade_ids:
                self._note(fill)

    def apply_fill(self, fill: Fill, now_ms: int) -> bool:
        """Book one execution; False when it was booked before."""
        if fill.trade_id in self._trade_ids:
            return False
        self._note(fill)
        if fill.exchange_ms <= self._adopted_ms.get(fill.market, -1):
            self.ledger(fill.market).fees += fill.fee  # the position taken from the exchange contains it already
            return True
        self.ledger(fill.market).trade(fill.side.sign * fill.size, fill.price, fill.fee)
        self._last_fill_ms[fill.market] = now_ms
        return True

    def contradicts(self, fill: Fill) -> bool:
        """Return whether an execution was told before with another size, price or side."""
        known = self.fills.get(fill.trade_id)
        return known is not None and (known.size, known.price, known.side) != (fill.size, fill.price, fill.side)

    def doubt(self, market: str, now_ms: int) -> None:
        """Something impossible was told about a market: its position is not settled until the exchange has confirmed it."""
        self._doubted_ms[market] = now_ms

    def unsettled(self, now_ms: int) -> dict[str, str]:
        """Return the markets whose position the exchange does not confirm, each with the reason."""
        found = {}
        for market in sorted({*self._differing(), *self._doubted_ms}):
            held, truth = self.position(market), self._truth(market)[0]
            if held == truth:
                if self.positions_ms - self._doubted_ms.get(market, now_ms) >= SETTLE_MS:
                    del self._doubted_ms[market]
            elif self._has_baseline:
                since = max(self._differs_since.setdefault(market, now_ms), self._last_fill_ms.get(market, 0))
                if now_ms - since >= DIFFERS_MS:
                    found[market] = f"we count {plain(held)}, the exchange holds {plain(truth)}"
            if market in self._doubted_ms:
                found.setdefault(market, "more was filled than was ordered")
        return found

    @property
    def agrees(self) -> bool:
        """True when the exchange has told every position, and ours are the same."""
        return self._has_baseline and not self._differing()

    def _differing(self) -> tuple[str, ...]:
        """Return the markets of which we and the exchange say different things, in order."""
        if self._apart is None:
            markets = sorted(self.reported.keys() | self.ledgers.keys())
            self._apart = tuple(market for market in markets if self.position(market) != self._truth(market)[0])
        return self._apart

    def _truth(self, market: str) -> tuple[Decimal, Decimal]:
        report = self.reported.get(market)
        return (report.size, report.entry_price) if report else (ZERO, ZERO)

    def _note(self, fill: Fill) -> None:
        self._trade_ids[fill.trade_id] = None
        self.fills[fill.trade_id] = fill
        if fill.client_order_id is not None:
            self._filled[fill.client_order_id] = self.filled_of(fill.client_order_id) + fill.size
        for kept, most in ((self._trade_ids, TRADE_IDS_KEPT), (self.fills, FILLS_KEPT), (self._filled, TRADE_IDS_KEPT)):
            while len(kept) > most:
                kept.popitem(last=False)

    def apply_funding(self, event: FundingReported) -> list[FundingPayment]:
        """Book every payment of this run once, and return those that were not known, earlier ones too.

        Nothing else changes: the balance follows the exchange's own word.
        """
        told = {payment.payment_id: payment for payment in event.payments}
        unknown = [payment for payment_id, payment in told.items() if payment_id not in self._payment_ids]
        for payment in unknown:
            self._payment_ids[payment.payment_id] = None
            if payment.exchange_ms >= event.run_from_ms:
                self.funding[payment.market] = self.funding.get(payment.market, ZERO) + payment.amount
        while len(self._payment_ids) > TRADE_IDS_KEPT:
            self._payment_ids.popitem(last=False)
        return unknown

    def apply_balance(self, event: BalanceReported) -> None:
        if self.balance is None or event.updated_ms >= self.balance.updated_ms:
            self.balance = event

    def apply_positions(self, event: PositionsReported) -> None:
        """Take in what the exchange holds for us; an answer that was asked before the newest stream word is too old."""
        self.positions_ms, self._apart = max(self.positions_ms, event.asked_ms), None
        listed = {report.market: report for report in event.positions}
        for market, report in listed.items():
            held = self.reported.get(market)
            if held is None or report.updated_ms >= held.updated_ms:
                self.reported[market] = report
        if event.is_snapshot:
            for market in set(self.reported) - set(listed):
                if event.asked_ms >= self._last_fill_ms.get(market, 0):
                    del self.reported[market]
        if not self._has_baseline and event.is_snapshot:
            self._has_baseline = True
            for market, report in self.reported.items():
                if market not in self.ledgers:
                    self.ledger(market).adopt(report.size, report.entry_price)

    def reconcile(self, now_ms: int, clock_offset_ms: int = 0) -> list[tuple[str, Decimal, Decimal]]:
        """Adopt lasting differences; returns (market, what we held, what the exchange holds) for each."""
        adopted = []
        for market in sorted({*self._differing(), *self._differs_since}):
            report = self.reported.get(market)
            (truth, entry), held = self._truth(market), self.position(market)
            if not self._has_baseline or held == truth:
                self._differs_since.pop(market, None)
                continue
            since = max(self._differs_since.setdefault(market, now_ms), self._last_fill_ms.get(market, 0))
            if self.positions_ms - since >= SETTLE_MS:
                self.ledger(market).adopt(truth, entry)
                self._adopted_ms[market] = report.updated_ms if report else self.positions_ms + clock_offset_ms
                self.adjustments += 1
                adopted.append((market, held, truth))
        return adopted
