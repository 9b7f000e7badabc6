"""The exchange's streams: one connection for each topic, all of them inside one task group."""

import asyncio
import random
from collections.abc import Callable, Collection, Iterator

from bot.core.events import IndexPriceSeen, MarkPriceSeen
from bot.core.market import Market
from bot.extended.connection import Follower, OnStream, StreamSettings, Topic, ignore_stream
from bot.extended.frames import (
    AccountReader,
    BestQuoteReader,
    BookReader,
    FundingReader,
    PriceReader,
    SeenTrades,
    TradesReader,
)
from bot.ports import Clock, Emit
from bot.secret import Secret

Rules = Callable[[], Market | None]
"""Gives a market's rules as they are now."""


class Streams:
    """Follows the topics of some markets, and the account's where there is a key."""

    def __init__(
        self,
        base: str,
        clock: Clock,
        *,
        api_key: Secret | None,
        randomness: random.Random,
        rules: Callable[[str], Market | None],
        settings: StreamSettings | None = None,
        on_stream: OnStream = ignore_stream,
    ) -> None:
        self._base, self._clock, self._api_key = base, clock, api_key
        self._randomness, self._rules = randomness, rules
        self._settings = settings or StreamSettings()
        self._on_stream = on_stream

    async def follow(self, markets: Collection[str], emit: Emit, *, with_account: bool = True) -> None:
        """Follow everything until the calling task is cancelled; every connection ends with it."""
        async with asyncio.TaskGroup() as group:
            for topic in self._topics(markets):
                if topic.feed == "account" and not with_account:
                    continue
                follower = Follower(
                    topic,
                    self._base + topic.path,
                    group,
                    clock=self._clock,
                    emit=emit,
                    api_key=self._api_key,
                    randomness=self._randomness,
                    settings=self._settings,
                    on_stream=self._on_stream,
                )
                group.create_task(follower.run(), name=f"stream {topic.path}")

    def _topics(self, markets: Collection[str]) -> Iterator[Topic]:
        for market in markets:
            yield from self._topics_of(market)
        yield Topic(
            feed="mark",
            market=None,
            path="/prices/mark",
            reader=lambda: PriceReader(MarkPriceSeen, "MP"),
            silent_s=self._settings.price_silent_s,
        )
        yield Topic(
            feed="index",
            market=None,
            path="/prices/index",
            reader=lambda: PriceReader(IndexPriceSeen, "IP"),
            silent_s=self._settings.price_silent_s,
        )
        if self._api_key is not None:
            yield Topic(
                feed="account",
                market=None,
                path="/account",
                reader=AccountReader,
                starts_with_frame=True,
                is_private=True,
            )

    def _topics_of(self, market: str) -> Iterator[Topic]:
        settings, seen = self._settings, SeenTrades()

        def rules() -> Market | None:
            return self._rules(market)

        yield Topic(
            feed="book",
            market=market,
            path=f"/orderbooks/{market}",
            reader=lambda: BookReader(rules),
            silent_s=settings.book_silent_s,
            starts_with_frame=True,
        )
        yield Topic(
            feed="best_quote",
            market=market,
            path=f"/orderbooks/{market}?depth=1",
            reader=lambda: BestQuoteReader(rules),
            silent_s=settings.price_silent_s,
            starts_with_frame=True,
        )
        yield Topic(
            feed="trades",
            market=market,
            path=f"/publicTrades/{market}",
            reader=lambda: TradesReader(rules, seen),
        )
        if settings.with_funding:
            yield Topic(
                feed="funding",
                market=market,
                path=f"/funding/{market}",
                reader=lambda: FundingReader(market),
            )
