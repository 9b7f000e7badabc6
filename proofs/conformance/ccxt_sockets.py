"""ccxt's sockets, as far as they go."""

import asyncio
from typing import Any

from proofs.conformance.cases import Cases, expect
from proofs.conformance.ccxt_stage import BTC, Stage

CASES = Cases()


def method(*names: str) -> tuple[str, ...]:
    return tuple(f"pro.extended.{name}" for name in names)


@CASES.case("book: full, as it changes", *method("watch_order_book"))
async def book(stage: Stage) -> str:
    async with asyncio.timeout(15):
        several = [await stage.pro.watch_order_book(BTC) for _ in range(5)]
    found = several[-1]
    expect(found["bids"][0][0] < found["asks"][0][0])
    shown = await stage.plain.fetch_order_book(BTC)
    expect(abs(shown["bids"][0][0] - found["bids"][0][0]) < 500)
    return f"{len(found['bids'])} bids, number {found['nonce']}"


@CASES.case("trades", *method("watch_trades"))
async def trades(stage: Stage) -> str:
    waiting = asyncio.ensure_future(stage.pro.watch_trades(BTC))
    await asyncio.sleep(0.3)
    await stage.take(size=0.001)
    found = await asyncio.wait_for(waiting, 10)
    expect(found and found[-1]["symbol"] == BTC)
    return f"{found[-1]['side']} {found[-1]['amount']} at {found[-1]['price']}"


@CASES.case("candles", *method("watch_ohlcv"))
async def candles(stage: Stage) -> str:
    found = await asyncio.wait_for(stage.pro.watch_ohlcv(BTC, "1m"), 10)
    expect(found and found[-1][0] % 60_000 == 0)
    return f"close {found[-1][4]}"


@CASES.case("mark price and funding rate", *method("watch_mark_price", "watch_funding_rate"))
async def prices(stage: Stage) -> str:
    mark = await asyncio.wait_for(stage.pro.watch_mark_price(BTC), 10)
    rate = await asyncio.wait_for(stage.pro.watch_funding_rate(BTC), 10)
    expect(mark["symbol"] == rate["symbol"] == BTC and mark["markPrice"] > 0)
    return f"mark {mark['markPrice']}, rate {rate['fundingRate']}"


PRIVATE = ("watch_orders", "watch_my_trades", "watch_positions", "watch_balance", "watch_private")


@CASES.case("the account: orders, trades, positions, balance", *method(*PRIVATE))
async def account(stage: Stage) -> str:
    waiting: list[Any] = [asyncio.ensure_future(getattr(stage.pro, name)(*more)) for name, more in WATCHED]
    await asyncio.sleep(0.3)
    done = await stage.take(size=0.001)
    orders, fills, held, money, same = await asyncio.wait_for(asyncio.gather(*waiting), 15)
    expect(orders and fills and held and same)
    expect({each["order"] for each in fills} == {done["id"]} and held[-1]["symbol"] == BTC)
    expect(money["USDC"]["total"] > 0)
    return f"{len(orders)} orders, {len(fills)} fills, {money['USDC']['total']} USD"


@CASES.limited("index price: announced, but not written", "no attribute 'watch_index_price'", *method("watch_index_price"))
async def index_price(stage: Stage) -> None:
    await stage.pro.watch_index_price(BTC)


@CASES.case("book: best only", *method("watch_order_book"))
async def best_only(stage: Stage) -> str:
    await stage.sockets.close()  # one path for one market: the full book's stream must end first
    async with asyncio.timeout(10):
        found = await stage.pro.watch_order_book(BTC, None, {"depth": 1})
    expect(len(found["bids"]) == len(found["asks"]) == 1, found)
    return f"{found['bids'][0][0]} / {found['asks'][0][0]}"


WATCHED: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("watch_orders", (BTC,)),
    ("watch_my_trades", (BTC,)),
    ("watch_positions", ([BTC],)),
    ("watch_balance", ()),
    ("watch_private", ("orders",)),
)
