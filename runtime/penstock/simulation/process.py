"""A process that can die: its tasks, and its calls of the world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Any, TypeVar

from structlog.contextvars import clear_contextvars

from penstock.errors import TransientError
from penstock.simulation.chance import Chance, Fate

T = TypeVar("T")
_OURS: ContextVar[Process | None] = ContextVar("process", default=None)
FOREVER = 400.0
"""Seconds that a hanging call hangs: longer than every limit that is put on a call."""
_MANY = 500
LATE = (5.0, 240.0)
"""Seconds after which a call that was thought to have failed has its effect."""


@dataclass(eq=False)
class Process:
    """
    One process.

    Attributes:
        chance: decides what becomes of each call.
        alive: whether it runs; a dead one has no effect any more.
        tasks: what it began, in that order.
    """

    name: str
    chance: Chance
    alive: bool = True
    tasks: list[asyncio.Task[Any]] = field(default_factory=list[asyncio.Task[Any]])

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Run something in this process; what it starts is this process's, too."""
        context = copy_context()
        context.run(_OURS.set, self)
        context.run(clear_contextvars)
        return asyncio.get_running_loop().create_task(work, context=context)

    def kill(self) -> None:
        """End at once: no call from here on has an effect."""
        self.alive = False
        # In the order they began: a set's order would differ from run to run.
        for task in self.tasks:
            task.cancel()

    async def gone(self) -> None:
        """Wait until nothing of it is left."""
        while left := [task for task in self.tasks if not task.done()]:
            for task in left:
                task.cancel()
            await asyncio.sleep(0)
        self.tasks.clear()

    async def call(
        self,
        effect: Callable[[], Coroutine[Any, Any, T]],
        error: Callable[[str], TransientError],
        limit: float = FOREVER,
        times: float = 1.0,
    ) -> T:
        """
        One call of the world, with its fate.

        Args:
            error: what the port raises when there is no answer.
            limit: after how many seconds the caller's side of the port gives up.
            times: by how much it is in more danger than others.
        """
        self._live()
        fate = self.chance.fate(times)
        # Even a call that takes no time lets others go on.
        await asyncio.sleep(self.chance.latency())
        match fate:
            case Fate.slow:
                await asyncio.sleep(min(self.chance.delay(0.5, 15.0), limit))
            case Fate.not_begun:
                raise error("it was not begun")
            case Fate.hangs:
                await asyncio.sleep(min(FOREVER, limit))
                raise error("no answer came")
            case Fate.late:
                _later(effect, self.chance.delay(*LATE))
                # The caller gives up at once, or waits in vain.
                await asyncio.sleep(min(FOREVER, limit) if self.chance.is_lucky(0.5) else 0.0)
                raise error("no answer came")
            case Fate.dies:
                await self._die()
            case _:
                pass
        self._live()
        done = await effect()
        match fate:
            case Fate.unanswered:
                raise error("its answer was lost")
            case Fate.hangs_done:
                await asyncio.sleep(min(FOREVER, limit))
                raise error("no answer came")
            case Fate.dies_done:
                await self._die()
            case _:
                pass
        self._live()
        return done

    def _live(self) -> None:
        if not self.alive:
            raise asyncio.CancelledError

    async def _die(self) -> None:
        self.kill()
        await asyncio.sleep(0)
        self._live()


def _later(effect: Callable[[], Coroutine[Any, Any, Any]], seconds: float) -> None:
    """Have an effect later, whatever became of who asked for it."""

    async def land() -> None:
        await asyncio.sleep(seconds)
        try:
            await effect()
        except TransientError:
            return  # a conditional write that came too late, for one

    loop = asyncio.get_running_loop()
    context = copy_context()
    context.run(_OURS.set, None)
    task = loop.create_task(land(), context=context)
    _LANDING.add(task)
    task.add_done_callback(_LANDING.discard)


_LANDING: set[asyncio.Task[None]] = set()
"""Referred to, so that none is collected before it is done."""


def current() -> Process | None:
    """The process whose code runs now."""
    return _OURS.get()


def owned(
    loop: asyncio.AbstractEventLoop,
    work: Coroutine[Any, Any, Any],
    context: Context | None = None,
) -> asyncio.Task[Any]:
    """A task factory: each task belongs to the process that began it."""
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, context=context)
    process = context.get(_OURS) if context is not None else _OURS.get()
    if process is not None:
        if len(process.tasks) > _MANY:
            process.tasks = [one for one in process.tasks if not one.done()]
        process.tasks.append(task)
    return task
