"""Trouble on demand: every kind strikes where it says, and nowhere else."""

import asyncio
from typing import Any

import aiohttp
import pytest

from simulator.faults import KINDS, REQUEST_KINDS, STREAM_KINDS


async def trouble(stand: Any, kind: str, **more: Any) -> None:
    status, answer = await stand.control("POST", "/faults", json={"kind": kind} | more)
    assert status == 200, answer


async def struck(stand: Any) -> dict[str, int]:
    _, listed = await stand.control("GET", "/faults")
    found: dict[str, int] = listed["struck"]
    return found


async def open_orders(stand: Any) -> list[dict[str, Any]]:
    _, listed = await stand.control("GET", f"/orders?open=true&account={stand.alice.account.account_id}")
    found: list[dict[str, Any]] = listed["orders"]
    return found


async def account_ear(stand: Any) -> Any:
    """Return Alice's account stream with its three opening frames heard."""
    ear = await stand.alice.listen("/account")
    for _ in range(3):
        await ear.hear()
    return ear


async def one_fill(stand: Any) -> None:
    """Alice buys what Bob sells."""
    assert (await stand.alice.place("BUY", 86_000))[0] == 200
    await asyncio.sleep(0.02)
    assert (await stand.bob.place("SELL", 86_000, postOnly=False))[0] == 200


async def hear_words(ear: Any, count: int) -> list[str]:
    return [(await ear.hear())["type"] for _ in range(count)]


# ── requests ──


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ({"kind": "refuse_with", "code": 1101}, 400, 1101),
        ({"kind": "refuse_with", "code": 4242, "status": 200}, 200, 4242),
        ({"kind": "refuse_with", "code": 401}, 401, 401),
        ({"kind": "rate_limited"}, 429, 429),
        ({"kind": "empty_body"}, 429, None),
        ({"kind": "empty_body", "status": 403}, 403, None),
        ({"kind": "bare_404"}, 404, None),
        ({"kind": "refuse_all"}, 503, 1010),
    ],
)
async def test_requests_are_refused_as_asked(stand: Any, fault: dict[str, Any], status: int, code: int | None) -> None:
    await trouble(stand, **fault, on="create", times=1)

    assert (await stand.alice.ask("GET", "/user/orders"))[0] == 200  # not what `on` names
    found, answer = await stand.alice.place("BUY", 86_000)

    assert (found, answer and answer["error"]["code"]) == (status, code)
    assert (await stand.alice.place("BUY", 86_000))[0] == 200


async def test_html_comes_with_any_status(stand: Any) -> None:
    await trouble(stand, "html_body", status=504, times=1)

    async with stand.alice.http.get(f"http://{stand.address}/api/v1/info/markets") as answer:
        assert (answer.status, answer.content_type) == (504, "text/html")
        assert "504 Gateway Timeout" in await answer.text()


async def test_a_late_answer_comes_after_the_order_is_told(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "late_answers", delay_ms=300, on="create", times=1)

    placing = asyncio.create_task(stand.alice.place("BUY", 86_000))
    frame = await ear.hear()

    assert (frame["data"]["orders"][0]["status"], placing.done()) == ("NEW", False)
    assert (await placing)[0] == 200


async def test_a_request_that_arrives_twice_is_answered_duplicate(stand: Any) -> None:
    await trouble(stand, "repeat_requests", on="create", times=1)

    status, answer = await stand.alice.place("BUY", 86_000)

    assert (status, answer["error"]["code"]) == (400, 1134)
    await asyncio.sleep(0.02)
    assert len(await open_orders(stand)) == 1


async def test_an_acknowledgement_may_be_all_that_happens(stand: Any) -> None:
    await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.02)
    await trouble(stand, "acknowledge_only", on="cancel", times=1)
    order = (await open_orders(stand))[0]

    assert (await stand.alice.ask("DELETE", f"/user/order/{order['id']}"))[0] == 200
    await asyncio.sleep(0.02)

    assert len(await open_orders(stand)) == 1


async def test_a_mass_cancel_may_spare_the_newest_order(stand: Any) -> None:
    for price in (86_000, 85_900, 85_800):
        await stand.alice.place("BUY", price)
    await asyncio.sleep(0.02)
    await trouble(stand, "spare_one", times=1)

    await stand.alice.ask("POST", "/user/order/massCancel", json={"cancelAll": True})
    await asyncio.sleep(0.02)

    assert [order["price"] for order in await open_orders(stand)] == ["85800"]


async def test_the_book_refuses_what_the_gateway_took(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "reject_in_book", reason="NOT_ENOUGH_FUNDS", market="BTC-USD", times=1)

    assert (await stand.alice.place("BUY", 86_000))[0] == 200

    order = (await ear.hear())["data"]["orders"][0]
    assert (order["status"], order["statusReason"]) == ("REJECTED", "NOT_ENOUGH_FUNDS")


async def test_answers_lie_about_lists_sizes_and_numbers(stand: Any) -> None:
    await one_fill(stand)
    await asyncio.sleep(0.02)
    truth = (await stand.alice.ask("GET", "/user/positions"))[1]["data"]

    for fault, seen in (
        ({"kind": "empty_lists"}, []),
        ({"kind": "wrong_sizes", "factor": "2"}, ["0.02000"]),
        ({"kind": "not_numbers"}, ["NaN"]),
    ):
        await trouble(stand, **fault, on="positions", times=1)
        answered = (await stand.alice.ask("GET", "/user/positions"))[1]["data"]
        assert [row["size"] for row in answered] == seen
    assert (await stand.alice.ask("GET", "/user/positions"))[1]["data"][0]["size"] == truth[0]["size"] == "0.01000"


async def test_a_wrong_cursor_repeats_the_page(stand: Any) -> None:
    for _ in range(3):
        await one_fill(stand)
        await asyncio.sleep(0.02)
    await trouble(stand, "wrong_cursor", on="trades", times=1)

    _, first = await stand.alice.ask("GET", "/user/trades?limit=2")
    _, second = await stand.alice.ask("GET", f"/user/trades?limit=2&cursor={first['pagination']['cursor']}")

    assert [row["id"] for row in second["data"]] == [row["id"] for row in first["data"]]


async def test_half_an_answer_is_no_json(stand: Any) -> None:
    await trouble(stand, "truncated_answers", on="market", times=1)

    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        await stand.alice.ask("GET", "/info/markets")


async def test_lists_of_orders_may_be_older_than_usual(stand: Any) -> None:
    await trouble(stand, "stale_reads", delay_ms=60_000)
    await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.05)

    assert (await stand.alice.ask("GET", "/user/orders"))[1]["data"] == []
    await stand.control("POST", "/faults", json={"clear_all": True})
    assert len((await stand.alice.ask("GET", "/user/orders"))[1]["data"]) == 1


# ── fills and orders on the account's stream ──


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("duplicate_fills", [(0, "0.01000"), (0, "0.01000")]),
        ("altered_fills", [(0, "0.01000"), (0, "0.02000")]),
        ("renamed_fills", [(0, "0.01000"), (1, "0.01000")]),
    ],
)
async def test_a_fill_is_told_again(stand: Any, kind: str, expected: list[tuple[int, str]]) -> None:
    ear = await account_ear(stand)
    await trouble(stand, kind)

    await one_fill(stand)
    trades = [(await ear.hear_until(lambda frame: frame["type"] == "TRADE"))["data"]["trades"][0] for _ in expected]

    assert [(trade["id"] - trades[0]["id"], trade["qty"]) for trade in trades] == expected


async def test_a_late_fill_comes_after_position_and_balance(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "late_fills", delay_ms=150, times=1)

    await one_fill(stand)

    assert await hear_words(ear, 5) == ["ORDER", "ORDER", "POSITION", "BALANCE", "TRADE"]


async def test_a_lost_fill_is_never_told_but_listed(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "lose_fills")

    await one_fill(stand)

    assert await hear_words(ear, 4) == ["ORDER", "ORDER", "POSITION", "BALANCE"]
    assert len((await stand.alice.ask("GET", "/user/trades"))[1]["data"]) == 1


async def test_account_frames_change_places_and_their_numbers_do_not(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "reorder_account", word="TRADE", times=1)

    await one_fill(stand)
    frames = [await ear.hear() for _ in range(5)]

    assert [frame["type"] for frame in frames] == ["ORDER", "ORDER", "POSITION", "TRADE", "BALANCE"]
    assert [frame["seq"] for frame in frames] == [4, 5, 6, 7, 8]


async def test_an_order_that_stands_is_said_to_be_cancelled(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "false_cancels", times=1)

    await stand.alice.place("BUY", 86_000)

    told = [(await ear.hear())["data"]["orders"][0]["status"] for _ in range(2)]
    assert told == ["NEW", "CANCELLED"]
    assert len(await open_orders(stand)) == 1


async def test_the_opening_picture_may_forget_the_orders(stand: Any) -> None:
    await stand.alice.place("BUY", 86_000)
    await asyncio.sleep(0.02)
    await trouble(stand, "forgetful_opening", times=1)

    ear = await stand.alice.listen("/account")

    assert (await ear.hear())["data"]["orders"] == []


# ── frames ──


async def test_frames_may_come_out_of_order_with_their_numbers(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "reorder", stream="account", times=1)

    await one_fill(stand)

    assert [(await ear.hear())["seq"] for _ in range(3)] == [5, 4, 6]


async def test_each_frame_may_be_on_its_way_for_a_while(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "delay_frames", delay_ms=200, stream="account", times=1)

    began = asyncio.get_running_loop().time()
    await one_fill(stand)
    frames = [await ear.hear() for _ in range(3)]

    assert asyncio.get_running_loop().time() - began >= 0.2
    assert [frame["seq"] for frame in frames] == [4, 5, 6]


async def test_a_word_of_one_stream_may_stop(stand: Any) -> None:
    ear = await account_ear(stand)
    await trouble(stand, "mute_frames", stream="account", word="BALANCE")

    await one_fill(stand)

    assert await hear_words(ear, 4) == ["ORDER", "ORDER", "TRADE", "POSITION"]


async def test_prices_books_and_times_may_be_wrong(stand: Any) -> None:
    marks = await stand.alice.listen("/prices/mark/BTC-USD")
    books = await stand.alice.listen("/orderbooks/BTC-USD")
    opening = await marks.hear()
    await books.hear()
    for fault in (
        {"kind": "bad_prices", "factor": "10", "stream": "mark"},
        {"kind": "clock_step", "step_ms": -60_000, "stream": "mark"},
        {"kind": "crossed_book", "times": 1},
    ):
        await trouble(stand, **fault)

    await stand.alice.place("BUY", 86_000)
    mark, delta = await marks.hear(), await books.hear()

    assert float(mark["data"]["p"]) == 10 * float(opening["data"]["p"])
    assert mark["ts"] < opening["ts"] - 50_000
    assert delta["data"]["b"][0]["p"] == "172000"

    await trouble(stand, "broken_deltas", times=1)
    await stand.alice.place("BUY", 85_000)
    level = (await books.hear())["data"]["b"][0]
    assert (level["q"], "c" in level) == ("-1000000", False)


@pytest.mark.parametrize("form", ["truncated", "deep", "missing", "extra", "wrong_type", "not_a_number", "unknown"])
async def test_frames_may_be_rubbish(stand: Any, form: str) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")
    await ear.hear()
    await trouble(stand, "rubbish_frames", form=form, times=1)

    text = await asyncio.wait_for(ear.socket.recv(), 5)

    found = {
        "truncated": not text.endswith("}"),
        "deep": "[" * 1_000 in text,
        "missing": '"data"' not in text,
        "extra": '"nested"' in text,
        "wrong_type": '"words"' in text,
        "not_a_number": '"NaN"' in text,
        "unknown": '"NOVELTY"' in text,
    }
    assert found[form]
    assert (await ear.hear())["seq"] == 3


@pytest.mark.parametrize(("form", "why"), [("huge", 1009), ("not_utf8", 1007)])
async def test_some_rubbish_ends_the_connection(stand: Any, form: str, why: int) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")
    await ear.hear()
    await trouble(stand, "rubbish_frames", form=form, times=1)

    with pytest.raises(Exception, match=str(why)):
        await asyncio.wait_for(ear.socket.recv(), 5)

    assert (await (await stand.alice.listen("/prices/mark/BTC-USD")).hear())["seq"] == 1


async def test_sockets_may_be_closed_with_a_goodbye_or_cut_again_and_again(stand: Any) -> None:
    ear = await stand.alice.listen("/prices/mark/BTC-USD")
    await ear.hear()
    await trouble(stand, "close_streams")
    with pytest.raises(Exception, match="1000"):
        await asyncio.wait_for(ear.socket.recv(), 5)

    await trouble(stand, "disconnect_every", delay_ms=50)
    for _ in range(2):
        ear = await stand.alice.listen("/prices/index/BTC-USD")
        await ear.hear()
        with pytest.raises(Exception, match="no close frame"):
            await asyncio.wait_for(ear.socket.recv(), 5)
    await trouble(stand, "refuse_streams", status=429)
    with pytest.raises(Exception, match="429"):
        await stand.alice.listen("/prices/mark")


# ── in general ──


async def test_requests_and_answers_can_be_lost(stand: Any) -> None:
    for kind, happened in (("lose_requests", False), ("lose_answers", True)):
        before = len(await open_orders(stand))
        await trouble(stand, kind, on="create", times=1)
        with pytest.raises(aiohttp.ClientError):
            await stand.alice.place("BUY", 86_000)
        await asyncio.sleep(0.02)
        assert len(await open_orders(stand)) == before + happened


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "gap", "on": "create"}, {"kind": "refuse_all", "stream": "mark"}, {"kind": "refuse_with"},
        {"kind": "rubbish_frames", "form": "pretty"}, {"kind": "bad_prices"}, {"kind": "bad_prices", "factor": "NaN"},
        {"kind": "late_fills"}, {"kind": "reject_in_book", "reason": "MOOD"}, {"kind": "html_body", "status": 99},
        {"kind": "gap", "stream": "rumours"}, {"kind": "refuse_all", "on": "weekdays"}, {"kind": "clock_step", "step_ms": 10**9},
    ],
)  # fmt: skip
async def test_senseless_trouble_is_refused(stand: Any, fault: dict[str, Any]) -> None:
    status, answer = await stand.control("POST", "/faults", json=fault)

    assert (status, answer["status"]) == (400, "ERROR")
    assert (await stand.control("GET", "/faults"))[1]["active"] == []


def test_every_kind_is_either_of_requests_or_of_streams() -> None:
    assert not REQUEST_KINDS.keys() & STREAM_KINDS.keys()
    assert set(KINDS) == REQUEST_KINDS.keys() | STREAM_KINDS.keys()
