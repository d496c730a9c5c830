"""The process of `penstock serve`: its platform, its metrics and its log."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from structlog.typing import Processor

from penstock import observability
from penstock.bootstrap import Platform
from penstock.entrypoints.http.web import Answered, unheard
from penstock.entrypoints.serve.host import serve
from penstock.entrypoints.serve.log_rate import LineRate
from penstock.entrypoints.serve.tryout import tryout
from penstock.entrypoints.serve.watched import Watched, in_memory

_NEW_OBJECTS = 10_000
"""
How many more of them than before make Python look for garbage, instead of its own 700: those are
often a few webhooks under way and what waits in memory, looked at again and again.
"""

Say = Callable[[str], None]
"""Prints one line for the person who started the process."""


@dataclass(frozen=True, slots=True)
class Listens:
    """
    Where a process listens.

    Attributes:
        metrics: the address and port of its metrics; None for no metrics.
    """

    host: str
    port: int
    metrics: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """
    One process.

    Attributes:
        queues: those that its metrics count, by their logical names.
        ready: is called with the API's address once it answers.
        say: prints where the metrics are.
    """

    platform: Platform
    sinks: Sequence[str]
    queues: Mapping[str, Watched]
    listens: Listens
    level: str
    ready: Say
    say: Say

    async def run(self) -> None:
        """
        Serve until SIGTERM or SIGINT, and the metrics beside it if they are wanted.

        Raises:
            SettingsError, PluginError: something is missing or wrong.
            OSError: a port is taken.
        """
        if self.listens.metrics is None:
            await self._serve((), unheard)
            return
        # Imported here: without metrics nothing of Prometheus is loaded.
        from penstock.entrypoints.serve.metrics import Metrics
        from penstock.entrypoints.serve.scraping import scraped

        seen = Metrics()
        async with scraped(self.platform, seen, self.queues, *self.listens.metrics) as address:
            self.say(f"metrics on {address}/metrics")
            await self._serve([seen.see], seen)

    async def _serve(self, see: Sequence[Processor], answered: Answered) -> None:
        limit = [LineRate(self.platform.world.clock)]
        stack = self.platform.settings.stack
        observability.configure(self.level, stack, see=see, limit=limit)
        settle()
        where = self.listens
        await serve(
            self.platform,
            self.sinks,
            host=where.host,
            port=where.port,
            ready=self.ready,
            answered=answered,
        )


def settle() -> None:
    """
    What the process is made of stays: from now on garbage is looked for beside it only, and more
    seldom, because webhooks under way are no garbage.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


async def run_in_memory(listens: Listens, say: Say) -> None:
    """Serve a platform in memory, with the simulators of its plugins."""
    # The simulators log too, and they begin first.
    observability.configure("INFO")
    async with tryout(port=listens.port) as made:

        def ready(address: str) -> None:
            say(f"serving on {address} (in memory)")
            say(f"Authorization: Bearer {made.token}")
            for name, simulator in made.simulators.items():
                say(f"the {name} simulator is at {simulator}")

        where = Listens(listens.host, made.port, listens.metrics)
        queues = in_memory(made.world)
        await Process(made.platform, made.sinks, queues, where, "INFO", ready, say).run()
