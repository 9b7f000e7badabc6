"""A sample of the conformance cases in the ordinary environment: the SDK's REST, and bodies as ccxt sends them."""

import asyncio
import json
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from websockets.sync.client import connect

from proofs.conformance.proof import EXCHANGE
from proofs.stage.asking import Answer, ask, ask_with
from proofs.stage.programs import SimulatedExchange
from simulator.intake import decode_order
from simulator.orders import Execution, PriceSource

pytest.importorskip("fast_stark_crypto", reason="the signing library has no wheel here")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the library's own imports warn of is not ours to mend
    pytest.importorskip("x10", reason="the exchange's SDK is not installed")
    from x10.models.order import OrderSide, OrderTpslType, OrderType

    from proofs.conformance import sdk_orders, sdk_rest
    from proofs.conformance.cases import FAILED, run_all
    from proofs.conformance.sdk_stage import D, Stage, prepare


@pytest.fixture(scope="module")
def exchange(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedExchange]:
    """Yield an exchange whose clock is more than an hour behind."""
    with SimulatedExchange(tmp_path_factory.mktemp("exchange"), *EXCHANGE, seed=3) as running:
        yield running


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    """Yield the SDK's clients after an hour with a position."""
    with SimulatedExchange(tmp_path, *EXCHANGE, seed=7) as running:
        stage = Stage(running.first_line)
        await prepare(stage)
        yield stage
        await stage.plain.close()
        await stage.other.close()


async def test_every_reading_case_and_a_sample_of_the_trading_ones(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    trading = ("lists", "edit takes", "either id", "mass cancel", "conditional", "maker", "whole position")
    chosen = [each for each in sdk_orders.CASES.every if any(word in each.title for word in trading)]

    outcomes = await run_all([*sdk_rest.CASES.every, *chosen], stage, stage.used, stage.complaints)

    assert [f"{each.title}: {each.note}" for each in outcomes if each.verdict == FAILED] == []
    assert len(outcomes) > 30
    assert all(json.loads(line)["title"] for line in capsys.readouterr().out.splitlines())


async def test_a_position_shows_the_stop_that_closes_it(stage: Stage) -> None:
    price = await stage.price()
    stop = await stage.order(
        amount_of_synthetic=D(0),
        price=D(0),
        side=OrderSide.SELL,
        order_type=OrderType.TPSL,
        reduce_only=True,
        tp_sl_type=OrderTpslType.POSITION,
        stop_loss=sdk_orders.leg(stage, price, above=False),
    )
    placed = await stage.orders.place_order(stop)
    await stage.sees(placed.data.id, "UNTRIGGERED")
    headers = {"X-Api-Key": stage.keys(0).api_key}
    held = await asyncio.to_thread(ask_with, headers, "GET", stage.first_line["rest"] + "/user/positions")
    await stage.plain.orders.cancel_order(placed.data.id)
    await stage.sees(placed.data.id, "CANCELLED")
    freed = await asyncio.to_thread(ask_with, headers, "GET", stage.first_line["rest"] + "/user/positions")

    (position,) = held.body["data"]
    assert D(position["slTriggerPrice"]) == stop.stop_loss.trigger_price
    assert D(position["slLimitPrice"]) == stop.stop_loss.price
    assert "tpTriggerPrice" not in position
    assert "slTriggerPrice" not in freed.body["data"][0]


NOT_OFFERED: Final = [
    ("POST", "/user/order/rfq"),
    ("POST", "/user/withdrawal"),
    ("POST", "/user/transfer"),
    ("POST", "/user/transfer/onchain"),
    ("GET", "/user/bridge/config"),
    ("GET", "/user/bridge/quote"),
    ("POST", "/user/bridge/quote"),
    ("POST", "/vault/user/deposits"),
    ("GET", "/portfolio/charts/pnl/cumulative"),
    ("GET", "/interest/key-metrics"),
    ("PUT", "/user/referrals"),
    ("POST", "/user/account/api-key"),
]


def request(exchange: SimulatedExchange, method: str, path: str, body: object = None, *, key: bool = True) -> Answer:
    headers = {"X-Api-Key": exchange.account()["api_key"]} if key else {}
    sent = body if body is not None or method == "GET" else {}
    return ask_with(headers, method, exchange.rest + path, sent)


@pytest.mark.parametrize(("method", "path"), NOT_OFFERED)
def test_what_has_nothing_to_do_with_trading_is_known_and_refused(exchange: SimulatedExchange, method: str, path: str) -> None:
    answer = request(exchange, method, path)

    assert (answer.status, answer.body["error"]["code"]) == (400, 1009)


@pytest.mark.parametrize("path", ["/user/bridge/config", "/portfolio/charts/pnl", "/builder/trades"])
def test_private_paths_outside_trading_want_a_key_too(exchange: SimulatedExchange, path: str) -> None:
    answer = request(exchange, "GET", path, key=False)

    assert (answer.status, answer.body["error"]["code"]) == (401, 401)


def test_a_wallet_without_a_key_is_refused_by_name(exchange: SimulatedExchange) -> None:
    own_key = request(exchange, "POST", "/user/account/api-key", key=False)
    onboarding = ask("POST", f"{exchange.base}/auth/onboard", {})

    assert [own_key.body["error"]["code"], onboarding.body["error"]["code"]] == [1009, 1009]


def test_a_trigger_without_its_types_watches_the_last_price_and_executes_at_its_limit() -> None:
    body: dict[str, Any] = {
        "id": "x",
        "market": "BTC-USD",
        "type": "CONDITIONAL",
        "side": "BUY",
        "qty": "0.001",
        "price": "86000",
    }
    body |= {"timeInForce": "GTT", "expiryEpochMillis": 1, "fee": "0.0005", "nonce": "1"}
    body |= {"trigger": {"triggerPrice": "87000", "direction": "UP"}}

    trigger = decode_order(json.dumps(body).encode()).trigger

    assert trigger is not None
    assert (trigger.source, trigger.execution, trigger.direction) == (PriceSource.LAST, Execution.LIMIT, "UP")


def test_a_subscription_to_quotes_alone_begins_with_an_empty_book(exchange: SimulatedExchange) -> None:
    wanted = {"scope": "orderbooks", "selector": {"market": "BTC-USD", "depth": "full", "rfqOnly": True}}
    with connect(exchange.first_line["stream_rpc"], proxy=None) as socket:
        socket.send(json.dumps({"jsonrpc": "2.0", "id": "1", "method": "subscribe", "params": wanted}))
        reply, frame = (json.loads(socket.recv(timeout=5)) for _ in range(2))
        socket.send(json.dumps({"jsonrpc": "2.0", "id": "2", "method": "list-subscriptions"}))
        listed = json.loads(socket.recv(timeout=5))  # nothing came between: the full book is not for this subscription

    assert reply["result"]["subscription"] == frame["subscription"] == "orderbooks.BTC-USD.rfq"
    assert (frame["type"], frame["data"]["b"], frame["data"]["a"], frame["data"]["d"]) == ("ORDERBOOKS.SNAPSHOT", [], [], "f")
    assert listed["result"]["subscriptions"] == ["orderbooks.BTC-USD.rfq"]
