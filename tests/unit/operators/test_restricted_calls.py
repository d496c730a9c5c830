"""A restriction stops new refunds, invoices and captures; what is under way ends."""

from __future__ import annotations

from dataclasses import replace

from penstock.api import Money, Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.restriction import RestrictionKind
from penstock.ports import Outgoing
from tests.unit.operators.restricting import (
    ACME,
    PAYMENT_KIND,
    release,
    restrict,
    work,
)
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.charging import send
from tests.unit.pipeline.invoicing import arrive, operation
from tests.unit.pipeline.refunds import ask, refunds
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import PAYMENT
from tests.unit.pipeline.world import World


class TestARefund:
    async def test_it_is_held_and_sent_after_the_release(self):
        world = World()
        await send(world)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        await ask(world, 500)
        await work(world)
        (held,) = await refunds(world)

        assert (OperationState.reserved, []) == (held.state, world.acme.refund_calls)

        await release(world, PAYMENT_KIND, "p1")
        await world.sweep()
        await work(world)
        (sent,) = await refunds(world)

        assert (OperationState.succeeded, 1) == (sent.state, len(world.acme.refund_calls))

    async def test_a_lost_one_is_not_asked_for_again_which_could_move_money(self):
        world = World(Acme(refund_answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await ask(world, 500)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(60)
        await work(world)
        for _ in range(5):
            world.clock.advance(3600)
            await world.sweep()
            await work(world)
        (held,) = await refunds(world)

        assert (OperationState.unknown, 1) == (held.state, len(world.acme.refund_calls))

        await release(world, PAYMENT_KIND, "p1")
        await world.sweep()
        await work(world)
        (sent,) = await refunds(world)

        assert (OperationState.succeeded, 2) == (sent.state, len(world.acme.refund_calls))
        assert 1 == len(world.acme.sent_back)


class TestAnInvoice:
    async def test_it_is_not_made_while_restricted_and_its_payment_is_published(self):
        world = World()
        await restrict(world, *ACME)
        await arrive(world)
        await world.consume(world.verified, world.process)

        assert ["payment.succeeded"] == [one.type for one in await world.published()]
        assert ([], OperationState.reserved) == (
            world.acme.invoices,
            (await operation(world)).state,
        )

        await release(world, *ACME)
        await world.sweep()

        assert (["INV-1"], OperationState.succeeded) == (
            world.acme.mails,
            (await operation(world)).state,
        )

    async def test_one_in_doubt_is_looked_for_and_neither_sent_nor_recorded(self):
        acme = Acme(create_answers=[Unanswered("timeout")], creates_before_answering=True)
        world = World(acme)
        await arrive(world)
        await world.consume(world.verified, world.process)
        await restrict(world, PAYMENT_KIND, "acme-SALE1")
        for _ in range(3):
            world.clock.advance(400)
            await world.sweep()

        assert ([], []) == (acme.mails, acme.recorded)

        await release(world, PAYMENT_KIND, "acme-SALE1")
        await world.sweep()

        assert (["INV-1"], 1, OperationState.succeeded) == (
            acme.mails,
            len(acme.recorded),
            (await operation(world)).state,
        )

    async def test_what_went_back_is_recorded_on_it_after_the_release_only(self):
        world = World()
        await arrive(world)
        await world.consume(world.verified, world.process)
        await restrict(world, *ACME)
        back = replace(world.acme.sale, id="R1", kind="refund", status=PaymentStatus.refunded)
        world.acme.steps = (replace(back, amount=Money(300, "USD")),)
        world.acme.sale = replace(world.acme.sale, status=PaymentStatus.partially_refunded)
        second = notification("WH-2", delivery_id="d-2", transmission="t-2")
        await world.verified.send(Outgoing(second.dumps(), group=second.group, dedup="d-2"))
        await world.consume(world.verified, world.process)

        assert [] == world.acme.refunds_recorded
        assert Money(300, "USD") == (await world.payment()).refunded

        await release(world, *ACME)
        await world.sweep()

        assert [300] == world.acme.refunds_recorded


class TestACapture:
    async def approved(self) -> Store:
        store = Store()
        await store.pay()
        store.till.approve()
        await restrict(store, RestrictionKind.gateway, "till")
        await store.back()
        await store.work()
        return store

    async def test_what_the_buyer_approves_meanwhile_is_captured_after_the_release(self):
        store = await self.approved()

        assert [] == store.till.captures

        await release(store, RestrictionKind.gateway, "till")
        await store.sweep()
        await store.work()

        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        assert (1, PaymentStatus.succeeded) == (len(store.till.moved), held.status)

    async def test_the_page_that_polls_sends_no_message(self):
        store = await self.approved()
        for _ in range(5):
            store.clock.advance(6)
            await store.back(arrived=False)

        assert {"visible": 0, "in_flight": 0} == dict(await store.payments.depth())

    async def test_a_checkout_that_ends_meanwhile_expires(self):
        store = await self.approved()
        store.till.close()
        store.clock.advance(4 * 3600)
        await store.sweep()

        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        assert (PaymentStatus.expired, [], None) == (held.status, store.till.moved, held.due_at)

    async def test_one_that_is_still_approved_when_its_time_is_up_waits_for_the_release(self):
        store = await self.approved()
        store.clock.advance(4 * 3600)
        await store.sweep()
        await release(store, RestrictionKind.gateway, "till")
        await store.sweep()
        await store.work()

        assert 1 == len(store.till.moved)

    async def test_a_lost_capture_is_still_read_while_restricted(self):
        store = Store()
        await store.pay()
        store.till.approve()
        store.till.capture_answers = [Unanswered("timeout")]
        await store.back()
        await store.work()
        await restrict(store, RestrictionKind.gateway, "till")
        store.clock.advance(60)
        await store.work()

        assert 1 == len(store.till.captures)

        store.till._capture(store.till.captures[0])
        for _ in range(3):
            store.clock.advance(400)
            await store.sweep()

        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        assert (1, PaymentStatus.succeeded) == (len(store.till.captures), held.status)
