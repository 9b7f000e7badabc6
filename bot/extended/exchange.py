"""The exchange as the loop sees it: every question and every order, over REST; the streams beside it."""

import random
from collections.abc import Callable, Collection
from decimal import Decimal
from time import perf_counter_ns
from typing import Any, Final, TypeVar

import msgspec

from bot.core.errors import ConfigurationError, InvalidInput, MakerError, NotFound, NotSent, OutcomeUnknown, ProtocolError
from bot.core.events import BalanceReported, DayStatsSeen, FundingPayment, MoneyMoved, PositionReport, RebateTold
from bot.core.market import Market
from bot.core.numbers import plain
from bot.core.orders import Fill, Order, OrderReport, StopOrder
from bot.extended import translate, wire
from bot.extended.answers import Asked
from bot.extended.budget import RequestBudget
from bot.extended.connection import OnStream, StreamSettings, ignore_stream
from bot.extended.endpoints import CHAIN_IDS, Endpoints
from bot.extended.order_body import AccountKeys, order_body, stop_body
from bot.extended.rest import Deadlines, OnRequest, RestClient, ignore_request, segment
from bot.extended.signing import Signer, StandIn, domain_texts
from bot.extended.streams import Streams
from bot.ports import AccountIdentity, Clock, Emit, FeeRates, Objection, nobody_objects
from bot.secret import Secret

SWITCH_RANGE_S: Final = (5, 600)
"""A countdown outside it is a mistake of units: milliseconds for seconds, or the other way round."""

PAGE: Final = 100
MOST_FUNDING_PAGES: Final = 50
T = TypeVar("T")

OnSigned = Callable[[str, int], None]
"""Told after each signature: our order id and the microseconds it took; never what was signed."""


class Credentials(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """What opens one account: the API key, the signer and the position number."""

    api_key: Secret
    signer: Signer | StandIn
    vault: int


def ignore_signed(_client_order_id: str, _microseconds: int) -> None:
    """Tell nobody."""


class ExtendedExchange:
    """Extended, or the simulated exchange that speaks its language. Implements `bot.ports.Exchange`.

    Signing happens inline: hash and signature take a quarter of a millisecond, less than the way to a thread and
    back is worth, and an order's request follows at once.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        clock: Clock,
        *,
        credentials: Credentials | None = None,
        randomness: random.Random,
        budget: RequestBudget | None = None,
        deadlines: Deadlines | None = None,
        stream_settings: StreamSettings | None = None,
        on_request: OnRequest = ignore_request,
        on_signed: OnSigned = ignore_signed,
        on_stream: OnStream = ignore_stream,
    ) -> None:
        self._endpoints, self._clock, self._credentials = endpoints, clock, credentials
        self._on_signed = on_signed
        api_key = credentials.api_key if credentials else None
        self._rest = RestClient(
            endpoints.rest,
            api_key=api_key,
            budget=budget or RequestBudget(clock),
            deadlines=deadlines,
            on_request=on_request,
        )
        self._streams = Streams(
            endpoints.stream,
            clock,
            api_key=api_key,
            randomness=randomness,
            settings=stream_settings,
            rules=self.market_rules,
            on_stream=on_stream,
        )
        self._markets: dict[str, Market] = {}
        self._fees: dict[str, FeeRates] = {}
        self._domain: dict[str, object] | None = None

    # --- public -------------------------------------------------------------------------------------------

    async def load_markets(self, names: Collection[str] = ()) -> dict[str, Market]:
        """Return the rules of the named markets, or of all; an unknown name is simply absent.

        The rules are kept for signing and for the streams; a second call replaces them.
        """
        query = [("market", name) for name in names]
        try:
            answer = await self._read(list[dict[str, Any]], "/info/markets", query=query, is_private=False)
        except NotFound:  # one unknown name spoils the answer for the others: ask for all and choose
            answer = await self._read(list[dict[str, Any]], "/info/markets", is_private=False)
        wanted = [fields for fields in answer if not names or fields.get("name") in names]
        markets = translate.markets_of(wanted, strict=bool(names))
        self._markets.update(markets)
        return markets

    def market_rules(self, name: str) -> Market | None:
        """Return the rules that were loaded last, or None."""
        return self._markets.get(name)

    async def mark_price(self, market: str) -> Decimal:
        """Return the exchange's mark price, by one public request."""
        stats = await self._read(
            wire.MarketStats,
            f"/info/markets/{segment(market)}/stats",
            route="/info/markets/{market}/stats",
            is_private=False,
        )
        return translate.positive("markPrice", stats.mark_price)

    async def day_stats(self, market: str) -> DayStatsSeen:
        """Return the exchange's figures of the last 24 hours, by one public request."""
        stats = await self._read(
            wire.MarketStats,
            f"/info/markets/{segment(market)}/stats",
            route="/info/markets/{market}/stats",
            is_private=False,
        )
        return translate.day_stats(market, stats, self._clock.now_ms())

    async def signing_domain(self) -> dict[str, object]:
        """Return the domain that orders are signed for, read once.

        Raises: ConfigurationError when its chain is not the environment's, ProtocolError when nothing can be signed for it.
        """
        if self._domain is None:
            domain = await self._read(wire.StarknetDomain, "/info/starknet", is_private=False)
            environment = self._endpoints.environment
            if domain.chain_id not in CHAIN_IDS[environment]:
                raise ConfigurationError(
                    f"the exchange at {self._endpoints.rest} signs for {domain.chain_id}, which is not {environment}"
                )
            fields: dict[str, object] = msgspec.to_builtins(domain)
            try:
                domain_texts(fields)
            except InvalidInput as wrong:
                raise ProtocolError(f"a signing domain that cannot be signed for: {wrong}") from None
            self._domain = fields
        return self._domain

    # --- the account --------------------------------------------------------------------------------------

    async def identity(self) -> AccountIdentity:
        """Return who the exchange says we are.

        Raises: ConfigurationError when it is not the account whose key and vault we hold.
        """
        credentials = self._opened()
        account = await self._read(wire.Account, "/user/account/info")
        vault = translate.whole("l2Vault", account.l2_vault)
        if vault != credentials.vault:
            raise ConfigurationError(
                f"the API key belongs to vault {vault}, but the configured vault number is {credentials.vault}"
            )
        if _hex(account.l2_key) != credentials.signer.public_key:
            raise ConfigurationError(
                f"the API key belongs to Stark key {account.l2_key}, not to {hex(credentials.signer.public_key)}"
            )
        await self.signing_domain()
        return AccountIdentity(
            account_id=translate.whole("accountId", account.account_id or account.id or 0),
            vault=vault,
            public_key=account.l2_key,
            description=account.description or "",
        )

    async def fees(self, markets: Collection[str]) -> dict[str, FeeRates]:
        """Return what we pay; the rates are kept, and signed as the highest fee of each order."""
        query = [("market", name) for name in markets]
        records = await self._read(list[wire.Fee], "/user/fees", query=query)
        rates = {
            record.market: FeeRates(
                market=record.market,
                maker=translate.number("makerFeeRate", record.maker_fee_rate),
                taker=translate.not_negative("takerFeeRate", record.taker_fee_rate),
            )
            for record in records
        }
        self._fees.update(rates)
        return rates

    async def open_orders(self, market: str | None = None) -> tuple[OrderReport, ...]:
        """Return every open order of the account, or of one market."""
        query = [("market", market)] if market else []
        records = await self._read(list[wire.OrderRecord], "/user/orders", query=query)
        return tuple(translate.order_report(record) for record in records)

    async def order_by_client_id(self, client_order_id: str) -> OrderReport | None:
        """Return the newest record under our id, or None when the exchange says that it has none."""
        path = f"/user/orders/external/{segment(client_order_id)}"
        try:
            records = await self._read(list[wire.OrderRecord], path, route="/user/orders/external/{id}")
        except NotFound:
            return None
        reports = [translate.order_report(record) for record in records]
        return max(reports, key=lambda report: report.exchange_order_id, default=None)

    async def fills(self, markets: Collection[str] = (), *, limit: int = PAGE, before_id: int | None = None) -> tuple[Fill, ...]:
        """Return our executions, newest first; `before_id` continues below that trade id."""
        query = [("market", name) for name in markets] + [("limit", str(limit))]
        if before_id is not None:
            query.append(("cursor", str(before_id)))
        records = await self._read(list[wire.OwnTrade], "/user/trades", query=query)
        return tuple(translate.fill_of(record) for record in records)

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        """Return the funding paid and received since a time of the exchange, newest first.

        Raises: ProtocolError when there is more than a person could have been paid in that time.
        """
        # Two spellings of the same parameter are documented; the one that is not known is ignored.
        query = [("startTime", str(since_ms)), ("fromTime", str(since_ms)), ("limit", str(PAGE))]
        payments: list[FundingPayment] = []
        cursor: list[tuple[str, str]] = []
        for _ in range(MOST_FUNDING_PAGES):
            records = await self._read(list[wire.FundingRecord], "/user/funding/history", query=query + cursor)
            payments += [translate.funding_of(record) for record in records]
            if len(records) < PAGE:
                return tuple(payments)
            cursor = [("cursor", str(payments[-1].payment_id))]
        raise ProtocolError(f"more than {len(payments)} funding payments since {since_ms}")

    async def money_moves(self, since_ms: int) -> tuple[MoneyMoved, ...]:
        """Return deposits, withdrawals and transfers since a time of the exchange, newest first; the newest fifty at most."""
        records = await self._read(list[wire.AssetOperation], "/user/assetOperations", query=[("startTime", str(since_ms))])
        moves = (translate.money_moved(record) for record in records)
        return tuple(move for move in moves if move is not None)

    async def rebate(self) -> RebateTold:
        """Return our share of the exchange's maker volume, its tier, and what was paid for it so far."""
        record = await self._read(wire.RebateStats, "/user/rebates/stats")
        return translate.rebate_told(record, received_ms=self._clock.now_ms())

    async def positions(self) -> tuple[PositionReport, ...]:
        """Return all open positions."""
        asked_ms = self._clock.now_ms()
        records = await self._read(list[dict[str, Any]], "/user/positions")
        return tuple(translate.position_report(fields, exchange_ms=asked_ms) for fields in records)

    async def balance(self) -> BalanceReported | None:
        """Return the money on the account, or None where the exchange answers that there is none."""
        try:
            fields = await self._read(dict[str, Any], "/user/balance")
        except NotFound:
            return None
        return translate.balance_reported(fields, source="rest", received_ms=self._clock.now_ms())

    async def leverage(self, markets: Collection[str] = ()) -> dict[str, Decimal]:
        """Return the leverage set for each market."""
        query = [("market", name) for name in markets]
        records = await self._read(list[wire.Leverage], "/user/leverage", query=query)
        return {record.market: translate.positive("leverage", record.leverage) for record in records}

    async def set_leverage(self, market: str, leverage: Decimal) -> None:
        """Set one market's leverage, which covers its position and its orders."""
        body = {"market": market, "leverage": plain(leverage)}
        await self._write("PATCH", "/user/leverage", asked=Asked.SETTING, body=body)

    # --- orders -------------------------------------------------------------------------------------------

    async def place(self, order: Order, *, objection: Objection = nobody_objects) -> int:
        """Sign and send; return the exchange's id. Accepted is not resting: the account stream tells.

        `order.replaces` is our id of an open order that this one takes the place of, in one request. If the exchange's
        book refuses the new order, the old one is gone as well; if the request is refused, the old one stays. `objection`
        is asked after the order has waited for its place in the budget.
        """
        try:
            body = await self._signed(order)
        except NotSent:
            raise
        except MakerError as wrong:
            raise NotSent(f"the order could not be made ready: {wrong}") from wrong
        return await self._create(body, objection)

    async def place_stop(self, stop: StopOrder, *, objection: Objection = nobody_objects) -> int:
        """Sign and send a position stop; answers and errors are those of `place`."""
        try:
            body = await self._signed_stop(stop)
        except NotSent:
            raise
        except MakerError as wrong:
            raise NotSent(f"the stop could not be made ready: {wrong}") from wrong
        return await self._create(body, objection)

    async def _create(self, body: dict[str, Any], objection: Objection) -> int:
        envelope = await self._write("POST", "/user/order", asked=Asked.CREATE, body=body, objection=objection)
        try:
            placed = _decode(wire.PlacedOrder, envelope.data)
            return translate.whole("id", placed.id)
        except ProtocolError as wrong:
            raise OutcomeUnknown(f"accepted, but the answer cannot be read: {wrong}") from None

    async def cancel(self, *, client_order_id: str, exchange_order_id: int | None) -> None:
        """Ask for a cancel; raises `NotFound` when the exchange does not know the order (any more)."""
        if exchange_order_id is not None:
            await self._write("DELETE", f"/user/order/{exchange_order_id}", route="/user/order/{id}", asked=Asked.CANCEL)
        else:
            await self._write("DELETE", "/user/order", asked=Asked.CANCEL, query=[("externalId", client_order_id)])

    async def mass_cancel(
        self,
        *,
        markets: Collection[str] = (),
        client_order_ids: Collection[str] = (),
        everything: bool = False,
    ) -> None:
        """Cancel all open orders that any of the selectors names; `everything` takes the whole account.

        Raises: InvalidInput when nothing is selected.
        """
        if not (markets or client_order_ids or everything):
            raise InvalidInput("mass cancel", "nothing", "markets, client_order_ids or everything")
        body: dict[str, Any] = {"cancelAll": everything}
        if markets:
            body["markets"] = list(markets)
        if client_order_ids:
            body["externalOrderIds"] = list(client_order_ids)
        await self._write("POST", "/user/order/massCancel", asked=Asked.CANCEL, body=body)

    async def arm_dead_man_switch(self, countdown_s: int) -> None:
        """Start the account-wide countdown anew; 0 disarms it.

        Raises: InvalidInput outside 5 to 600 seconds.
        """
        shortest, longest = SWITCH_RANGE_S
        if countdown_s != 0 and not shortest <= countdown_s <= longest:
            raise InvalidInput("countdown_s", countdown_s, f"0, or {shortest} to {longest} seconds")
        await self._write(
            "POST",
            "/user/deadmanswitch",
            asked=Asked.SETTING,
            query=[("countdownTime", str(countdown_s))],
            is_urgent=True,
        )

    # --- streams and the end ------------------------------------------------------------------------------

    async def stream(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        """Follow all feeds of `markets` and the account until cancelled, reconnecting by itself.

        Raises: ConfigurationError when the rules of a market were not loaded.
        """
        missing = [name for name in markets if name not in self._markets]
        if missing:
            raise ConfigurationError(f"the rules of {', '.join(missing)} must be loaded before they are followed")
        await self._streams.follow(markets, emit, with_account=with_account)

    async def close(self) -> None:
        """Close the HTTP session; streams end with the task that runs them."""
        await self._rest.close()

    # --- below the line -----------------------------------------------------------------------------------

    def _opened(self) -> Credentials:
        if self._credentials is None:
            raise ConfigurationError("no credentials: only public questions can be asked")
        return self._credentials

    async def _signed(self, order: Order) -> dict[str, Any]:
        credentials = self._opened()
        market = self._markets.get(order.market)
        if market is None:
            raise NotSent(f"the rules of {order.market} are not loaded")
        if order.expires_ms <= self._clock.now_ms():
            raise NotSent(f"{order.client_order_id} would have expired before it arrived")
        domain = await self.signing_domain()
        started = perf_counter_ns()
        body = order_body(
            order,
            market,
            account=AccountKeys(vault=credentials.vault, public_key=credentials.signer.public_key),
            fee_rate=self._fee_rate(order, market),
            domain=domain,
            sign=credentials.signer.sign,
            message_hash=credentials.signer.message_hash,
            replaces=order.replaces,
        )
        self._on_signed(order.client_order_id, (perf_counter_ns() - started) // 1000)
        return body

    async def _signed_stop(self, stop: StopOrder) -> dict[str, Any]:
        credentials = self._opened()
        market = self._markets.get(stop.market)
        if market is None:
            raise NotSent(f"the rules of {stop.market} are not loaded")
        rates = self._fees.get(stop.market)
        return stop_body(
            stop,
            market,
            account=AccountKeys(vault=credentials.vault, public_key=credentials.signer.public_key),
            fee_rate=rates.taker if rates else market.taker_fee_rate,
            domain=await self.signing_domain(),
            sign=credentials.signer.sign,
            message_hash=credentials.signer.message_hash,
        )

    def _fee_rate(self, order: Order, market: Market) -> Decimal:
        rates = self._fees.get(order.market)
        if order.post_only:
            return max(Decimal(0), rates.maker if rates else market.maker_fee_rate)
        return rates.taker if rates else market.taker_fee_rate

    async def _read(
        self,
        kind: type[T],
        path: str,
        *,
        route: str = "",
        query: list[tuple[str, str]] | None = None,
        is_private: bool = True,
    ) -> T:
        if is_private:
            self._opened()
        envelope = await self._rest.ask("GET", path, route=route, query=query or (), is_private=is_private)
        return _decode(kind, envelope.data)

    async def _write(
        self,
        method: str,
        path: str,
        *,
        asked: Asked,
        route: str = "",
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        is_urgent: bool = False,
        objection: Objection = nobody_objects,
    ) -> wire.Envelope:
        self._opened()
        return await self._rest.ask(
            method, path, route=route, asked=asked, query=query or (), body=body, is_urgent=is_urgent, objection=objection
        )


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise ProtocolError(f"the account's Stark key is {text[:80]!r}; expected a hex number") from None


def _decode(kind: type[T], answer: msgspec.Raw) -> T:
    try:
        return msgspec.json.decode(answer, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as wrong:
        raise ProtocolError(f"an answer that cannot be understood: {wrong}") from None
