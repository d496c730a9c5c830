"""A server over memory with a gateway that sells subscriptions, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from penstock.api import SubscribeAnswer, SubscriptionRequest, SubscriptionStatus
from penstock.domain.caller import Scope
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club


class Eager(Club):
    """A gateway whose buyers approve at once, so that there is something to suspend."""

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        answer = await super().create_subscription(request)
        self.become(self.opened[request.operation_id], SubscriptionStatus.active)
        return answer


@dataclass(frozen=True, slots=True)
class Served:
    """The server's address, and a token that it takes."""

    url: str
    token: str = field(repr=False)


@contextmanager
def serving_club() -> Iterator[Served]:
    """Serve until the block ends."""
    loop, ready, stop = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    made: list[Served] = []

    async def serve() -> None:
        stand = Stand(club=Eager())
        token, text = mint("a test", stand.world.ids, stand.clock.now(), scopes=frozenset(Scope))
        await stand.world.tokens.put(token)
        async with listening(application(stand.platform), "127.0.0.1", 0) as url:
            made.append(Served(url, text))
            ready.set()
            await stop.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield made[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
