"""`resolve` of captures, invoices, what is recorded on them, and collections."""

from __future__ import annotations

from typing import Any

from penstock.api import Money
from penstock.domain import rules
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import Ref
from penstock.operators.resolving import Outcome, Resolve, Resolved
from tests.unit.operators.resolving import (
    SEEN,
    audited,
    lost_capture,
    lost_collection,
    lost_invoice,
    lost_record,
    resolve,
    told,
)
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.invoicing import operation
from tests.unit.pipeline.owing import ask as ask_to_collect
from tests.unit.pipeline.owing import collection
from tests.unit.pipeline.owing import told as of_collections
from tests.unit.pipeline.owing import work as collect
from tests.unit.pipeline.till import PAYMENT


class TestACapture:
    async def test_one_that_succeeded_is_paid(self):
        store = await lost_capture()
        done = await resolve(store, Outcome.succeeded, "CAP-7", of=PAYMENT)
        held = await store.ledger.load(Payment, PAYMENT)

        assert held is not None
        assert held.transaction is not None
        assert (PaymentStatus.succeeded, "CAP-7") == (held.status, held.transaction.id)
        assert SEEN == done.operation.reason

    async def test_one_that_failed_is_declined(self):
        store = await lost_capture()
        await resolve(store, Outcome.failed, of=PAYMENT)
        held = await store.ledger.load(Payment, PAYMENT)

        assert held is not None
        assert PaymentStatus.declined is held.status


class TestAnInvoice:
    async def test_one_that_is_recorded_is_published_as_paid(self):
        world = await lost_invoice()
        await resolve(world, Outcome.succeeded, "INV-7", of="acme-SALE1")

        made = await operation(world)
        assert (OperationState.succeeded, "INV-7") == (made.state, made.reference)
        assert ["invoice.paid"] == await told(world)

    async def test_one_that_is_not_there_is_withheld_and_can_be_made_again(self):
        world = await lost_invoice()
        await resolve(world, Outcome.failed, of="acme-SALE1")

        assert SEEN == (await world.payment()).invoice_withheld
        assert ["invoice.withheld"] == await told(world)
        assert None is rules.why_not_remake(await world.payment(), new_number=False)


class TestWhatIsRecordedOnAnInvoice:
    async def test_a_record_that_is_there_is_not_made_again(self):
        world = await lost_record()
        done = await resolve(world, Outcome.succeeded, of="acme-SALE1")
        await told(world)

        assert (OperationKind.invoice_refunds, SEEN) == (
            done.operation.kind,
            done.operation.reason,
        )
        assert Money(300, "USD") == (await world.payment()).invoice_refunded
        assert [300] == world.acme.refunds_recorded

    async def test_a_record_that_cannot_be_made_is_not_tried_again_for_that_total(self):
        world = await lost_record()
        await resolve(world, Outcome.failed, of="acme-SALE1")
        await told(world)
        held = await world.payment()

        assert (None, Money(300, "USD")) == (held.invoice_refunded, held.invoice_refund_refused)
        assert [300] == world.acme.refunds_recorded


class TestACollection:
    """`subscriptions resolve`: the same command, on a subscription."""

    async def resolve(self, desk: Desk, ref: Ref, outcome: Outcome, **named: Any) -> Resolved:
        command = Resolve(desk.ledger, desk.clock, desk.ids, audited(desk), {})
        return await command(ref, outcome, SEEN, **named)

    async def test_one_that_failed_is_published_and_another_can_be_asked_for(self):
        desk, ref = await lost_collection()
        await self.resolve(desk, ref, Outcome.failed)
        await desk.publish(ref)
        parked, failed = await of_collections(desk)

        assert "collection.parked" == parked.type
        assert ("collection.failed", SEEN) == (failed.type, failed.data["because"])
        assert OperationState.declined is (await collection(desk)).state
        assert OperationState.reserved is (await ask_to_collect(desk, "k-2")).state

    async def test_one_that_succeeded_has_the_subscription_read_again(self):
        desk, ref = await lost_collection()
        await self.resolve(desk, ref, Outcome.succeeded, reference="SALE-7")
        held = await desk.subscription()
        look = held.operation(OperationKind.access)

        assert (OperationState.succeeded, "SALE-7") == (
            (await collection(desk)).state,
            (await collection(desk)).reference,
        )
        assert look is not None
        assert desk.clock.now() == look.due_at

    async def test_a_message_that_comes_back_afterwards_collects_nothing(self):
        desk, ref = await lost_collection()
        await self.resolve(desk, ref, Outcome.failed)
        before = len(desk.club.collect_calls)
        desk.clock.advance(3600)
        await collect(desk)

        assert before == len(desk.club.collect_calls)
