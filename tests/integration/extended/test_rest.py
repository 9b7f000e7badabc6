"""Requests over real sockets, against servers that answer well, badly, or not at all."""

import asyncio
import logging
import socket
from decimal import Decimal
from typing import Any

import pytest

from bot.core.errors import (
    ConfigurationError,
    ExchangeUnreachable,
    InvalidInput,
    NotFound,
    NotSent,
    OutcomeUnknown,
    ProtocolError,
    RateLimited,
    Refused,
    Unauthorised,
    VenueMode,
)
from bot.core.orders import ExchangeStatus, Side, TimeInForce
from bot.extended import signing
from bot.extended.exchange import ExtendedExchange
from bot.ports import Exchange
from tests.integration.extended.fakes import (
    API_KEY,
    DOMAIN,
    PRIVATE_KEY,
    PUBLIC_KEY,
    VAULT,
    FakeExchange,
    Told,
    answering,
    client,
    fake_exchange,
    order,
    raw_server,
    read_request,
)
from tests.unit.extended.test_translate import BALANCE, MARKET, ORDER, POSITION, TRADE

PLACED = {"POST /user/order": {"id": 2103821900219158529, "externalId": "mmb-t-1"}}


async def opened(fake: FakeExchange, told: Told | None = None, **changes: Any) -> ExtendedExchange:
    exchange = client(fake.rest, told=told, **changes)
    await exchange.load_markets(["BTC-USD"])
    return exchange


async def ready_but_broken(base: str, told: Told | None = None) -> ExtendedExchange:
    """Return a client that learned rules and domain elsewhere, and whose requests now go to `base`."""
    async with fake_exchange() as fake:
        good = await opened(fake)
        await good.signing_domain()
    exchange = client(base, told=told)
    exchange._markets, exchange._domain = good._markets, good._domain
    return exchange


async def place_at(base: str, told: Told | None = None) -> int:
    exchange = await ready_but_broken(base, told)
    return await exchange.place(order())


async def test_it_is_the_exchange_that_the_loop_expects() -> None:
    async with fake_exchange() as fake:
        exchange: Exchange = await opened(fake)

        assert list(await exchange.load_markets()) == ["BTC-USD"]


async def test_an_order_is_signed_for_the_domain_that_the_exchange_tells() -> None:
    told = Told()
    async with fake_exchange(**PLACED) as fake:
        exchange = await opened(fake, told)

        assert await exchange.place(order()) == 2103821900219158529

    body, request = fake.bodies[-1], fake.seen[-1]
    order_hash = signing.generate_order_hash(
        side="BUY",
        size="0.0015",
        price="84000",
        fee_rate="0",
        nonce=11,
        expiry_ms=4_000_000_000_000,
        vault=VAULT,
        public_key=PUBLIC_KEY,
        synthetic_id=MARKET["l2Config"]["syntheticId"],
        synthetic_resolution=1_000_000,
        collateral_id="0x1",
        collateral_resolution=1_000_000,
        domain=DOMAIN,
    )
    r, s = (int(body["settlement"]["signature"][part], 16) for part in ("r", "s"))
    assert signing.verify_order(int(PUBLIC_KEY, 16), order_hash, r, s)
    assert (body["id"], body["qty"], body["price"], body["fee"], body["nonce"]) == ("mmb-t-1", "0.0015", "84000", "0", "11")
    assert (body["selfTradeProtectionLevel"], body["postOnly"], body["expiryEpochMillis"]) == ("ACCOUNT", True, 4_000_000_000_000)
    assert request.headers["X-Api-Key"] == API_KEY
    assert request.headers["User-Agent"].startswith("extended-mm-bot")
    assert told.signed[0][0] == "mmb-t-1"
    assert (told.requests[-1][0], told.requests[-1][2].kind) == ("POST /user/order", "ok")


async def test_an_order_that_may_take_signs_the_taker_fee_that_the_account_pays() -> None:
    fees = {"GET /user/fees": [{"market": "BTC-USD", "makerFeeRate": "0.0001", "takerFeeRate": "0.0003", "builderFeeRate": "0"}]}
    async with fake_exchange(**PLACED, **fees) as fake:
        exchange = await opened(fake)
        await exchange.place(order(post_only=False, time_in_force=TimeInForce.IOC))
        await exchange.fees(["BTC-USD"])
        await exchange.place(order(post_only=False, time_in_force=TimeInForce.IOC))
        await exchange.place(order())

    sent = [body for body in fake.bodies if body]
    assert [body["fee"] for body in sent] == ["0.00025", "0.0003", "0.0001"]
    assert sent[0]["timeInForce"] == "IOC"


async def test_a_maker_rebate_is_signed_as_a_fee_of_nothing() -> None:
    """The signed fee is a bound on what may be charged; it cannot be negative."""
    fees = {"GET /user/fees": [{"market": "BTC-USD", "makerFeeRate": "-0.0001", "takerFeeRate": "0.0003", "builderFeeRate": "0"}]}
    async with fake_exchange(**PLACED, **fees) as fake:
        exchange = await opened(fake)
        await exchange.fees(["BTC-USD"])
        await exchange.place(order())

    assert fake.bodies[-1]["fee"] == "0"


async def test_a_replacement_names_the_order_it_replaces() -> None:
    async with fake_exchange(**PLACED) as fake:
        exchange = await opened(fake)
        await exchange.place(order(client_order_id="mmb-t-2", replaces="mmb-t-1"))

    assert fake.bodies[-1]["cancelId"] == "mmb-t-1"


async def test_f016_an_order_that_cannot_be_made_ready_or_has_expired_is_not_sent() -> None:
    async with fake_exchange(**PLACED) as fake:
        exchange = await opened(fake)

        with pytest.raises(NotSent, match="rules of ETH-USD"):
            await exchange.place(order(market="ETH-USD"))
        with pytest.raises(NotSent, match="expired"):
            await exchange.place(order(expires_ms=1_700_000_000_000))
        domain = fake.answers.pop("GET /info/starknet")
        with pytest.raises(NotSent):
            await exchange.place(order())
        fake.answers["GET /info/starknet"] = domain
        with pytest.raises(NotSent, match="size"):
            await exchange.place(order(size=10**20))

    assert not [request for request in fake.seen if request.method == "POST"]


async def test_f108_a_signing_domain_of_another_world_is_refused() -> None:
    async with fake_exchange(**{"GET /info/starknet": {**DOMAIN, "chainId": "SN_OTHER"}}) as fake:
        exchange = await opened(fake)

        with pytest.raises(ConfigurationError, match="SN_OTHER"):
            await exchange.signing_domain()


async def test_a_yes_without_an_id_leaves_the_outcome_unknown() -> None:
    async with fake_exchange(**{"POST /user/order": {"externalId": "mmb-t-1"}}) as fake:
        exchange = await opened(fake)

        with pytest.raises(OutcomeUnknown):
            await exchange.place(order())


async def test_f002_a_refused_connection_means_that_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        told = Told()
        with pytest.raises(NotSent):
            await place_at(f"http://127.0.0.1:{unused.getsockname()[1]}/api/v1", told)

    assert told.kinds == ["not_sent"]


async def close_at_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0)


async def read_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)


async def read_and_reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.transport.abort()


async def read_and_hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    await reader.read()  # until the client gives up


async def answer_half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"status":"OK"')
    await writer.drain()


async def answer_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await read_request(reader)
    writer.write(b"\x00\x01 this is not HTTP\r\n\r\n")
    await writer.drain()


BROKEN = [close_at_once, read_and_close, read_and_reset, read_and_hang, answer_half, answer_nonsense]


@pytest.mark.parametrize("talk", BROKEN)
async def test_f001_an_order_whose_answer_is_lost_has_an_unknown_outcome(talk: Any) -> None:
    async with raw_server(talk) as base:
        told = Told()
        with pytest.raises(OutcomeUnknown):
            await place_at(base, told)

    assert told.kinds == ["outcome_unknown"]
    assert told.requests[0][2].http_status in (0, 200)


@pytest.mark.parametrize("talk", BROKEN)
async def test_f023_a_cancel_whose_answer_is_lost_has_an_unknown_outcome(talk: Any) -> None:
    async with raw_server(talk) as base:
        exchange = await ready_but_broken(base)
        with pytest.raises(OutcomeUnknown):
            await exchange.cancel(client_order_id="mmb-t-1", exchange_order_id=None)


@pytest.mark.parametrize("talk", BROKEN)
async def test_f054_a_read_whose_answer_is_lost_says_nothing(talk: Any) -> None:
    async with raw_server(talk) as base:
        exchange = await ready_but_broken(base)
        with pytest.raises(ExchangeUnreachable):
            await exchange.positions()


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        ("502 Bad Gateway", b"<html>502</html>", OutcomeUnknown),
        ("404 Not Found", b"", OutcomeUnknown),
        ("404 Not Found", b'{"status":"ERROR","error":{"code":1001,"message":"x"}}', NotFound),
        ("200 OK", b'{"status":"ERROR","error":{"code":1140,"message":"x"}}', Refused),
        ("200 OK", b'{"status":"OK","data":{"id"', OutcomeUnknown),
        ("200 OK", b"null", OutcomeUnknown),
        ("400 Bad Request", b'{"status":"ERROR","error":{"code":1134,"message":"Duplicate"}}', OutcomeUnknown),
        ("400 Bad Request", b'{"status":"ERROR","error":{"code":7777,"message":"new"}}', OutcomeUnknown),
        ("400 Bad Request", b'{"status":"ERROR","error":{"code":1010,"message":"maintenance"}}', VenueMode),
        ("429 Too Many Requests", b"", RateLimited),
        ("401 Unauthorized", b'{"status":"ERROR","error":{"code":401,"message":"key"}}', Unauthorised),
        ("302 Found", b"", OutcomeUnknown),
    ],
)
async def test_a_create_is_what_its_answer_says(status: str, body: bytes, wanted: type[Exception]) -> None:
    async with raw_server(answering(status, body)) as base:
        with pytest.raises(wanted) as trouble:
            await place_at(base)

    assert type(trouble.value) is wanted


async def test_a_redirect_is_not_followed() -> None:
    async with fake_exchange() as other:
        talk = answering(f"307 Temporary Redirect\r\nLocation: {other.rest}/user/order", b"")
        async with raw_server(talk) as base:
            with pytest.raises(OutcomeUnknown):
                await place_at(base)

        assert other.seen == []


async def test_an_undocumented_code_raises_a_flag() -> None:
    told = Told()
    body = b'{"status":"ERROR","error":{"code":7777,"message":"new"}}'
    async with raw_server(answering("400 Bad Request", body)) as base:
        with pytest.raises(OutcomeUnknown):
            await place_at(base, told)

    assert [(outcome.exchange_code, outcome.is_undocumented) for _, _, outcome in told.requests] == [(7777, True)]


async def test_f091_too_many_requests_make_the_next_ones_wait_but_not_the_cancels() -> None:
    async with raw_server(answering("429 Too Many Requests", b"")) as base:
        exchange = await ready_but_broken(base)
        with pytest.raises(RateLimited):
            await exchange.place(order())

        with pytest.raises(NotSent, match="budget"):
            await exchange.place(order())
        with pytest.raises(ExchangeUnreachable, match="budget"):
            await exchange.positions()
        with pytest.raises(RateLimited):
            await exchange.cancel(client_order_id="mmb-t-1", exchange_order_id=None)
        with pytest.raises(RateLimited):
            await exchange.arm_dead_man_switch(30)  # it left: what keeps the account safe never waits for orders


async def test_f019_an_order_is_asked_about_once_more_when_its_turn_has_come() -> None:
    """It was signed while it might leave; before its request left, something happened."""
    async with fake_exchange(**PLACED) as fake:
        exchange = await opened(fake)
        asked: list[str] = []

        def objection() -> str:
            asked.append("asked")
            return "the bot is HALTED"

        with pytest.raises(NotSent, match="HALTED"):
            await exchange.place(order(), objection=objection)

    assert asked == ["asked"]
    assert not [request for request in fake.seen if request.method == "POST"]


async def test_cancels_go_by_exchange_id_where_it_is_known_else_by_ours() -> None:
    answers = {"DELETE /user/order/77": (200, b'{"status":"OK"}'), "DELETE /user/order": (200, b"")}
    async with fake_exchange(**answers) as fake:
        exchange = await opened(fake)
        await exchange.cancel(client_order_id="mmb-t-1", exchange_order_id=77)
        await exchange.cancel(client_order_id="mmb-t-1", exchange_order_id=None)
        with pytest.raises(NotFound):
            await exchange.cancel(client_order_id="mmb-t-1", exchange_order_id=78)

    assert dict(fake.seen[-2].query) == {"externalId": "mmb-t-1"}


async def test_a_mass_cancel_names_what_it_means() -> None:
    async with fake_exchange(**{"POST /user/order/massCancel": (200, b'{"status":"OK"}')}) as fake:
        exchange = await opened(fake)
        await exchange.mass_cancel(markets=["BTC-USD"], client_order_ids=["a", "b"])
        await exchange.mass_cancel(everything=True)
        with pytest.raises(InvalidInput):
            await exchange.mass_cancel()

    assert fake.bodies[-2:] == [
        {"cancelAll": False, "markets": ["BTC-USD"], "externalOrderIds": ["a", "b"]},
        {"cancelAll": True},
    ]


@pytest.mark.parametrize("answer", [b'{"status":"OK"}', b""])
async def test_f107_the_dead_man_s_switch_counts_in_seconds_and_accepts_an_empty_answer(answer: bytes) -> None:
    async with fake_exchange(**{"POST /user/deadmanswitch": (200, answer)}) as fake:
        exchange = await opened(fake)
        await exchange.arm_dead_man_switch(30)
        await exchange.arm_dead_man_switch(0)
        for wrong in (30_000, 601, 4, 1, -1):
            with pytest.raises(InvalidInput):
                await exchange.arm_dead_man_switch(wrong)

    assert [request.query["countdownTime"] for request in fake.seen[-2:]] == ["30", "0"]


async def test_the_account_is_compared_with_the_keys_we_hold() -> None:
    account = {
        "accountId": 3017,
        "accountIndex": 0,
        "description": "Main",
        "status": "ACTIVE",
        "l2Key": PUBLIC_KEY,
        "l2Vault": str(VAULT),
    }
    async with fake_exchange(**{"GET /user/account/info": account}) as fake:
        exchange = await opened(fake)

        identity = await exchange.identity()
        fake.answers["GET /user/account/info"] = {**account, "l2Vault": "7"}
        with pytest.raises(ConfigurationError, match="vault 7"):
            await exchange.identity()
        fake.answers["GET /user/account/info"] = {**account, "l2Key": "0x5"}
        with pytest.raises(ConfigurationError, match="Stark key 0x5"):
            await exchange.identity()
        fake.answers["GET /user/account/info"] = (401, b"")
        with pytest.raises(Unauthorised):
            await exchange.identity()

    assert (identity.account_id, identity.vault, identity.public_key, identity.description) == (3017, VAULT, PUBLIC_KEY, "Main")


async def test_orders_are_listed_and_looked_up() -> None:
    newer = {**ORDER, "id": ORDER["id"] + 1, "status": "CANCELLED"}
    answers = {
        "GET /user/orders": [ORDER],
        "GET /user/orders/external/mm-000001": [ORDER, newer],
        "GET /user/orders/external/none": [],
        "GET /user/orders/external/bare": (404, b""),
    }
    async with fake_exchange(**answers) as fake:
        exchange = await opened(fake)

        listed = await exchange.open_orders("BTC-USD")
        found = await exchange.order_by_client_id("mm-000001")

        assert dict(fake.seen[-2].query) == {"market": "BTC-USD"}
        assert await exchange.order_by_client_id("unknown") is None  # 404 with the envelope
        assert await exchange.order_by_client_id("none") is None
        with pytest.raises(ExchangeUnreachable):  # a bare 404 proves nothing
            await exchange.order_by_client_id("bare")

    assert [report.client_order_id for report in listed] == ["mm-000001"]
    assert found is not None
    assert (found.exchange_order_id, found.status) == (ORDER["id"] + 1, ExchangeStatus.CANCELLED)


async def test_an_id_cannot_leave_its_place_in_the_address() -> None:
    async with fake_exchange() as fake:
        exchange = await opened(fake)
        assert await exchange.order_by_client_id("../../user/orders?x=1#y") is None

    assert fake.seen[-1].raw_path == "/api/v1/user/orders/external/..%2F..%2Fuser%2Forders%3Fx%3D1%23y"


async def test_fills_positions_balance_and_leverage_are_read() -> None:
    answers = {
        "GET /user/trades": [TRADE],
        "GET /user/positions": [POSITION],
        "GET /user/balance": BALANCE,
        "GET /user/leverage": [{"market": "BTC-USD", "leverage": "10"}],
        "PATCH /user/leverage": (200, b""),
        "GET /info/markets/BTC-USD/stats": {"markPrice": "84058.473541750005"},
    }
    async with fake_exchange(**answers) as fake:
        exchange = await opened(fake)

        fills = await exchange.fills(["BTC-USD", "ETH-USD"], limit=5, before_id=9)
        query = fake.seen[-1].query
        positions = await exchange.positions()
        balance = await exchange.balance()
        leverage = await exchange.leverage()
        await exchange.set_leverage("BTC-USD", Decimal("10.50"))
        patched = fake.bodies[-1]
        mark = await exchange.mark_price("BTC-USD")
        del fake.answers["GET /user/balance"]
        nothing = await exchange.balance()
        fake.answers["GET /user/balance"] = (404, b"")
        with pytest.raises(ExchangeUnreachable):
            await exchange.balance()

    assert (fills[0].trade_id, fills[0].side) == (1784963886257016832, Side.BUY)
    assert (query.getall("market"), query["limit"], query["cursor"]) == (["BTC-USD", "ETH-USD"], "5", "9")
    assert (positions[0].size, positions[0].wire["id"]) == (Decimal("-0.3"), 1791183357858545669)
    assert balance is not None
    assert (balance.equity, balance.source) == (Decimal("-3.5"), "rest")
    assert leverage == {"BTC-USD": Decimal(10)}
    assert patched == {"market": "BTC-USD", "leverage": "10.5"}
    assert mark == Decimal("84058.473541750005")
    assert nothing is None


async def test_an_unknown_market_is_absent_and_does_not_hide_the_others() -> None:
    async with fake_exchange() as fake:
        exchange = client(fake.rest)
        assert list(await exchange.load_markets(["BTC-USD", "NO-USD"])) == ["BTC-USD"]
        assert await exchange.load_markets(["NO-USD"]) == {}

        fake.refuse_named_markets = True  # an exchange that answers one unknown name with a refusal of all
        assert list(await exchange.load_markets(["BTC-USD", "NO-USD"])) == ["BTC-USD"]


@pytest.mark.parametrize("answer", [{"id": 1}, [{"id": 1}], "text", [None]])
async def test_an_answer_of_the_wrong_shape_is_a_protocol_error(answer: Any) -> None:
    async with fake_exchange(**{"GET /user/orders": answer}) as fake:
        exchange = await opened(fake)
        with pytest.raises(ProtocolError):
            await exchange.open_orders()


async def test_without_credentials_only_public_questions_are_asked() -> None:
    async with fake_exchange(**PLACED) as fake:
        exchange = await opened(fake, credentials=None)

        with pytest.raises(ConfigurationError):
            await exchange.positions()
        with pytest.raises(NotSent):
            await exchange.place(order())
        with pytest.raises(ConfigurationError):
            await exchange.cancel(client_order_id="a", exchange_order_id=None)

    assert all("X-Api-Key" not in request.headers for request in fake.seen)
    assert len(fake.seen) == 1


async def test_public_questions_do_not_carry_the_key() -> None:
    async with fake_exchange() as fake:
        exchange = await opened(fake)
        await exchange.signing_domain()

    assert all("X-Api-Key" not in request.headers for request in fake.seen)


async def test_f175_no_secret_is_in_logs_or_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    async with raw_server(answering("502 Bad Gateway", b"oops")) as base:
        exchange = await ready_but_broken(base)
        for question in (exchange.place(order()), exchange.positions()):
            try:
                await question
            except (OutcomeUnknown, ExchangeUnreachable) as trouble:
                shown.append(f"{trouble!r} {trouble.__cause__!r} {trouble.__context__!r}")
        shown.append(repr(exchange._credentials))

    text = " ".join(shown) + caplog.text
    assert len(shown) == 3
    for secret in (API_KEY, PRIVATE_KEY[2:], str(int(PRIVATE_KEY, 16))):
        assert secret not in text
