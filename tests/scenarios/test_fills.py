"""Faults of fills and positions: told twice, told differently, told never, and positions that disagree."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec
from aiohttp import web

from bot.core.mode import BotState
from bot.core.orders import Status
from simulator.inprocess import Handler, Meddler
from simulator.inprocess_trouble import account_frame, refuse, silence, twice
from simulator.matching import Side
from simulator.refusals import Code
from tests.support.virtual_world import VirtualBot, World

ONE = Decimal("0.01")


def retold(change: Callable[[list[dict[str, Any]]], None]) -> Meddler:
    """Answer what the exchange answers, with its records changed."""

    async def act(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        assert isinstance(response, web.Response)
        assert isinstance(response.body, bytes)
        content = msgspec.json.decode(response.body)
        change(content["data"])
        return web.Response(body=msgspec.json.encode(content), content_type="application/json")

    return act


def last_trade(world: World, **changes: object) -> dict[str, object]:
    """Return the account's newest fill as a wire record, changed."""
    trade = world.exchange.fills_of(world.account)[-1].trade
    return {**msgspec.to_builtins(trade), **changes}


def booked(bot: VirtualBot, trade_id: int) -> Any:
    return bot.engine.account.fills.get(trade_id)


def test_f040_a_fill_that_is_told_twice_counts_once() -> None:
    with World(seed=40) as world:
        bot = world.quoting_bot()
        told = world.exchange.meddle_with_streams(account_frame("TRADE"), twice(delay_s=0.3))
        world.hit("BUY", 300)
        world.run_for(8)
        world.hit("SELL")
        world.run_for(8)

        assert told.struck == 2
        assert bot.position == world.true_position() == Decimal("-0.007")
        assert bot.engine.counters.fills == 2


def test_f041_the_same_trade_id_with_another_size_keeps_the_first_and_says_so() -> None:
    with World(seed=41) as world:
        bot = world.quoting_bot()
        world.hit("BUY", 300)
        world.run_for(0.5)
        world.exchange.tell(world.account, "TRADE", {"trades": [last_trade(world, qty="0.009")]})
        world.run_for(0.5)

        assert bot.position == world.true_position() == Decimal("0.003")
        assert bot.said("fill_contradicts"), "an alarm for a person"


def test_f042_one_fill_from_stream_and_rest_in_other_words_counts_once() -> None:
    with World(seed=42) as world:
        bot = world.quoting_bot()

        def reword(records: list[dict[str, Any]]) -> None:
            for record in records:
                record["qty"] = f"{Decimal(record['qty']):.12f}"
                record["price"] = f"{Decimal(record['price']):.6f}"

        world.exchange.meddle("trades", retold(reword))
        late = world.exchange.meddle_with_streams(account_frame("TRADE"), lambda _key, frame: [(12.0, frame)])
        world.hit("BUY")
        world.run_for(25)

        assert late.struck == 1
        assert len(bot.engine.account.fills) == 1
        assert bot.position == world.true_position() == ONE


def test_f043_a_filled_quantity_beyond_the_known_fills_is_counted_and_its_trades_are_fetched() -> None:
    with World(seed=43) as world:
        bot = world.quoting_bot(max_position="0.012")
        bid = world.resting("BUY")[0]
        world.exchange.meddle_with_streams(account_frame("TRADE"), silence())
        world.exchange.meddle_with_streams(account_frame("POSITION"), silence())
        world.hit("BUY", 900)
        world.run_for(0.1)
        order = bot.engine.orders.get(bid.external_id)

        assert order is not None
        assert order.filled == 900, "the larger number counts"
        world.until(lambda: bot.position == Decimal("0.009"), 12, "the trades are fetched")


def test_f044_a_filled_quantity_that_goes_backwards_is_not_believed() -> None:
    with World(seed=44) as world:
        bot = world.quoting_bot()
        bid = world.resting("BUY")[0]
        world.exchange.meddle("cancel edit create", refuse(Code.RATE_LIMITED))
        world.hit("BUY", 900)
        world.run_for(0.2)
        record = msgspec.to_builtins(world.exchange.venue.order_record(bid))
        world.exchange.tell(world.account, "ORDER", {"orders": [{**record, "filledQty": "0.001", "updatedTime": world.clock_ms}]})
        world.run_for(0.2)
        order = bot.engine.orders.get(bid.external_id)

        assert order is not None
        assert order.filled == 900


def test_f045_more_filled_than_ordered_is_booked_alarms_and_only_reduces_until_it_is_settled() -> None:
    with World(seed=45) as world:
        bot = world.quoting_bot()
        world.checks.allow("I5", "the test invents a fill")
        world.checks.allow("I1", "the exchange's position does not know it")
        bid = world.resting("BUY")[0]
        world.hit("BUY")
        world.run_for(0.2)
        world.exchange.tell(world.account, "TRADE", {"trades": [last_trade(world, id=99, qty="0.004")]})
        world.run_for(0.1)
        order = bot.engine.orders.get(bid.external_id)

        assert bot.position == Decimal("0.014"), "it is booked: it may be real"
        assert order is not None
        assert order.filled == 1_400
        assert bot.said("overfilled"), "an alarm for a person"
        assert bot.state is BotState.REDUCING
        began_s = world.now_s
        world.run_for(3)
        assert not [each for each in world.requests("create", "edit", since_s=began_s) if each.body["side"] == "BUY"]
        world.until(lambda: bot.position == world.true_position(), 30, "the exchange's position is taken")
        world.until(lambda: bot.state is BotState.RUNNING, 30, "settled")


def test_f046_a_filled_order_whose_trades_never_arrive_is_settled_by_the_exchanges_position() -> None:
    with World(seed=46) as world:
        bot = world.quoting_bot()
        world.checks.allow("I5", "the fill is kept from the bot for good")
        world.exchange.meddle_with_streams(account_frame("TRADE"), silence())
        world.exchange.meddle("trades", retold(list.clear))
        world.hit("BUY")
        world.run_for(30)

        assert bot.position == world.true_position() == ONE
        assert bot.said("position_adopted")


def test_f047_fills_missed_while_disconnected_are_booked_before_anything_is_quoted() -> None:
    with World(seed=47) as world:
        bot = world.quoting_bot()
        world.net.cut_off(bot.program)
        world.run_for(1)
        world.hit("BUY")
        world.hit("SELL", 300)
        world.run_for(14)  # the exchange has given up the streams by now
        returned_s, before = world.now_s, {order.client_order_id for order in bot.live()}

        def created() -> list[Any]:
            """Return what was decided after the return; what the wires had kept is no decision."""
            return [each for each in world.requests("create", "edit", since_s=returned_s) if each.body["id"] not in before]

        world.net.reset_all(bot.program)
        world.net.reconnect(bot.program)
        world.until(created, 20)
        created_ms = created()[0].ms

        assert bot.position == world.true_position() == Decimal("0.007")
        answered = [each for each in world.requests("trades", "positions", since_s=returned_s) if each.ms <= created_ms]
        assert {each.kind for each in answered} == {"trades", "positions"}


def test_f048_a_fill_of_an_order_that_nobody_here_knows_is_booked_to_the_position() -> None:
    with World(seed=48) as world:
        bot = world.quoting_bot()
        world.foreign_order("BUY", 86_195, lots=500)
        world.run_for(0.5)
        world.exchange.venue.house_take("BTC-USD", Side.SELL, 86_195, 500)
        world.kick()
        world.run_for(3)

        assert bot.position == world.true_position() == Decimal("0.005")


def test_f053_a_position_that_differs_for_long_is_taken_from_the_exchange_and_only_reduced_meanwhile() -> None:
    with World(seed=53) as world:
        bot = world.quoting_bot()
        world.checks.allow("I5", "the fill is kept from the bot for good")
        world.exchange.meddle_with_streams(account_frame("TRADE"), silence())
        world.exchange.meddle_with_streams(account_frame("ORDER", status="FILLED"), silence())
        world.exchange.meddle("trades", retold(list.clear))
        world.hit("BUY")
        world.until(lambda: bot.state is BotState.REDUCING, 12, "the difference is noticed")
        noticed_s = world.now_s
        world.until(lambda: bot.said("position_adopted"), 30)

        assert bot.position == world.true_position() == ONE
        grown = [each for each in world.requests("create", "edit", since_s=noticed_s) if each.body["side"] == "BUY"]
        assert not [each for each in grown if bot.state is BotState.REDUCING]
        assert list(world.requests("trades", since_s=noticed_s - 0.05)), "the trades are asked for"
        world.until(lambda: bot.state is BotState.RUNNING, 30)


def test_f054_a_position_that_cannot_be_read_is_not_flat() -> None:
    with World(seed=54) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(12)
        world.exchange.meddle("positions", refuse(Code.INTERNAL))
        world.run_for(60)

        assert bot.position == world.true_position() == ONE
        assert not bot.said("position_adopted")


def test_f055_a_list_of_positions_that_lacks_one_while_a_fill_is_on_its_way_flattens_nothing() -> None:
    with World(seed=55) as world:
        bot = world.quoting_bot()
        world.hit("BUY")
        world.run_for(11)
        world.exchange.meddle("positions", retold(list.clear), times=1)
        world.until(lambda: world.requests("positions", since_s=10), 15)
        world.hit("BUY", 200)
        world.run_for(4)

        assert bot.position == world.true_position() == Decimal("0.012")
        assert bot.engine.orders.get(world.orders()[0].external_id).status is Status.FILLED
        assert not bot.said("position_adopted")
