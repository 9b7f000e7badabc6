"""ccxt's unified REST methods."""

from proofs.conformance.cases import Cases, expect
from proofs.conformance.ccxt_stage import BTC, HOUR_MS, Stage

CASES = Cases()
NOT_OFFERED = '"code":1009'


def method(*names: str) -> tuple[str, ...]:
    return tuple(f"extended.{name}" for name in names)


OTHER_NAMES = method("fetch_mark_ohlcv", "fetch_index_ohlcv", "fetch_l2_order_book")


# ── markets ──


@CASES.case("markets and currencies", *method("load_markets", "fetch_markets", "fetch_currencies"))
async def markets(stage: Stage) -> str:
    loaded = await stage.rest.load_markets(True)
    every = await stage.rest.fetch_markets()
    currencies = await stage.rest.fetch_currencies()
    one = loaded[BTC]
    expect((one["id"], one["swap"], one["active"], one["precision"]["price"]) == ("BTC-USD", True, True, 1.0))
    expect("USDC" in currencies and "BTC" in currencies, sorted(currencies))
    return f"{len(every)} markets, {len(currencies)} currencies"


@CASES.case("tickers", *method("fetch_ticker", "fetch_tickers"))
async def tickers(stage: Stage) -> str:
    one = await stage.rest.fetch_ticker(BTC)
    every = await stage.rest.fetch_tickers([BTC, "ETH/USDC:USDC"])
    expect(one["bid"] < one["ask"] and set(every) == {BTC, "ETH/USDC:USDC"})
    return f"{one['bid']} / {one['ask']}"


@CASES.case("book and trades", *method("fetch_order_book", "fetch_trades"))
async def book_and_trades(stage: Stage) -> str:
    book = await stage.rest.fetch_order_book(BTC, 5)
    trades = await stage.rest.fetch_trades(BTC)
    expect(book["bids"][0][0] < book["asks"][0][0])
    times = [each["timestamp"] for each in trades]
    expect(trades and times == sorted(times) and {each["side"] for each in trades} <= {"buy", "sell"})
    return f"{len(book['bids'])} bids, {len(trades)} trades"


@CASES.case("candles of every timeframe", *method("fetch_ohlcv"))
async def candles(stage: Stage) -> str:
    frames = list(stage.plain.timeframes)
    for frame in frames:
        for kind in ("", "mark", "index"):
            rows = await stage.rest.fetch_ohlcv(BTC, frame, None, 3, {"price": kind} if kind else {})
            expect(rows and all(low <= min(first, last) for _, first, _, low, last, _ in rows), f"{frame} {kind}")
    return f"{len(frames)} timeframes, three prices"


@CASES.case("funding rates", *method("fetch_funding_rate_history"))
async def funding_rates(stage: Stage) -> str:
    rows = await stage.rest.fetch_funding_rate_history(BTC, None, 10)
    expect(rows and all(each["timestamp"] % HOUR_MS == 0 for each in rows))
    return f"{len(rows)} rates, the last {rows[-1]['fundingRate']}"


@CASES.case("open interest by hours", *method("fetch_open_interest_history"))
async def open_interest(stage: Stage) -> str:
    rows = await stage.rest.fetch_open_interest_history(BTC, "1h")
    expect(rows and rows[-1]["openInterestAmount"] > 0)
    return f"{rows[-1]['openInterestAmount']} BTC"


@CASES.limited("open interest by days", "supports 1h and 1d timeframes only", *method("fetch_open_interest_history"))
async def open_interest_by_day(stage: Stage) -> None:
    """It looks for `P1D` among its own timeframes, where the day is called `PT24H`."""
    await stage.rest.fetch_open_interest_history(BTC, "1d")


@CASES.case("mark and index candles, and the book, by their other names", *OTHER_NAMES)
async def other_names(stage: Stage) -> str:
    mark = await stage.rest.fetch_mark_ohlcv(BTC, "1m", None, 2)
    index = await stage.rest.fetch_index_ohlcv(BTC, "1m", None, 2)
    book = await stage.rest.fetch_l2_order_book(BTC)
    expect(mark and index and book["bids"])
    return f"mark {mark[-1][4]}, index {index[-1][4]}"


# ── the account ──


@CASES.case("accounts", *method("fetch_account", "fetch_accounts", "fetch_extended_account"))
async def accounts(stage: Stage) -> str:
    mine = await stage.rest.fetch_account()
    every = await stage.rest.fetch_accounts()
    expect(mine["id"] == str(stage.first_line["accounts"][0]["account_id"]) and mine["id"] in [each["id"] for each in every])
    expect((await stage.rest.fetch_extended_account())["l2Vault"] == str(stage.first_line["accounts"][0]["vault"]))
    return f"{len(every)} accounts"


@CASES.case("balance", *method("fetch_balance"))
async def balance(stage: Stage) -> str:
    found = await stage.rest.fetch_balance()
    expect(found["info"] == [], "ccxt reads spot balances; nobody holds spot assets here")
    return "no spot assets"


@CASES.case("positions, held and closed", *method("fetch_position", "fetch_positions", "fetch_positions_history"))
async def positions(stage: Stage) -> str:
    await stage.take("sell", 0.03)
    await stage.take("buy", 0.02)
    one = await stage.rest.fetch_position(BTC)
    every = await stage.rest.fetch_positions([BTC])
    past = await stage.rest.fetch_positions_history([BTC])
    expect(
        [each["symbol"] for each in every] == [BTC] and (one["side"], float(one["contracts"])) == ("long", 0.01), one["contracts"]
    )
    expect(len(past) >= 2 and len({each["id"] for each in past}) == len(past))
    return f"{one['contracts']} at {one['entryPrice']}, {len(past)} in the history"


@CASES.case("own trades and funding payments", *method("fetch_my_trades", "fetch_funding_history"))
async def own_history(stage: Stage) -> str:
    trades = await stage.rest.fetch_my_trades(BTC, None, 100)
    paid = await stage.rest.fetch_funding_history(BTC)
    expect(trades and all(abs(each["cost"] - each["price"] * each["amount"]) < 1e-6 for each in trades))
    expect(paid and all(each["timestamp"] % HOUR_MS == 0 for each in paid))
    return f"{len(trades)} trades, {len(paid)} payments, the last {paid[-1]['amount']}"


@CASES.case("leverage: read, change, read again", *method("fetch_leverage", "set_leverage"))
async def leverage(stage: Stage) -> str:
    before = (await stage.rest.fetch_leverage(BTC))["longLeverage"]
    await stage.rest.set_leverage(7, BTC)
    after = (await stage.rest.fetch_leverage(BTC))["longLeverage"]
    await stage.rest.set_leverage(int(before), BTC)
    expect(after == 7)
    return f"{before} → {after} → {before}"


@CASES.case("fees", *method("fetch_trading_fee", "fetch_trading_fees"))
async def fees(stage: Stage) -> str:
    one, every = await stage.rest.fetch_trading_fee(BTC), await stage.rest.fetch_trading_fees()
    expect(every[BTC]["taker"] == one["taker"] == 0.00025)
    return f"maker {one['maker']}, taker {one['taker']}"


MONEY = method("fetch_ledger", "fetch_transactions", "fetch_deposits", "fetch_withdrawals", "fetch_transfers")


@CASES.case("money movements, after a claim on the testnet", *MONEY)
async def money(stage: Stage) -> str:
    url = stage.first_line["rest"] + "/user/claim"
    headers = {"X-Api-Key": stage.plain.apiKey, "Content-Type": "application/json", "User-Agent": "conformance"}
    await stage.plain.fetch(url, "POST", headers, "{}")  # ccxt has no method for it
    ledger = await stage.rest.fetch_ledger()
    every = await stage.rest.fetch_transactions()
    expect(len(ledger) == 1 and len(every) == 1 and ledger[0]["amount"] == 1000, ledger)
    empty = [await stage.rest.fetch_deposits(), await stage.rest.fetch_withdrawals(), await stage.rest.fetch_transfers()]
    expect(empty == [[], [], []], empty)
    return f"{ledger[0]['amount']} {ledger[0]['currency']}"


@CASES.refused("withdrawal", NOT_OFFERED, *method("withdraw"))
async def withdraw(stage: Stage) -> None:
    await stage.rest.withdraw("USDC", 5, "0x" + "5" * 63)


@CASES.refused("transfer", NOT_OFFERED, *method("transfer"))
async def transfer(stage: Stage) -> None:
    target = stage.first_line["accounts"][1]
    to = {"toVault": str(target["vault"]), "toL2Key": target["public_key"]}
    await stage.rest.transfer("USDC", 5, None, str(target["account_id"]), to)


# ── orders ──


@CASES.case("create, and find by either id", *method("create_order", "fetch_order", "fetch_open_orders", "fetch_orders"))
async def create(stage: Stage) -> str:
    price = round(await stage.price()) - 400
    made = await stage.rest.create_order(BTC, "limit", "buy", 0.001, price, {"postOnly": True, "clientOrderId": "ccxt-1"})
    await stage.sees(made["id"], "open")
    by_id = await stage.rest.fetch_order(made["id"], BTC)
    by_name = await stage.rest.fetch_order(None, BTC, {"clientOrderId": "ccxt-1"})
    listed = await stage.rest.fetch_open_orders(BTC)
    every = await stage.rest.fetch_orders(BTC, None, 5)
    expect(by_id["id"] == by_name["id"] == made["id"] and made["id"] in [each["id"] for each in [*listed]])
    expect((by_id["price"], by_id["amount"], by_id["postOnly"]) == (price, 0.001, True) and len(every) > 1)
    return f"order {made['id']}"


@CASES.case("edit, and cancel by either id", *method("edit_order", "cancel_order", "fetch_canceled_orders"))
async def edit(stage: Stage) -> str:
    first = await stage.plain.fetch_order(None, BTC, {"clientOrderId": "ccxt-1"})
    second = await stage.rest.edit_order(first["id"], BTC, "limit", "buy", 0.002, first["price"] - 10)
    await stage.sees(second["id"], "open")
    await stage.sees(first["id"], "canceled")
    await stage.rest.cancel_order(second["id"], BTC)
    third = await stage.rest_order(clientOrderId="ccxt-3")
    await stage.rest.cancel_order(None, BTC, {"clientOrderId": "ccxt-3"})
    await stage.sees(third["id"], "canceled")
    gone = {each["id"] for each in await stage.rest.fetch_canceled_orders(BTC)}
    expect({first["id"], second["id"], third["id"]} <= gone)
    return f"{first['id']} → {second['id']}"


@CASES.case("cancel several, cancel all", *method("cancel_orders", "cancel_all_orders"))
async def cancel_many(stage: Stage) -> str:
    several = [await stage.rest_order(below=500 + each) for each in range(3)]
    await stage.rest.cancel_orders([several[0]["id"]], BTC, {"clientOrderIds": [several[1]["clientOrderId"]]})
    await stage.sees(several[1]["id"], "canceled")
    await stage.sees(several[0]["id"], "canceled")
    await stage.rest.cancel_all_orders(BTC)
    await stage.sees(several[2]["id"], "canceled")
    return f"{len(several)} orders"


@CASES.case("filled orders", *method("create_order", "fetch_closed_orders"))
async def filled(stage: Stage) -> str:
    price = round(await stage.price()) + 300
    made = await stage.rest.create_order(BTC, "market", "buy", 0.002, price)
    done = await stage.sees(made["id"], "closed")
    expect((done["type"], done["filled"]) == ("market", 0.002) and done["average"] < price)
    expect(made["id"] in {each["id"] for each in await stage.rest.fetch_closed_orders(BTC)})
    return f"at {done['average']}"


@CASES.case("the dead-man's switch fires", *method("cancel_all_orders_after"))
async def dead_man(stage: Stage) -> str:
    made = await stage.rest_order()
    await stage.rest.cancel_all_orders_after(60_000)
    await stage.rest.cancel_all_orders_after(0)
    await stage.rest.cancel_all_orders_after(1_000)
    await stage.sees(made["id"], "canceled")
    return "armed, disarmed, armed, fired"


@CASES.case("orders that wait for a price", *method("create_order"))
async def waiting(stage: Stage) -> str:
    price = round(await stage.price())
    above = {"triggerPrice": price + 800, "triggerDirection": "up"}
    conditional = await stage.rest.create_order(BTC, "limit", "buy", 0.001, price + 900, above)
    stop = await stage.rest.create_order(BTC, "limit", "sell", 0.001, price - 900, {"stopLossPrice": price - 800})
    legs = {"takeProfit": {"triggerPrice": price + 800, "price": price + 700, "type": "LIMIT"},
            "stopLoss": {"triggerPrice": price - 1200, "price": price - 1300, "type": "MARKET"}}  # fmt: skip
    attached = await stage.rest.create_order(BTC, "limit", "buy", 0.001, price - 900, legs)
    seen = [await stage.sees(each["id"], "open") for each in (conditional, stop, attached)]
    kinds = [each["info"]["status"] for each in seen]
    expect(kinds == ["UNTRIGGERED", "UNTRIGGERED", "NEW"], kinds)
    await stage.plain.cancel_all_orders(BTC)
    await stage.sees(attached["id"], "canceled")
    return ", ".join(kinds)


@CASES.case("limit and market orders by their other names", *method("create_limit_order", "create_market_order"))
async def other_orders(stage: Stage) -> str:
    price = round(await stage.price())
    resting = await stage.rest.create_limit_order(BTC, "buy", 0.001, price - 600)
    taken = await stage.rest.create_market_order(BTC, "sell", 0.001, price - 300)
    await stage.sees(taken["id"], "closed")
    await stage.plain.cancel_order(resting["id"])
    return f"order {taken['id']}"


@CASES.limited("a market order without a price", "requires a price argument", *method("create_order"))
async def market_without_price(stage: Stage) -> None:
    await stage.rest.create_order(BTC, "market", "buy", 0.001)


@CASES.refused("an order without enough money", "InsufficientFunds", *method("create_order"))
async def too_large(stage: Stage) -> None:
    await stage.rest.create_order(BTC, "limit", "buy", 20, round(await stage.price()) - 100)


@CASES.refused("an unknown order", '"code":404', *method("fetch_order"))
async def unknown_order(stage: Stage) -> None:
    await stage.rest.fetch_order("1", BTC)


@CASES.case("an order request of its own making", *method("create_extended_order_request"))
async def request(stage: Stage) -> str:
    made = await stage.rest.create_extended_order_request(BTC, "limit", "buy", 0.001, 80_000)
    expect("builderFee" not in made["request"], "the builder fee is off")
    return "no builder fee"
