"""`resolve`: what a person found out settles an operation as the gateway's answer would have."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.api import Critical, Money, Pending, Refused, Unanswered
from penstock.domain import rules
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.audited import Audited
from penstock.operators.reprocessing import Reprocess, Reprocessing
from penstock.operators.resolving import Outcome, Resolve, Resolved
from penstock.queries.operations import FindOperation
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.club import Club, Desk
from tests.unit.pipeline.invoicing import arrive, away_once, operation
from tests.unit.pipeline.refunds import ask, refunds
from tests.unit.pipeline.test_collect import ask as ask_to_collect
from tests.unit.pipeline.test_collect import collection, owing
from tests.unit.pipeline.test_collect import told as of_collections
from tests.unit.pipeline.test_collect import work as collect
from tests.unit.pipeline.test_invoice_refunds import invoiced, news, part_gone, refund
from tests.unit.pipeline.till import PAYMENT, Store
from tests.unit.pipeline.world import LEASE, World

SEEN = "the gateway's dashboard shows it"


def audited(world: Any) -> Audited:
    return Audited(MemoryAudit(), world.clock, world.ids, "arn:aws:iam::1:user/ada")


async def resolve(
    world: Any, outcome: Outcome, reference: str | None = None, *, of: str = "p1", **named: Any
) -> Resolved:
    can = {"acme": rules.Abilities(), "till": rules.Abilities()}
    command = Resolve(world.ledger, world.clock, world.ids, audited(world), can)
    ref = Ref(EntityKind.payment, of)
    return await command(ref, outcome, SEEN, reference=reference, **named)


async def work(world: World) -> None:
    await world.consume(world.payments, world.dispatch)


async def parked() -> World:
    """A charge whose answer was lost, at a gateway that keeps no idempotency keys."""
    world = World(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
    await send(world)
    await work(world)
    world.clock.advance(60)
    await work(world)
    assert (PaymentStatus.parked, OperationState.unknown) == await states(world)
    await world.published()
    return world


async def told(world: World) -> list[str]:
    world.clock.advance(120)
    await world.sweep()
    return [event.type for event in await world.published()]


class TestACharge:
    async def test_one_that_succeeded_is_paid_and_published_with_the_gateways_id(self):
        world = await parked()
        done = await resolve(world, Outcome.succeeded, "ch-7")

        held = await payment(world)
        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
        assert ("ch-7", SEEN) == (done.operation.reference, done.operation.reason)
        assert held.transaction is not None
        assert ("ch-7", Money(1250, "USD")) == (held.transaction.id, held.transaction.amount)
        assert ["payment.succeeded"] == await told(world)

    async def test_one_that_failed_is_declined_with_the_evidence(self):
        world = await parked()
        await resolve(world, Outcome.failed)

        assert (PaymentStatus.declined, OperationState.declined) == await states(world)
        assert SEEN == (await payment(world)).reason
        assert ["payment.declined"] == await told(world)

    async def test_a_second_resolve_changes_nothing(self):
        world = await parked()
        await resolve(world, Outcome.succeeded, "ch-7")
        before = await payment(world)
        again = await resolve(
            world, Outcome.succeeded, "ch-7", operation_id=before.operations[0].id
        )

        assert (True, before) == (again.already, await payment(world))

    async def test_one_that_succeeded_cannot_be_resolved_as_failed(self):
        world = World()
        await send(world)
        await work(world)
        charge = (await payment(world)).operations[0]
        with pytest.raises(CommandRefused, match="it succeeded"):
            await resolve(world, Outcome.failed, operation_id=charge.id)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    @pytest.mark.parametrize(
        ("acme", "because"),
        [
            (Acme(answers=[Pending("ch-1")]), "not decided"),
            (Acme(answers=[Unanswered("timeout")]), "under way"),
        ],
    )
    async def test_one_that_is_pending_or_under_way_is_refused(self, acme: Acme, because: str):
        world = World(acme)
        await send(world)
        await work(world)
        charge = (await payment(world)).operations[0]
        with pytest.raises(CommandRefused, match=because):
            await resolve(world, Outcome.failed, operation_id=charge.id)

    async def test_one_that_was_not_sent_is_refused(self):
        world = World()
        await send(world)
        order_only = rules.accept(
            "p2", "acme", rules_order(), now=world.clock.now(), new_id=world.ids.new
        )
        await world.ledger.commit(order_only)
        charge = order_only.entity.operations[0]
        with pytest.raises(CommandRefused, match="not sent"):
            await resolve(world, Outcome.failed, of="p2", operation_id=charge.id)

    async def test_one_the_gateway_refused_can_only_have_failed(self):
        world = World(Acme(answers=[Refused("wrong account")]))
        await send(world)
        await work(world)
        with pytest.raises(CommandRefused, match="refused the charge"):
            await resolve(world, Outcome.succeeded, "ch-1")
        await resolve(world, Outcome.failed)

        assert (PaymentStatus.declined, OperationState.declined) == await states(world)

    async def test_a_success_needs_the_gateways_id(self):
        world = await parked()
        with pytest.raises(CommandRefused, match="--gateway-id"):
            await resolve(world, Outcome.succeeded)

    async def test_a_dry_run_changes_nothing(self):
        world = await parked()
        before = await payment(world)
        await resolve(world, Outcome.succeeded, "ch-7", dry_run=True)

        assert before == await payment(world)

    async def test_what_is_not_there_and_what_is_not_in_doubt_is_refused(self):
        world = World()
        await send(world)
        await work(world)
        with pytest.raises(UnknownPayment):
            await resolve(world, Outcome.failed, of="p9")
        with pytest.raises(UnknownPayment):
            await resolve(world, Outcome.failed, operation_id="o-9")
        with pytest.raises(CommandRefused, match="none of its operations"):
            await resolve(world, Outcome.failed)

    async def test_the_message_that_comes_back_afterwards_charges_nothing(self):
        world = World(Acme(answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        world.clock.advance(30)
        await resolve(world, Outcome.failed)
        world.clock.advance(60)
        await work(world)

        assert (PaymentStatus.declined, OperationState.declined) == await states(world)
        assert 1 == world.acme.charge_calls


def rules_order() -> Any:
    from penstock.domain.payment import Order

    return Order(Money(1, "USD"))


class TestARefund:
    async def lost(self) -> World:
        """A refund that was parked because the gateway has forgotten the request."""
        world = World(Acme(refund_answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await ask(world, 500)
        await work(world)
        world.clock.advance(timedelta(days=30).total_seconds())
        await work(world)
        await world.published()
        return world

    async def test_one_that_failed_frees_its_amount(self):
        world = await self.lost()
        held = rules.refundable(await payment(world))
        await resolve(world, Outcome.failed)
        (refund,) = await refunds(world)

        assert Money(750, "USD") == held
        assert OperationState.declined is refund.state
        assert Money(1250, "USD") == rules.refundable(await payment(world))
        assert ["refund.failed"] == await told(world)

    async def test_one_that_succeeded_is_gone_once(self):
        world = await self.lost()
        await resolve(world, Outcome.succeeded, "RE-7")
        held = await payment(world)

        assert (Money(500, "USD"), PaymentStatus.partially_refunded) == (
            held.refunded,
            held.status,
        )
        assert Money(750, "USD") == rules.refundable(held)
        assert ["payment.refunded"] == await told(world)


class TestACapture:
    async def lost(self) -> Store:
        store = Store()
        await store.pay()
        store.till.approve()
        store.till.capture_answers = [Critical("broke")]
        await store.back()
        await store.work()
        store.clock.advance(60)
        return store

    async def test_one_that_succeeded_is_paid(self):
        store = await self.lost()
        done = await resolve(store, Outcome.succeeded, "CAP-7", of=PAYMENT)
        held = await store.ledger.load(Payment, PAYMENT)

        assert held is not None
        assert held.transaction is not None
        assert (PaymentStatus.succeeded, "CAP-7") == (held.status, held.transaction.id)
        assert SEEN == done.operation.reason

    async def test_one_that_failed_is_declined(self):
        store = await self.lost()
        await resolve(store, Outcome.failed, of=PAYMENT)
        held = await store.ledger.load(Payment, PAYMENT)

        assert held is not None
        assert PaymentStatus.declined is held.status


class TestAnInvoice:
    async def lost(self) -> World:
        world = World(Acme(create_answers=[Unanswered("timeout")], searchable=False))
        await arrive(world)
        await world.consume(world.verified, world.process)
        await world.published()
        return world

    async def test_one_that_is_recorded_is_published_as_paid(self):
        world = await self.lost()
        await resolve(world, Outcome.succeeded, "INV-7", of="acme-SALE1")

        made = await operation(world)
        assert (OperationState.succeeded, "INV-7") == (made.state, made.reference)
        assert ["invoice.paid"] == await told(world)

    async def test_one_that_is_not_there_is_withheld_and_can_be_made_again(self):
        world = await self.lost()
        await resolve(world, Outcome.failed, of="acme-SALE1")

        assert SEEN == (await world.payment()).invoice_withheld
        assert ["invoice.withheld"] == await told(world)
        assert None is rules.why_not_remake(await world.payment(), new_number=False)


class TestWhatIsRecordedOnAnInvoice:
    async def lost(self) -> World:
        """A refund of 3.00 whose record on the invoice was not answered."""
        world = await invoiced(Acme(after_refund=away_once()))
        part_gone(world.acme, refund(300))
        world.acme.refunds_shown = False
        await news(world, "WH-2")
        world.clock.advance(LEASE.total_seconds() + 1)
        await world.published()
        return world

    async def test_a_record_that_is_there_is_not_made_again(self):
        world = await self.lost()
        done = await resolve(world, Outcome.succeeded, of="acme-SALE1")
        await told(world)

        assert (OperationKind.invoice_refunds, SEEN) == (
            done.operation.kind,
            done.operation.reason,
        )
        assert Money(300, "USD") == (await world.payment()).invoice_refunded
        assert [300] == world.acme.refunds_recorded

    async def test_a_record_that_cannot_be_made_is_not_tried_again_for_that_total(self):
        world = await self.lost()
        await resolve(world, Outcome.failed, of="acme-SALE1")
        await told(world)
        held = await world.payment()

        assert (None, Money(300, "USD")) == (held.invoice_refunded, held.invoice_refund_refused)
        assert [300] == world.acme.refunds_recorded


class TestACollection:
    """`subscriptions resolve`: the same command, on a subscription."""

    async def lost(self) -> tuple[Desk, Ref]:
        desk = await owing(Club(collect_answers=[Unanswered("lost")]))
        await ask_to_collect(desk)
        await collect(desk)
        desk.clock.advance(timedelta(hours=72).total_seconds())
        await collect(desk)
        return desk, (await desk.subscription()).ref

    async def resolve(self, desk: Desk, ref: Ref, outcome: Outcome, **named: Any) -> Resolved:
        command = Resolve(desk.ledger, desk.clock, desk.ids, audited(desk), {})
        return await command(ref, outcome, SEEN, **named)

    async def test_one_that_failed_is_published_and_another_can_be_asked_for(self):
        desk, ref = await self.lost()
        await self.resolve(desk, ref, Outcome.failed)
        await desk.publish(ref)
        parked, failed = await of_collections(desk)

        assert "collection.parked" == parked.type
        assert ("collection.failed", SEEN) == (failed.type, failed.data["because"])
        assert OperationState.declined is (await collection(desk)).state
        assert OperationState.reserved is (await ask_to_collect(desk, "k-2")).state

    async def test_one_that_succeeded_has_the_subscription_read_again(self):
        desk, ref = await self.lost()
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
        desk, ref = await self.lost()
        await self.resolve(desk, ref, Outcome.failed)
        before = len(desk.club.collect_calls)
        desk.clock.advance(3600)
        await collect(desk)

        assert before == len(desk.club.collect_calls)


class TestAnOperationAlone:
    async def test_an_operation_in_doubt_is_found_at_its_payment(self):
        world = await parked()
        charge = (await payment(world)).operations[0]
        find = FindOperation(world.ledger, world.clock)
        looked: list[int] = []

        assert Ref(EntityKind.payment, "p1") == await find(charge.id, 1, looked.append)
        assert None is await find("o-9", 31)
        assert [1] == looked

    async def test_an_operation_that_is_due_is_found_at_a_subscription(self):
        desk = await owing()
        held = await desk.subscription()
        access = held.operation(OperationKind.access)

        assert access is not None
        assert held.ref == await FindOperation(desk.ledger, desk.clock)(access.id, 1)


class TestReprocess:
    async def reprocess(self, world: World, of: str, *, dry_run: bool = False) -> Reprocessing:
        command = Reprocess(world.ledger, world.clock, world.ids, audited(world))
        return await command(of, "the webhook was lost", dry_run=dry_run)

    async def test_a_parked_charge_whose_money_turned_up_is_settled_by_the_sweep(self):
        world = World(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        world.clock.advance(60)
        await work(world)
        charge = (await payment(world)).operations[0]
        world.acme.charges[charge.id] = "ch-1"
        done = await self.reprocess(world, "p1")
        await world.sweep()

        assert [OperationKind.charge] == [one.kind for one in done.asked]
        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    async def test_a_lost_refund_is_not_asked_for_again(self):
        world = World(Acme(refund_answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await ask(world, 500)
        await work(world)
        done = await self.reprocess(world, "p1")
        for _ in range(2):
            world.clock.advance(60)
            await world.sweep()

        assert [OperationKind.refund] == [one.kind for one in done.left]
        assert 1 == len(world.acme.refund_calls)

    async def test_a_dry_run_and_an_unknown_payment_change_nothing(self):
        world = World()
        await send(world)
        await work(world)
        before = await payment(world)
        dry = await self.reprocess(world, "p1", dry_run=True)
        with pytest.raises(UnknownPayment, match="gap detector"):
            await self.reprocess(world, "p9")

        assert [OperationKind.reread] == [one.kind for one in dry.asked]
        assert before == replace(await payment(world))
