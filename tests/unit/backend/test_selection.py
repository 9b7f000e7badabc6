"""A viewer of a part holds exactly that part of the picture, whatever happens to the rest."""

import json
import random
from typing import Any

import pytest

from backend.broadcaster import MOST_SELECTIONS
from backend.diff import apply_patch
from backend.selection import EVERYTHING, TOPICS, Selection, selection_of
from bot.core.errors import InvalidInput
from tests.unit.backend.test_broadcaster import Stage, next_of


def any_picture(randomness: random.Random) -> dict[str, Any]:
    markets = randomness.sample(["BTC-USD", "ETH-USD", "SOL-USD"], randomness.randint(0, 3))
    rows = {
        str(number): {"market": randomness.choice(["BTC-USD", "ETH-USD"]), "n": randomness.randint(0, 2)} for number in range(4)
    }
    return {
        "env": "paper",
        "clock_ms": randomness.randint(0, 9),
        "sources": {"mark": {"age_ms": randomness.randint(0, 3)}},
        "bot": {"state": randomness.choice(["RUNNING", "PAUSED"])},
        "markets": {name: {"mark_price": str(randomness.randint(1, 3))} for name in markets},
        "positions": {name: {"size": "1"} for name in markets if randomness.random() < 0.5},
        "balance": {"equity": str(randomness.randint(1, 3)), "mark_prices": dict.fromkeys(markets, "1")},
        "orders": {key: row for key, row in rows.items() if randomness.random() < 0.7},
        "trades": {},
    }


@pytest.mark.parametrize("seed", range(20))
async def test_snapshot_and_differences_of_a_part_add_up_to_that_part(seed: int) -> None:
    randomness = random.Random(seed)
    stage = Stage(most_viewers=100)
    stage.picture = any_picture(randomness)
    await stage.broadcaster.publish()
    wanted = [
        EVERYTHING,
        Selection(frozenset({"orders"}), frozenset({"BTC-USD"})),
        Selection(frozenset(), frozenset({"ETH-USD"})),
        Selection(frozenset({"bot", "balance"})),
    ]
    viewers = [stage.join(selection=selection) for selection in wanted]

    for _ in range(30):
        stage.picture = any_picture(randomness)
        await stage.broadcaster.publish()

    for viewer, selection in zip(viewers, wanted, strict=True):
        held: Any = (await next_of(viewer))["data"]
        seqs = []
        for _ in range(30):
            message = await next_of(viewer)
            held, _ = apply_patch(held, message["data"]), seqs.append(message["seq"])
        assert held == selection.of(stage.picture), f"seed {seed}, {selection}"
        assert seqs == list(range(2, 32))
        assert {"env", "clock_ms", "sources"} <= held.keys()


async def test_viewers_of_the_same_part_share_one_text() -> None:
    stage = Stage()
    selection = Selection(frozenset({"bot"}))
    one, other, whole = stage.join(selection=selection), stage.join(selection=Selection(frozenset({"bot"}))), stage.join()
    for viewer in (one, other, whole):
        await next_of(viewer)

    await stage.show(bot={"state": "RUNNING"}, orders={"a": {"market": "BTC-USD"}})

    texts = [await viewer.next() for viewer in (one, other, whole)]
    assert texts[0] is texts[1]
    assert "orders" not in json.loads(texts[0])["data"]
    assert "orders" in json.loads(texts[2])["data"]


async def test_there_are_no_more_kinds_of_viewers_than_allowed() -> None:
    stage = Stage(most_viewers=1_000)
    for number in range(MOST_SELECTIONS):
        stage.join(selection=Selection(markets=frozenset({f"M{number}-USD"})))

    assert stage.broadcaster.join(selection=Selection(markets=frozenset({"X-USD"}))) is None
    assert stage.broadcaster.join(selection=Selection(markets=frozenset({"M1-USD"}))) is not None


def test_words_of_the_address_become_a_selection() -> None:
    chosen = selection_of({"topics": "bot,orders", "markets": "BTC-PERP"})

    assert chosen == Selection(frozenset({"bot", "orders"}), frozenset({"BTC-USD"}))
    assert selection_of({}) is not None
    assert selection_of({}).is_everything


@pytest.mark.parametrize("query", [{"topics": "keys"}, {"topics": ",".join(["bot"] * 60)}, {"markets": ",".join(["A-USD"] * 60)}])
def test_what_does_not_exist_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        selection_of(query)


def test_every_topic_is_a_part_of_the_picture() -> None:
    from tests.unit.observers.test_feed import Watched

    assert set(TOPICS) | {"env", "sources", "clock_ms"} == set(Watched().ready().look())
