"""`resolve` of a charge and of what went back: the person's word settles it, once."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import Money, Pending, Refused, Unanswered
from penstock.domain import rules
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.resolving import Outcome
from tests.unit.operators.resolving import SEEN, lost_refund, parked, resolve, told, work
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.refunds import ask, refunds
from tests.unit.pipeline.world import LEASE, World


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
    async def test_one_that_failed_frees_its_amount(self):
        world = await lost_refund()
        held = rules.refundable(await payment(world))
        await resolve(world, Outcome.failed)
        (refund,) = await refunds(world)

        assert Money(750, "USD") == held
        assert OperationState.declined is refund.state
        assert Money(1250, "USD") == rules.refundable(await payment(world))
        assert ["refund.failed"] == await told(world)

    async def test_one_that_succeeded_is_gone_once(self):
        world = await lost_refund()
        await resolve(world, Outcome.succeeded, "RE-7")
        held = await payment(world)

        assert (Money(500, "USD"), PaymentStatus.partially_refunded) == (
            held.refunded,
            held.status,
        )
        assert Money(750, "USD") == rules.refundable(held)
        assert ["payment.refunded"] == await told(world)

    async def test_a_repeat_is_not_about_another_one_that_is_in_doubt_by_now(self):
        """
        The answer to the first try was lost: the same words may mean either.
        """
        world = await lost_refund()
        await resolve(world, Outcome.failed)
        world.acme.refund_answers = [Unanswered("timeout")]
        await ask(world, 1000, key="k-2")
        await work(world)
        world.clock.advance(LEASE.total_seconds())
        with pytest.raises(CommandRefused, match="--operation"):
            await resolve(world, Outcome.failed)

        assert {OperationState.declined, OperationState.unknown} == {
            one.state for one in await refunds(world)
        }
