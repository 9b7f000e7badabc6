"""Random trouble from a seed: what can go wrong goes wrong, alone and together, while the market moves and takes."""

from collections.abc import Callable
from random import Random
from typing import Any

from bot.core.mode import BotState
from simulator.faults import Fault
from simulator.frames import Frame
from simulator.inprocess import Meddler
from simulator.inprocess_trouble import (
    answer,
    delay,
    do_twice,
    family,
    late,
    lose_answer,
    lose_request,
    never_answer,
    refuse,
    silence,
    twice,
)
from simulator.refusals import Code
from simulator.rules import Mode
from tests.support.virtual_world import MARKET, VirtualBot, World

BACK_WITHIN_S = 130.0
"""An order in doubt may hold its place until its own expiry and the grace after it; then quotes are back."""
ACCOUNT_WORDS = ("ORDER", "TRADE", "POSITION", "BALANCE")


class Chaos:
    """Draws one misfortune after the other for one world with one bot at a time."""

    def __init__(self, world: World, seed: object, *, pause_s: float = 2.0, **config: Any) -> None:
        self.world = world
        self.random = Random(f"{seed} chaos")
        self.told: list[str] = []
        """What was done, with the time, for a person who looks for the cause of a failure."""
        self._pause_s = pause_s
        self._config = config
        self.bot: VirtualBot = world.quoting_bot(**config)
        assert world.quiet is not None
        world.quiet.comes_back = True
        self._due: list[tuple[float, Callable[[], None]]] = []
        self._misfortunes: list[Callable[[], str]] = [
            self._requests, self._requests, self._requests, self._frames, self._frames, self._gap, self._mute, self._cut,
            self._refuse_streams, self._partition, self._freeze, self._kill, self._restart_exchange, self._lag, self._mode,
            self._names, self._latency, self._storm,
        ]  # fmt: skip

    def run(self, seconds: float) -> None:
        """Let misfortunes happen for some seconds, then end all of them and see the quotes return."""
        end_s = self.world.now_s + seconds
        while self.world.now_s < end_s:
            self._market_moves()
            if self.random.random() < 0.35:
                self._happen(self.random.choice(self._misfortunes))
            self._pass(min(self.random.expovariate(1 / self._pause_s), 15.0))
        self.recover()

    def recover(self) -> None:
        """End all trouble; a person starts what was paused or halted; quotes must come back."""
        for _, undo in sorted(self._due, key=lambda each: each[0]):
            undo()
        self._due.clear()
        self.world.end_trouble()
        self.world.net.latency_ms = (0.5, 2.0)
        self.world.exchange.site.read_model.lag_ms = 150
        self.world.exchange.venue.set_mode(Mode.NORMAL)
        assert self.world.quiet is not None
        self.world.quiet.move_to(self.world.quiet.price)
        self._revive()
        self.world.run_for(5)
        if self.bot.state in (BotState.PAUSED, BotState.HALTED):
            self.told.append(f"{self.world.now_s:.1f} started by a person after {self.bot.engine.state_reason.code}")
            self.world.do(self.bot.maker.start(), self.bot)
        self.world.until(self._is_back, BACK_WITHIN_S, "quotes are back after the trouble")
        self.world.checks.verify()

    def _is_back(self) -> bool:
        maker = self.bot.engine.makers.get(MARKET)
        if maker is None or not self.bot.engine.mode.is_quoting:
            return False
        sides = {order.side.value for order in self.world.resting()} | {side.value for side in maker.withheld}
        return len(sides) == 2 and bool(self.world.resting())

    def _happen(self, misfortune: Callable[[], str]) -> None:
        began_s = self.world.now_s
        self.told.append(f"{began_s:.1f} {misfortune()}")

    def _pass(self, seconds: float) -> None:
        end_s = self.world.now_s + seconds
        while self._due and min(due for due, _ in self._due) <= end_s:
            next_due = min(self._due, key=lambda each: each[0])
            self._due.remove(next_due)
            self.world.run_for(max(0.0, next_due[0] - self.world.now_s))
            next_due[1]()
        self.world.run_for(max(0.0, end_s - self.world.now_s))

    def _later(self, shortest_s: float, longest_s: float, undo: Callable[[], None]) -> float:
        lasts_s = self.random.uniform(shortest_s, longest_s)
        self._due.append((self.world.now_s + lasts_s, undo))
        return lasts_s

    def _market_moves(self) -> None:
        assert self.world.quiet is not None
        if self.random.random() < 0.5:
            away = self.random.choice([1, 1, 1, 4]) * self.random.uniform(-60, 60)
            self.world.quiet.move_to(round(min(90_000.0, max(82_000.0, float(self.world.quiet.price) + away)), 2))
        for side in ("BUY", "SELL"):
            if self.random.random() < 0.25 and self.world.resting(side):
                self.world.hit(side, self.random.choice([None, 100, 300, 700]))

    # --- misfortunes; each says what it did ---

    def _requests(self) -> str:
        times = self.random.choice([1, 1, 2, 5])
        kinds = self.random.choice(["create edit", "create edit", "cancel", "write", "read", "any", "switch"])
        name = self.random.choice(
            ["lost answer", "no answer", "lost", "502 done", "502", "404 done", "slow", "late", "twice", "429"]
        )
        acts: dict[str, Meddler] = {
            "lost answer": lose_answer(),
            "no answer": never_answer(is_done=self.random.random() < 0.5),
            "lost": lose_request(),
            "502 done": answer(502, b"<html>Bad Gateway</html>", is_done=True),
            "502": answer(502, b"<html>Bad Gateway</html>"),
            "404 done": answer(404, is_done=self.random.random() < 0.5),
            "slow": delay(after_s=self.random.uniform(0.1, 5)),
            "late": delay(before_s=self.random.uniform(0.1, 5)),
            "twice": do_twice(),
            "429": refuse(Code.RATE_LIMITED),
        }
        name = self.random.choice(list(acts))
        self.world.exchange.meddle(kinds, acts[name], times=times)
        return f"{kinds}: {name} x{times}"

    def _frames(self) -> str:
        word = self.random.choice(ACCOUNT_WORDS)
        times = self.random.choice([1, 2, 4])
        name = self.random.choice(["never told", "told late", "told twice"])
        acts: dict[str, Any] = {
            "never told": silence(),
            "told late": late(self.random.uniform(0.05, 4)),
            "told twice": twice(self.random.uniform(0, 1)),
        }
        self.world.exchange.meddle_with_streams(
            lambda _key, frame: frame.family == "account" and frame.word == word, acts[name], times=times
        )
        return f"{word} frames {name} x{times}"

    def _gap(self) -> str:
        listeners = self.world.exchange.site.hub._listeners
        topic = self.random.choice(sorted(listeners, key=str) or [None])
        for listener in listeners.get(topic, ()) if topic else ():
            listener.connection.skip_next += 1
        return f"gap on {topic}"

    def _mute(self) -> str:
        names = self.random.choice([("mark",), ("best", "orderbooks"), ("account",), ("mark", "best", "orderbooks", "account")])
        muted = self.world.exchange.meddle_with_streams(family(*names), _nothing)
        return f"silence of {names} for {self._later(1, 25, muted.stop):.1f} s"

    def _cut(self) -> str:
        return f"{self.world.exchange.site.hub.cut_all()} sockets cut"

    def _refuse_streams(self) -> str:
        self.world.exchange.site.faults.set(Fault(kind="refuse_streams"))
        self.world.exchange.site.hub.cut_all()
        return f"no streams for {self._later(1, 15, lambda: self.world.exchange.site.faults.clear('refuse_streams')):.1f} s"

    def _partition(self) -> str:
        bot = self.bot
        self.world.net.cut_off(bot.program)
        return f"cut off for {self._later(0.5, 45, lambda: self.world.net.reconnect(bot.program)):.1f} s"

    def _freeze(self) -> str:
        bot = self.bot
        bot.freeze()
        return f"frozen for {self._later(0.5, 45, bot.thaw):.1f} s"

    def _kill(self) -> str:
        if self.random.random() < 0.5:
            self.bot.kill()
        else:
            self.bot.program.dies_at_step = self.bot.program.steps + self.random.randint(1, 60)
        return f"killed, back after {self._later(0.5, 40, self._revive):.1f} s"

    def _revive(self) -> None:
        if self.bot.program.dies_at_step is not None and not self.bot.program.is_dead:
            self.bot.kill()
        if self.bot.program.is_dead:
            self.bot = self.world.bot(**self._config)

    def _restart_exchange(self) -> str:
        if not self.world.exchange.is_open:
            return "the exchange is closed already"
        self.world.exchange.close()
        return f"exchange closed for {self._later(0.5, 25, self._reopen):.1f} s"

    def _reopen(self) -> None:
        if not self.world.exchange.is_open:
            self.world.exchange.open()

    def _lag(self) -> str:
        self.world.exchange.site.read_model.lag_ms = self.random.choice([0, 500, 3_000])
        return f"REST lags by {self.world.exchange.site.read_model.lag_ms} ms"

    def _mode(self) -> str:
        mode = self.random.choice([Mode.MAINTENANCE, Mode.POST_ONLY, Mode.REDUCE_ONLY])
        self.world.exchange.venue.set_mode(mode)
        return f"{mode.value} for {self._later(1, 20, lambda: self.world.exchange.venue.set_mode(Mode.NORMAL)):.1f} s"

    def _names(self) -> str:
        self.world.net.names_fail = True
        if self.random.random() < 0.5:
            self.world.net.reset_all(self.bot.program)
        return f"no names for {self._later(1, 20, self._names_return):.1f} s"

    def _names_return(self) -> None:
        self.world.net.names_fail = False

    def _latency(self) -> str:
        self.world.net.latency_ms = self.random.choice([(0.5, 2.0), (0.1, 80.0), (50.0, 400.0), (5.0, 1_500.0)])
        return f"latency {self.world.net.latency_ms} ms"

    def _storm(self) -> str:
        storm = self.world.exchange.meddle("any", refuse(Code.RATE_LIMITED))
        return f"429 for everything for {self._later(1, 30, storm.stop):.1f} s"


def _nothing(_key: str, _frame: Frame) -> list[tuple[float, Frame]]:
    return []


def misfortune(seed: int, *, seconds: float, journal: bool = False, **config: Any) -> World:
    """Run one world of random trouble; raises what a check or the world found, with the seed and what was done before."""
    with World(seed=seed, journal=journal) as world:
        chaos = Chaos(world, seed, **config)
        world.told = chaos.told
        chaos.run(seconds)
    return world
