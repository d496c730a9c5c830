"""What the ledger keeps of a notification that the gateway's API does not confirm."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import Claimed, Confirmed, DisputeObservation
from penstock.domain.delivery import Notification
from penstock.domain.ref import EntityKind
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.world import World

DISPUTE = DisputeObservation("D-1", "open", NOON, as_of=NOON)


async def arrive(world: World, one: Notification) -> str:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    (result,) = await world.consume(world.verified, world.process)
    return result.status


@pytest.mark.parametrize("confirmed", [True, False])
async def test_the_record_says_whether_the_api_agreed(confirmed: bool) -> None:
    answer = Confirmed(DISPUTE) if confirmed else Claimed(DISPUTE, "403")
    world = World(Acme(confirmations=[answer]))
    told = replace(notification(entity="acme-D-1"), kind=EntityKind.dispute)

    assert "done" == await arrive(world, told)
    record = await world.record()
    assert record is not None
    assert ("applied", confirmed) == (record.became, record.confirmed)


async def test_a_subscription_of_a_gateway_that_has_none_is_recorded_with_the_reason() -> None:
    world = World()
    told = replace(notification(entity="acme-I-1"), kind=EntityKind.subscription)

    assert "done" == await arrive(world, told)
    record = await world.record()
    assert record is not None
    assert "the gateway's subscriptions cannot be read" == record.because
