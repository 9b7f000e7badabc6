"""The SDK's REST clients that read: markets, account, money movements."""

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import get_args

from x10.models.asset import AssetOperationStatus, AssetOperationType, AssetType
from x10.models.candle import CandleInterval, CandleType
from x10.models.order import OrderSide, OrderSortBy, OrderType
from x10.models.position import PositionSide
from x10.models.trade import TradeType

from proofs.conformance.cases import Cases, expect
from proofs.conformance.sdk_stage import BTC, D, Stage

CASES = Cases()
NOT_OFFERED = '"code":1009'


# ── markets ──


@CASES.case("settings", "InfoModule.get_settings")
async def settings(stage: Stage) -> str:
    found = (await stage.info.get_settings()).data
    return f"contract {found.stark_ex_contract_address[:10]}…"


@CASES.case("assets, all and by type", "InfoModule.get_assets", "InfoModule.get_assets_dict")
async def assets(stage: Stage) -> str:
    every = await stage.info.get_assets_dict()
    perpetual = (await stage.info.get_assets(asset_type=AssetType.PERPETUAL)).data
    spot = (await stage.info.get_assets(asset_type=AssetType.SPOT)).data
    expect(every["USD"].starkex_resolution == 10**6 and every["USD"].is_collateral)
    expect(len(perpetual) + len(spot) == len(every) and {"BTC", "ETH"} <= {each.name for each in perpetual})
    return f"{len(every)} assets"


@CASES.case("price of the collateral and of the vault's share", "InfoModule.get_asset_price")
async def asset_price(stage: Stage) -> str:
    expect((await stage.info.get_asset_price(asset_name="USD")).data == 1)
    share = (await stage.info.get_asset_price(asset_name=stage.config.endpoints.vault_asset_name)).data
    expect(share > 0)
    return f"share {share}"


@CASES.case("markets, all and some (repeated key)", "InfoModule.get_markets", "InfoModule.get_markets_dict")
async def markets(stage: Stage) -> str:
    every = await stage.info.get_markets_dict()
    two = (await stage.info.get_markets(market_names=[BTC, "ETH-USD"])).data
    expect([each.name for each in two] == [BTC, "ETH-USD"])
    config = every[BTC].trading_config
    expect(config.max_leverage == 50 and config.max_position_value_for_leverage(D(50)) == 4_000_000)
    return f"{len(every)} markets"


@CASES.case("statistics and book", "InfoModule.get_market_statistics", "InfoModule.get_orderbook_snapshot")
async def statistics_and_book(stage: Stage) -> str:
    stats = (await stage.info.get_market_statistics(market_name=BTC)).data
    book = (await stage.info.get_orderbook_snapshot(market_name=BTC)).data
    expect(stats.bid_price < stats.ask_price and stats.daily_low <= stats.last_price <= stats.daily_high)
    expect(stats.next_funding_rate % 3_600_000 == 0, "the next funding time is a full hour")
    bids, asks = [each.price for each in book.bid], [each.price for each in book.ask]
    expect(book.market == BTC and bids == sorted(bids, reverse=True) and asks == sorted(asks) and bids[0] < asks[0])
    return f"{len(bids)} bids, {len(asks)} asks"


@CASES.refused("statistics of BTC-PERP", '"code":1001', "InfoModule.get_market_statistics")
async def unknown_market(stage: Stage) -> None:
    await stage.info.get_market_statistics(market_name="BTC-PERP")


@CASES.case("candles: every type and interval, a limit, an end", "InfoModule.get_candles_history")
async def candles(stage: Stage) -> str:
    kinds, intervals = get_args(CandleType), get_args(CandleInterval)
    for kind, interval in product(kinds, intervals):
        asked = {"market_name": BTC, "candle_type": kind, "interval": interval, "limit": 3}
        found = (await stage.info.get_candles_history(**asked)).data
        expect(found and all(each.low <= min(each.open, each.close) <= each.high for each in found), f"{kind} {interval}")
        starts = [each.timestamp for each in found]
        expect(starts == sorted(starts, reverse=True), "newest first")
        expect((found[0].volume is not None) == (kind == "trades"), "volume on trades only")
    end = datetime.now(UTC) - timedelta(minutes=2)
    minutes = {"market_name": BTC, "candle_type": "trades", "interval": "PT1M", "limit": 5}
    older = (await stage.info.get_candles_history(**minutes, end_time=end)).data
    expect(older, "there were trades before the jump of the clock")
    expect(all(each.timestamp <= end.timestamp() * 1000 for each in older))
    return f"{len(kinds)} types, {len(intervals)} intervals"


@CASES.case("applied funding rates", "InfoModule.get_funding_rates_history")
async def funding_rates(stage: Stage) -> str:
    now = datetime.now(UTC)
    found = (await stage.info.get_funding_rates_history(market_name=BTC, start_time=now - timedelta(hours=3), end_time=now)).data
    expect(found and all(each.market == BTC and each.timestamp % 3_600_000 == 0 for each in found))
    return f"{len(found)} rates, the last {found[0].funding_rate}"


# ── the account ──


@CASES.case("wallet, accounts, account", "AccountModule.get_client", "AccountModule.get_accounts", "AccountModule.get_account")
async def who(stage: Stage) -> str:
    client = (await stage.account.get_client()).data
    accounts = (await stage.account.get_accounts()).data
    mine = (await stage.account.get_account()).data
    expect(mine.l2_vault == stage.keys(0).vault and int(mine.l2_key, 16) == stage.keys(0).public_key)
    expect(mine.id in [each.id for each in accounts] and client.starknet_wallet_address)
    return f"{len(accounts)} accounts"


@CASES.case("balance and spot balances", "AccountModule.get_balance", "AccountModule.get_spot_balances")
async def balance(stage: Stage) -> str:
    found = (await stage.account.get_balance()).data
    cent = D("0.00001")  # the parts are rounded one by one
    expect(abs(found.equity - found.balance - found.unrealised_pnl) < cent, found)
    expect(abs(found.available_for_trade - found.equity + found.initial_margin) < cent, found)
    expect((await stage.account.get_spot_balances()).data == [])
    return f"equity {found.equity}"


@CASES.case("positions, filtered by market and side", "AccountModule.get_positions")
async def positions(stage: Stage) -> str:
    held = (await stage.account.get_positions()).data
    expect([(each.market, each.side) for each in held] == [(BTC, "LONG")])
    expect(abs(held[0].value - held[0].size * held[0].mark_price) < D("0.001"))
    long = (await stage.account.get_positions(market_names=[BTC, "SOL-USD"], position_side=PositionSide.LONG)).data
    short = (await stage.account.get_positions(position_side=PositionSide.SHORT)).data
    expect(len(long) == 1 and short == [])
    return f"{held[0].size} at {held[0].open_price}"


@CASES.case("history of positions, by pages", "AccountModule.get_positions_history")
async def positions_history(stage: Stage) -> str:
    await stage.take(OrderSide.SELL, size="0.03")  # turns the position round: one closed, one open
    await stage.take(OrderSide.BUY, size="0.02")
    first = await stage.account.get_positions_history(market_names=[BTC], limit=1)
    rest = await stage.account.get_positions_history(cursor=first.pagination.cursor, limit=10)
    rows = [*first.data, *rest.data]
    expect(first.pagination.count == 1 and len({each.id for each in rows}) == len(rows) >= 2)
    closed = [each for each in rows if each.closed_time]
    parts = [each.realised_pnl_breakdown for each in closed]
    sums = [each.trade_pnl + each.funding_fees + each.open_fees + each.close_fees for each in parts]
    expect(sums == [each.realised_pnl for each in closed], f"parts {sums} make the whole")
    expect(any(each.realised_pnl_breakdown.funding_fees for each in rows), "the hour's funding is in the position")
    only = (await stage.account.get_positions_history(position_side=PositionSide.SHORT)).data
    expect(only and {each.side for each in only} == {"SHORT"})
    return f"{len(rows)} positions, {len(closed)} closed"


@CASES.case("own trades, filtered and by pages", "AccountModule.get_trades")
async def trades(stage: Stage) -> str:
    every = (await stage.account.get_trades(market_names=[BTC], trade_type=TradeType.TRADE)).data
    sells = (await stage.account.get_trades(trade_side=OrderSide.SELL)).data
    first = await stage.account.get_trades(limit=1)
    rest = await stage.account.get_trades(cursor=first.pagination.cursor)
    expect([each.id for each in [*first.data, *rest.data]] == [each.id for each in every])
    expect(sells and {each.side for each in sells} == {"SELL"})
    expect(all(each.value == each.price * each.qty and each.is_taker and each.fee > 0 for each in every))
    expect((await stage.account.get_trades(trade_type=TradeType.LIQUIDATION)).data == [])
    return f"{len(every)} trades"


@CASES.case("fees", "AccountModule.get_fees")
async def fees(stage: Stage) -> str:
    found = (await stage.account.get_fees(market_names=[BTC, "ETH-USD"], builder_id=1)).data
    expect([each.market for each in found] == [BTC, "ETH-USD"])
    return f"maker {found[0].maker_fee_rate}, taker {found[0].taker_fee_rate}"


@CASES.case("leverage: read, change, read again", "AccountModule.get_leverage", "AccountModule.update_leverage")
async def leverage(stage: Stage) -> str:
    before = (await stage.account.get_leverage(market_names=[BTC])).data[0].leverage
    expect((await stage.account.update_leverage(BTC, D(7))).status == "OK")
    after = (await stage.account.get_leverage(market_names=[BTC])).data[0].leverage
    expect(after == 7 and (await stage.account.get_positions()).data[0].leverage == 7)
    await stage.account.update_leverage(BTC, before)
    return f"{before} → {after} → {before}; {len((await stage.account.get_leverage()).data)} markets"


@CASES.refused("leverage beyond the market's", '"code":1050', "AccountModule.update_leverage")
async def too_much_leverage(stage: Stage) -> None:
    await stage.account.update_leverage(BTC, D(51))


@CASES.case("history of orders: filters, pages, both sorts", "AccountModule.get_orders_history")
async def orders_history(stage: Stage) -> str:
    every = await stage.account.get_orders_history(market_names=[BTC], order_type=OrderType.LIMIT, sort=OrderSortBy.ID)
    ids = [each.id for each in every.data]
    expect(ids == sorted(ids, reverse=True) and every.pagination.count == len(ids))
    first = await stage.account.get_orders_history(limit=2)
    rest = await stage.account.get_orders_history(cursor=first.pagination.cursor, limit=1_000)
    expect([each.id for each in [*first.data, *rest.data]] == ids)
    changed = (await stage.account.get_orders_history(order_side=OrderSide.BUY, sort=OrderSortBy.UPDATED_AT)).data
    times = [each.updated_time for each in changed]
    expect(times == sorted(times, reverse=True) and {each.side for each in changed} == {"BUY"})
    some = await stage.account.get_orders_history(order_side=OrderSide.BUY, sort=OrderSortBy.UPDATED_AT, limit=1)
    more = await stage.account.get_orders_history(
        order_side=OrderSide.BUY, sort=OrderSortBy.UPDATED_AT, cursor=some.pagination.cursor
    )
    expect([each.id for each in [*some.data, *more.data]] == [each.id for each in changed])
    return f"{len(ids)} orders"


# ── money ──


CLAIM = "TestnetModule.claim_testing_funds"


@CASES.case("claim testing funds; it is among the operations", CLAIM, "AccountModule.asset_operations")
async def claim(stage: Stage) -> str:
    before = (await stage.plain.account.get_balance()).data.balance
    claimed = (await stage.testnet.claim_testing_funds()).data
    found = (
        await stage.account.asset_operations(
            id=claimed.id,
            operations_type=[AssetOperationType.CLAIM, AssetOperationType.DEPOSIT],
            operations_status=[AssetOperationStatus.COMPLETED],
            start_time=0,
            limit=50,
        )
    ).data
    expect([(each.id, each.amount) for each in found] == [(str(claimed.id), D(1000))])
    expect((await stage.plain.account.get_balance()).data.balance - before == 1000)
    expect((await stage.account.asset_operations(operations_type=[AssetOperationType.TRANSFER])).data == [])
    return "1000 USD"


@CASES.refused("a second claim within the hour", NOT_OFFERED, CLAIM)
async def claim_again(stage: Stage) -> None:
    await stage.testnet.claim_testing_funds()


@CASES.refused("configuration of the bridge", NOT_OFFERED, "AccountModule.get_bridge_config")
async def bridge_config(stage: Stage) -> None:
    found = await stage.account.get_bridge_config()
    raise AssertionError(found.model_dump_json())


@CASES.refused("quote of the bridge", NOT_OFFERED, "AccountModule.get_bridge_quote")
async def bridge_quote(stage: Stage) -> None:
    await stage.account.get_bridge_quote("ARB", "STRK", D(10))


@CASES.refused("commit a quote of the bridge", NOT_OFFERED, "AccountModule.commit_bridge_quote")
async def bridge_commit(stage: Stage) -> None:
    await stage.account.commit_bridge_quote("1")


@CASES.refused("transfer to another account", NOT_OFFERED, "AccountModule.transfer")
async def transfer(stage: Stage) -> None:
    asset = (await stage.plain.info.get_assets_dict())["USD"].to_settlement_asset()
    target = stage.keys(1)
    await stage.account.transfer(to_vault=target.vault, to_l2_public_key=target.public_key, amount=D(5), asset=asset)


@CASES.refused("withdrawal", NOT_OFFERED, "AccountModule.withdraw")
async def withdraw(stage: Stage) -> None:
    asset = (await stage.plain.info.get_assets_dict())["USD"].to_settlement_asset()
    await stage.account.withdraw(D(5), asset)


@CASES.case("shares of the vault", "VaultModule.get_vault_share_balance")
async def shares(stage: Stage) -> str:
    found = await stage.vault.get_vault_share_balance()
    expect(found == 0)
    return "none"


@CASES.refused("deposit to the vault", NOT_OFFERED, "VaultModule.deposit_to_vault")
async def vault_deposit(stage: Stage) -> None:
    await stage.vault.deposit_to_vault(collateral_amount=D(10))


@CASES.refused("withdrawal from the vault", NOT_OFFERED, "VaultModule.withdraw_from_vault")
async def vault_withdrawal(stage: Stage) -> None:
    await stage.vault.withdraw_from_vault(shares_amount=D(10))


@CASES.case("trades of a builder", "BuilderModule.get_trades")
async def builder_trades(stage: Stage) -> str:
    found = await stage.builder.get_trades(limit=5)
    expect(found.data == [])
    return "none: no order names a builder"
