"""
The hosts of one platform: the functions on the emulator, and two `penstock serve` beside them.

All of them take from the same queues, write to the same ledger, and name one address to buyers and
gateways, the functions'. Each process here was started by the soak, or by the emulator that it
started, and is ended by its own id.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import aiohttp

from local.emulator import LEASH
from local.platform import Platform
from tests.soak.front import Front

_READY = 60.0
"""Seconds that a process may take to answer."""


@dataclass(slots=True)
class Serve:
    """
    One `penstock serve`.

    Attributes:
        root: the folder that the command is started in.
    """

    name: str
    root: Path
    port: int
    http: aiohttp.ClientSession
    _process: Process | None = None

    @property
    def url(self) -> str:
        """Where its API answers."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, on a leash: it ends with this process, however that ends."""
        penstock = Path(sys.executable).with_name("penstock")
        command = [penstock, "serve", "--stack", "local", "--port", str(self.port)]
        with (self.root / f"{self.name}.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                LEASH,
                "1",
                *command,
                stdin=PIPE,
                stdout=log,
                stderr=log,
                cwd=self.root,
                start_new_session=True,
            )
        async with asyncio.timeout(_READY):
            # Another process has no way to tell that it is ready.
            while not await self._answers():  # noqa: ASYNC110 - polls another process
                await asyncio.sleep(0.1)

    async def kill(self) -> None:
        """End it as kill -9 does; its leash goes with it."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            await self.stop()

    async def stop(self) -> None:
        """Let go of the leash, and see it end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            await self._process.wait()
            self._process = None

    async def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.returncode is None, f"{self.name} ended: read {self.name}.log"
        with suppress(aiohttp.ClientError, TimeoutError):
            async with self.http.get(f"{self.url}/health") as answer:
                return answer.status == 200
        return False


@dataclass(slots=True)
class Hosts:
    """
    All of them, and the front that sends requests to one or the other.

    Attributes:
        killed: how many processes were ended by kill -9, by what they were.
    """

    platform: Platform
    serves: Sequence[Serve]
    front: Front
    killed: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def urls(self) -> list[str]:
        """Where the API answers: the functions first."""
        return [self.platform.api_url, *(one.url for one in self.serves)]

    def kill_sandbox(self, random: Random) -> None:
        """kill -9 of all sandboxes of one function that has some."""
        names = sorted(self.platform.outputs["functions"].items())
        random.shuffle(names)
        for name, physical in names:
            if workers := self.platform.emulator.workers(physical):
                for worker in workers:
                    with suppress(ProcessLookupError):
                        os.kill(worker, signal.SIGKILL)
                self._count("sandboxes", len(workers))
                self._count(f"of {name}", len(workers))
                return

    async def kill_serve(self, random: Random) -> None:
        """kill -9 of one server, and a new one in its place, as a supervisor starts it."""
        one = random.choice(self.serves)
        await one.kill()
        self._count("serve", 1)
        await one.start()

    def _count(self, what: str, times: int) -> None:
        self.killed[what] = self.killed.get(what, 0) + times


@asynccontextmanager
async def hosts(platform: Platform, http: aiohttp.ClientSession) -> AsyncIterator[Hosts]:
    """Two servers beside a platform's functions, with a front before all of them."""
    workspace = platform.workspace
    serves = [
        Serve(name, workspace.root, workspace.port(name), http) for name in ("serve-1", "serve-2")
    ]
    urls = [platform.api_url, *(one.url for one in serves)]
    front = Front(http, urls, workspace.port("front"))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(front.serving())
        for one in serves:
            stack.push_async_callback(one.stop)
        await asyncio.gather(*(one.start() for one in serves))
        await front.register(platform.simulators["paypal"].url)
        yield Hosts(platform, serves, front)
