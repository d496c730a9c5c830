"""Observe: what a gateway shows is committed only if it is new, and asked for where it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest

from penstock.api import (
    CheckoutNews,
    Claimed,
    DisputeObservation,
    EntityKind,
    InvoiceObservation,
    NotYet,
    Observation,
    PaymentStatus,
    Ref,
    Transaction,
    Unconfirmable,
)
from penstock.domain.change import Change
from penstock.domain.dispute import Dispute
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.errors import PaymentConflict, UnknownGateway
from penstock.testing.builders import payment
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.invoicing import arrive
from tests.unit.pipeline.world import World

SALE = Ref(EntityKind.payment, "acme-SALE1")
DISPUTE = Ref(EntityKind.dispute, "acme-D-1")
OPEN = DisputeObservation("D-1", "open", NOON, payments=("acme-SALE1",), as_of=NOON)


@dataclass
class Rereads(Acme):
    """Acme, whose API can be asked again."""

    shows: Observation | DisputeObservation | None = None
    asked: list[tuple[str, int]] = field(default_factory=list[tuple[str, int]])

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> Observation | DisputeObservation | NotYet:
        self.asked.append((str(entity), len(known)))
        return self.shows or NotYet()


async def paid(acme: Acme | None = None) -> World:
    world = World(acme or Rereads())
    await arrive(world)
    await world.consume(world.verified, world.process)
    return world


async def in_doubt(world: World) -> Payment:
    """The payment with a question that is due."""
    held = await world.payment()
    reread = Operation("r", OperationKind.reread, due_at=NOON, attempts=1, reason="it is old")
    after = replace(held, operations=held.replacing(reread), version=held.version + 1)
    await world.ledger.commit(Change(after, held.version))
    return after


@pytest.mark.parametrize("gateway", ["aaa", "zoo"])
async def test_another_gateways_entity_is_never_written(gateway: str):
    world = await paid()
    held = await world.payment()
    seen = Observation(replace(world.acme.sale, status=PaymentStatus.declined))

    with pytest.raises(PaymentConflict, match="another gateway's payment"):
        await world.observe.apply(SALE, Acme(name=gateway), held, seen)
    assert held == await world.payment()


@pytest.mark.parametrize("seen", [CheckoutNews(), None])
async def test_what_shows_no_payment_cannot_be_used(seen: Any):
    world = await paid()
    held = await world.payment()
    if seen is None:
        from tests.unit.pages.scene import seen as subscription

        seen = subscription()

    with pytest.raises(Unconfirmable, match="shows no payment"):
        await world.observe.apply(SALE, world.acme, held, seen)


@pytest.mark.parametrize(
    ("reference", "twice", "becomes"),
    [
        ("INV-9", True, None),
        ("INV-1", False, "same"),
        ("INV-1", True, "new"),
    ],
)
async def test_only_the_invoice_that_we_made_counts(
    reference: str, twice: bool, becomes: str | None
):
    world = await paid()
    held = await world.payment()
    seen = InvoiceObservation(reference, paid_twice=twice)

    after = await world.observe.apply(SALE, world.acme, held, seen)

    assert becomes == (None if after is None else "same" if after == held else "new")
    assert await world.observe.apply(SALE, world.acme, None, seen) is None
    assert (becomes == "new") == (await world.payment()).invoice_paid_twice


async def test_what_is_known_already_writes_nothing():
    world = await paid()
    held = await world.payment()

    for _ in range(2):
        held = await world.payment()
        seen = Observation(world.acme.sale, payer=held.payer)
        assert held == await world.observe.apply(SALE, world.acme, held, seen)
        assert held == await world.payment()


async def test_a_claim_that_is_known_already_writes_nothing():
    world = await paid()
    first = await world.observe.apply(DISPUTE, world.acme, None, Claimed(OPEN, "403"))
    again = await world.observe.apply(DISPUTE, world.acme, first, Claimed(OPEN, "403"))

    assert first == again == await world.ledger.find(DISPUTE)


async def test_a_gateway_that_is_not_configured_is_asked_nothing():
    world = await paid()
    nobody = replace(world.observe, gateways={})

    with pytest.raises(UnknownGateway):
        await nobody.again(await world.payment())
    with pytest.raises(UnknownGateway):
        await nobody.disputed(await world.payment(), True)


async def test_a_gateway_that_cannot_be_asked_again_leaves_no_question_open():
    world = await paid(Acme())
    held = await in_doubt(world)

    after = await world.observe.again(held)

    assert (None, held.version + 1) == (after.due_at, after.version)
    assert after == await world.observe.again(await world.payment())


async def test_what_the_gateway_does_not_show_is_asked_for_again_later():
    world = await paid()
    held = await in_doubt(world)

    after = await world.observe.again(held)

    reread = after.operation(OperationKind.reread)
    assert reread is not None
    assert ("the gateway does not show it", 60) == (
        reread.reason,
        (reread.due_at - world.clock.now()).total_seconds() if reread.due_at else None,
    )
    assert after == await world.payment()


async def test_what_is_read_again_is_the_entity_as_it_stands_then():
    acme = Rereads()
    world = await paid(acme)
    held = await in_doubt(world)
    acme.shows = Observation(replace(acme.sale, status=PaymentStatus.refunded))

    after = await world.observe.again(held)

    assert isinstance(after, Payment)
    assert (PaymentStatus.refunded, [("payment#acme-SALE1", 1)]) == (after.status, acme.asked)
    assert after == await world.payment()


async def test_a_dispute_is_asked_about_until_the_api_shows_it():
    acme = Rereads()
    world = await paid(acme)
    claimed = await world.observe.apply(DISPUTE, acme, None, Claimed(OPEN, "403"))
    assert isinstance(claimed, Dispute)
    waiting = await world.observe.again(claimed)
    assert isinstance(waiting, Dispute)
    assert (False, True) == (waiting.confirmed, waiting.due_at is not None)
    acme.shows = OPEN

    after = await world.observe.again(waiting)

    assert isinstance(after, Dispute)
    assert (True, None) == (after.confirmed, after.operation(OperationKind.reread) and None)
    assert [("dispute#acme-D-1", 0)] * 2 == acme.asked
    done = after.operation(OperationKind.reread)
    assert done is None or not done.open


@pytest.mark.parametrize("disputed", [True, False])
async def test_that_a_payment_is_disputed_is_written_once(disputed: bool):
    world = World()
    held = payment("acme-SALE1", gateway="acme", disputed=not disputed)
    await world.ledger.commit(Change(held, None))

    after = await world.observe.disputed(held, disputed)
    again = await world.observe.disputed(after, disputed)

    assert (disputed, 1, after) == (after.disputed, after.version, again)
