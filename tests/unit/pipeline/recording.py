"""Notifications that arrive, and the record of each."""

from __future__ import annotations

from penstock.api import Notification
from penstock.domain.record import Record
from penstock.ports import Outgoing
from tests.unit.pipeline.world import World


async def arrive(world: World, one: Notification, dedup: str = "1") -> tuple[str, str | None]:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=dedup))
    (result,) = await world.consume(world.verified, world.process)
    return result.status, result.error


async def record(world: World, event_id: str = "WH-1") -> Record:
    found = await world.record(event_id)
    assert found is not None
    return found
