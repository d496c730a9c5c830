"""Payments of a subscription that the gateway lists and the ledger lacks are processed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from penstock.domain.change import change
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.subscription import (
    PaidCycle,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import World

MONTH = timedelta(days=30)


@dataclass
class Listing(Acme):
    """A gateway that lists these payments, and remembers what it was asked."""

    listed: Sequence[Notification] = ()
    spans: list[tuple[str, datetime, datetime]] = field(default_factory=list)

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        self.spans.append((subscription, since, until))
        return self.listed


def listed(name: str, entity: str | None) -> Notification:
    subject = Ref(EntityKind.payment, entity) if entity else None
    return Notification.fetched("acme", name, "SALE.COMPLETED", {}, NOON, subject)


def subscription(*payments: PaidCycle) -> Subscription:
    seen = SubscriptionObservation("I-1", SubscriptionStatus.active, NOON)
    return Subscription(
        id="acme-I-1",
        gateway="acme",
        seen=seen,
        payments=payments,
        created_at=NOON,
        updated_at=NOON,
    )


def paid(name: str, at: datetime) -> PaidCycle:
    return PaidCycle(name, at)


async def fetched(world: World, one: Subscription) -> list[str]:
    await world.lost_payments(one)
    messages = await world.drain(world.verified)
    notes = [Notification.loads(message.body) for message in messages]
    assert {Evidence.fetched} >= {note.evidence for note in notes}
    return [note.id for note in notes]


async def test_a_payment_that_the_ledger_lacks_is_processed_and_no_other() -> None:
    """
    Known are those of the subscription and those of the ledger; news of nothing is passed over.
    """
    world = World(
        Listing(
            listed=[
                listed("lost", "acme-LOST"),
                listed("ours", "acme-OURS"),
                listed("held", "acme-HELD"),
                listed("nothing", None),
                listed("also lost", "acme-LOST2"),
            ]
        )
    )
    held = payment("acme-HELD", gateway="acme")
    await world.ledger.commit(change(None, held, now=NOON, new_id=world.ids.new))

    assert ["lost", "also lost"] == await fetched(world, subscription(paid("acme-OURS", NOON)))


@pytest.mark.parametrize(
    ("payments", "since"),
    [
        ((), NOON - timedelta(minutes=5)),
        ((paid("1", NOON + MONTH),), NOON - timedelta(minutes=5)),
        ((paid("1", NOON), paid("2", NOON + MONTH)), NOON),
        (
            (paid("2", NOON + 2 * MONTH), paid("3", NOON + 3 * MONTH), paid("1", NOON + MONTH)),
            NOON + 2 * MONTH,
        ),
        ((paid("0", NOON - MONTH), paid("1", NOON)), NOON - timedelta(minutes=5)),
    ],
)
async def test_it_looks_from_the_last_payment_but_one_and_never_before_the_subscription_was_known(
    payments: tuple[PaidCycle, ...], since: datetime
) -> None:
    acme = Listing()
    world = World(acme)
    world.clock.advance(timedelta(days=100).total_seconds())
    await fetched(world, subscription(*payments))

    assert [("I-1", since, world.clock.now())] == acme.spans


async def test_a_gateway_that_lists_no_payments_is_not_asked() -> None:
    assert [] == await fetched(World(), subscription())
