"""A server over memory with a gateway that sells subscriptions, in a thread of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field

from penstock.api import SubscribeAnswer, SubscriptionRequest, SubscriptionStatus
from penstock.domain.caller import Scope
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.tokens import mint
from penstock.entrypoints.http.web import application
from tests.contract.threaded import threaded
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


def serving_club() -> AbstractContextManager[Served]:
    """Serve until the block ends."""
    return threaded(_serving())


@asynccontextmanager
async def _serving() -> AsyncIterator[Served]:
    stand = Stand(club=Eager())
    token, text = mint("a test", stand.world.ids, stand.clock.now(), scopes=frozenset(Scope))
    await stand.world.tokens.put(token)
    async with listening(application(stand.platform), "127.0.0.1", 0) as url:
        yield Served(url, text)
