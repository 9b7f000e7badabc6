"""What the bot brings along from its past: opens the journal once the account is known, and hands the engine what it holds."""

from bot.bot_logger import BotLogger
from bot.config import BotConfig
from bot.config_schema import config_hash
from bot.core.engine import Engine
from bot.core.events import DayMoney, HeldPosition, PastRecovered
from bot.core.notes import Note
from bot.observers.journal_keeper import JournalKeeper
from bot.observers.journal_records import RunManifest
from bot.observers.journal_recovery import Recovered


class History:
    """The journal of one bot, and the notes that people were told."""

    def __init__(self, keeper: JournalKeeper, *, environment: str, venue: str, version: str) -> None:
        self._keeper = keeper
        self._environment = environment
        self._venue = venue
        self._version = version

    async def begin(self, account_id: int, config: BotConfig, engine: Engine, *, started_ms: int, now_ms: int) -> None:
        """Read what earlier runs left, begin this run's journal, and let the engine take over what may still be true.

        Raises: ConfigurationError when a journal cannot be read or written.
        """
        run = RunManifest(
            program_version=self._version,
            config_hash=config_hash(config),
            epoch=engine.ids.epoch,
            epoch_ms=started_ms,
            environment=self._environment,
            account_id=account_id,
            venue=self._venue,
        )
        recovered = await self._keeper.open(run, engine)
        self._keeper.tell([configuration_note(config)])
        engine.apply(past_of(recovered, now_ms))

    def tell(self, engine: Engine, logger: BotLogger) -> None:
        """Write the engine's notes into journal and log, in this order."""
        notes = engine.take_notes()
        self._keeper.tell(notes)
        for note in notes:
            logger.log(note.level, note.event, note.market, **note.fields)

    @property
    def watch(self) -> JournalKeeper:
        return self._keeper

    async def close(self) -> None:
        await self._keeper.close()


def past_of(recovered: Recovered, now_ms: int) -> PastRecovered:
    """Return what was recovered as the engine takes it."""
    point = recovered.point
    return PastRecovered(
        open_orders=tuple(point.open_orders.values()),
        trade_ids=point.trade_ids,
        positions={
            market: HeldPosition(size=booked.size, entry_price=booked.entry_price) for market, booked in point.booked.items()
        },
        day=point.day,
        figures={
            market: DayMoney(realised_pnl=day.realised_pnl, fees=day.fees, volume=day.volume)
            for market, day in point.figures.items()
        },
        is_whole_day=bool(point.trade_ids) and point.day >= point.whole_from_day,
        received_ms=now_ms,
    )


def configuration_note(config: BotConfig) -> Note:
    """Return what tells that these settings are in force from now on."""
    fields: dict[str, object] = {"hash": config_hash(config), "content": config.model_dump(mode="json")}
    return Note(level="INFO", event="configuration", market=None, fields=fields)
