"""An event loop on virtual time, and programs on it that can be frozen or killed at any moment.

Nothing sleeps: when no callback is ready, time jumps to the next timer. Work for threads is done at once, so a run has one order
of events, the same every time. Everything a `Program` starts (tasks, timers, connections) carries its name in a context variable;
that is how a single program can be stopped between two steps while the rest of the world goes on, as SIGSTOP and SIGKILL do.
"""

import asyncio
import heapq
import selectors
import socket
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Executor
from contextvars import Context, ContextVar, copy_context
from typing import Any, Final, Protocol, TypeVar, TypeVarTuple, Unpack

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")
AnyTask = asyncio.Task[Any]
RESOLUTION_S: Final = 1e-9


class NothingEverHappens(RuntimeError):
    """The run waits for something that no timer will bring."""


class Program:
    """What one process of the real world would be."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_frozen = False
        self.is_dead = False
        self.steps = 0
        """Callbacks run so far."""
        self.dies_at_step: int | None = None
        self.on_death: list[Callable[[], None]] = []
        self.tasks: list[AnyTask] = []
        self._held: list[asyncio.Handle] = []

    def freeze(self) -> None:
        """Run nothing more until `thaw`; timers and messages pile up."""
        self.is_frozen = True

    def thaw(self, loop: "VirtualLoop") -> None:
        """Go on, with everything that piled up first, in the order it came."""
        self.is_frozen = False
        held, self._held = self._held, []
        loop.take_back(held)

    def kill(self) -> None:
        """End without another step: no clean-up runs."""
        if self.is_dead:
            return
        self.is_dead = True
        for tell in self.on_death:
            tell()

    def bury(self, loop: "VirtualLoop") -> None:
        """Clean up after the run: let the tasks end, now that nobody can hear them."""
        self.is_dead = self.is_frozen = False
        self.dies_at_step = None
        held, self._held = self._held, []
        loop.take_back(held)
        for task in self.tasks:
            task.cancel()

    def holds(self, handle: asyncio.Handle) -> bool:
        """Count one step; True when it must not run now."""
        if self.is_dead or self.is_frozen:
            self._held.append(handle)
            return True
        self.steps += 1
        if self.dies_at_step is not None and self.steps >= self.dies_at_step:
            self.kill()
            self._held.append(handle)
            return True
        return False


_PROGRAM: ContextVar[Program | None] = ContextVar("program", default=None)


def present_program() -> Program | None:
    """Return the program whose code is running."""
    return _PROGRAM.get()


def context_of(program: Program | None) -> Context:
    """Return a context in which everything started belongs to `program`."""
    context = copy_context()
    context.run(_PROGRAM.set, program)
    return context


class _Step(asyncio.Handle):
    __slots__ = ("_of",)

    def __init__(
        self, callback: Callable[..., object], args: tuple[Any, ...], loop: asyncio.AbstractEventLoop, context: Context
    ) -> None:
        super().__init__(callback, args, loop, context)
        self._of = context.get(_PROGRAM)

    def _run(self) -> None:
        if self._of is None or not self._of.holds(self):
            super()._run()


class _TimedStep(asyncio.TimerHandle):
    __slots__ = ("_of",)

    def __init__(
        self,
        when: float,
        callback: Callable[..., object],
        args: tuple[Any, ...],
        loop: asyncio.AbstractEventLoop,
        context: Context,
    ) -> None:
        super().__init__(when, callback, args, loop, context)
        self._of = context.get(_PROGRAM)

    def _run(self) -> None:
        if self._of is None or not self._of.holds(self):
            super()._run()


class _NumberedTask(asyncio.Task[T]):
    """A task whose place in a set follows from its number, not from its address: task groups end theirs in the order of a set."""

    number = 0

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class _NumberedFuture(asyncio.Future[Any]):
    """The same for futures: libraries wake those who wait in the order of a set."""

    number = 0

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> bool:
        return self is other


class _JumpingSelector(selectors.SelectSelector):
    """Waits by moving time; no file descriptor ever matters."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingEverHappens("nothing is ready and no timer is set: the run would wait for ever")
        if timeout > 0:
            self.loop.jump(timeout)
        return []


class Wires(Protocol):
    """What carries bytes between the programs; see `inprocess_net`."""

    async def open(
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.Protocol]: ...
    async def reach(self, host: str, port: int) -> None: ...
    async def look_up(self, host: str, port: int) -> list[Any]: ...


class VirtualLoop(asyncio.SelectorEventLoop):
    """The loop. `wires` carries what would go over sockets."""

    _ready: Any
    _scheduled: Any

    def __init__(self) -> None:
        self._now_s = 0.0
        selector = _JumpingSelector()
        selector.loop = self
        super().__init__(selector)
        self._clock_resolution = RESOLUTION_S
        self.wires: Wires | None = None
        self._goals: dict[int, tuple[str, int]] = {}
        self._made = 0
        self.set_task_factory(self._new_task)

    # ── time ──

    def time(self) -> float:
        """Return virtual seconds since the loop was made."""
        return self._now_s

    @property
    def elapsed_ms(self) -> int:
        """Return the same in whole milliseconds."""
        return round(self._now_s * 1e6) // 1000

    def jump(self, seconds: float) -> None:
        self._now_s += seconds

    # ── steps ──

    def _call_soon(self, callback: Callable[..., object], args: tuple[Any, ...], context: Context | None) -> asyncio.Handle:
        step = _Step(callback, args, self, context if context is not None else copy_context())
        self._ready.append(step)
        return step

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Arguments]], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run a callback at a virtual time."""
        timer = _TimedStep(when, callback, args, self, context if context is not None else copy_context())
        heapq.heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # noqa: SLF001 - as the base class does
        return timer

    def take_back(self, handles: list[asyncio.Handle]) -> None:
        """Queue steps that were held; those cancelled meanwhile stay cancelled."""
        self._ready.extend(handles)

    def create_future(self) -> asyncio.Future[Any]:
        """Return a future whose place in a set is the same in every run."""
        self._made += 1
        future = _NumberedFuture(loop=self)
        future.number = self._made
        return future

    def _new_task(
        self, loop: asyncio.AbstractEventLoop, coro: Generator[Any, None, T] | Coroutine[Any, Any, T], **options: Any
    ) -> asyncio.Task[T]:
        self._made += 1
        task = _NumberedTask(coro, loop=loop, **options)
        task.number = self._made
        program = (options.get("context") or copy_context()).get(_PROGRAM)
        if program is not None:
            program.tasks = [each for each in program.tasks if not each.done()] if len(program.tasks) > 500 else program.tasks
            program.tasks.append(task)
        return task

    # ── what would leave the loop ──

    def run_in_executor(  # type: ignore[override]  # a plain future stands for the thread's
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        """Do the work at once: a thread would bring an order of events of its own."""
        del executor
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed on to whoever awaits it, as a thread would
            done.set_exception(error)
        return done

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> list[Any]:
        """Look a name up among those the wires know."""
        del options
        return await self._wires.look_up(str(host), int(port or 0))

    async def sock_connect(self, sock: socket.socket, address: Any) -> None:
        """Reach an address and remember it for `create_connection`; the socket itself is never used."""
        await self._wires.reach(address[0], address[1])
        self._goals[sock.fileno()] = (address[0], address[1])

    async def create_connection(  # type: ignore[override]  # plain connections only
        self, protocol_factory: Callable[[], asyncio.Protocol], host: Any = None, port: Any = None, **options: Any
    ) -> tuple[asyncio.Transport, asyncio.Protocol]:
        """Connect to a program that listens on the wires."""
        sock: socket.socket | None = options.get("sock")
        if sock is not None:
            host, port = self._goals.pop(sock.fileno())
            sock.close()
        else:
            await self._wires.reach(host, port)
        return await self._wires.open(protocol_factory, host, port)

    @property
    def _wires(self) -> Wires:
        assert self.wires is not None, "a loop without wires reaches nobody"
        return self.wires
