"""A restriction stops new charges; a charge under way ends."""

from __future__ import annotations

from penstock.api import Declined, Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.domain.restriction import RestrictionKind
from penstock.errors import LedgerUnavailable
from penstock.pipeline.batch import Handled
from tests.unit.operators.restricting import (
    ACME,
    PAYMENT_KIND,
    charge,
    release,
    restrict,
    work,
)
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.world import World


class TestACharge:
    async def test_it_is_left_reserved_its_message_acknowledged_and_sent_after_the_release(self):
        world = World()
        await restrict(world, *ACME)
        await send(world)
        (handled,) = await world.consume(world.payments, world.dispatch)

        assert "done" == handled.status
        assert (PaymentStatus.accepted, OperationState.reserved) == await states(world)
        assert 0 == world.acme.charge_calls
        assert {"visible": 0, "in_flight": 0} == dict(await world.payments.depth())

        assert 1 == (await release(world, *ACME)).due
        await world.sweep()
        await work(world)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
        assert (1, None) == (world.acme.charge_calls, (await charge(world)).restricted_at)

    async def test_the_stage_says_that_it_is_restricted(self):
        world = World()
        await restrict(world, *ACME)
        await send(world)
        (message,) = await world.payments.receive(1, 0)

        because = "held: the gateway is restricted"
        assert Handled("p1", "restricted", because) == await world.dispatch(message)

    async def test_a_lost_answer_is_still_looked_up_while_it_is_restricted(self):
        world = World(Acme(answers=[Unanswered("timeout")], moves_before_answering=True))
        await send(world)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(60)
        await work(world)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    async def test_one_the_gateway_does_not_know_is_not_sent_again_but_looked_up(self):
        world = World(Acme(answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(60)
        await work(world)

        assert (1, OperationState.unknown) == (
            world.acme.charge_calls,
            (await charge(world)).state,
        )
        assert {"visible": 0, "in_flight": 0} == dict(await world.payments.depth())

        # The money of the first try turns up late: the sweep sees it though no message is left.
        world.acme.charges[(await charge(world)).id] = "ch-1"
        world.clock.advance(301)
        await world.sweep()

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
        assert 1 == world.acme.charge_calls

    async def test_one_that_was_lost_is_tried_again_after_the_release(self):
        world = World(Acme(answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(60)
        await work(world)
        await release(world, PAYMENT_KIND, "p1")
        await world.sweep()
        await work(world)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)
        assert 2 == world.acme.charge_calls

    async def test_it_is_restricted_by_its_payer_and_its_subscription_too(self):
        for kind, value in (("payer", "c-1"), ("gateway", "acme")):
            world = World()
            await restrict(world, RestrictionKind(kind), value)
            order = {"amount": 1250, "currency": "USD", "payer": {"reference": "c-1"}}
            await send(world, {"id": "p1", "provider": "acme", "order": order})
            await work(world)

            assert 0 == world.acme.charge_calls, kind

    async def test_others_are_charged_meanwhile(self):
        world = World()
        await send(world, dedup="p1")
        await restrict(world, RestrictionKind.payer, "c-1")
        await restrict(world, RestrictionKind.gateway, "other")
        await work(world)

        assert 1 == world.acme.charge_calls

    async def test_two_restrictions_hold_it_until_both_are_released(self):
        world = World()
        await restrict(world, *ACME)
        await send(world)
        await work(world)
        await restrict(world, PAYMENT_KIND, "p1")
        await release(world, *ACME)
        await world.sweep()
        await work(world)

        assert 0 == world.acme.charge_calls

        await release(world, PAYMENT_KIND, "p1")
        await world.sweep()
        await work(world)

        assert 1 == world.acme.charge_calls

    async def test_a_second_restriction_within_five_minutes_loses_no_message(self):
        """
        The queue drops a message whose deduplication id it has seen in the last five minutes.
        """
        world = World()
        await restrict(world, *ACME)
        await send(world)
        for _ in range(2):
            await work(world)
            await release(world, *ACME)
            await world.sweep()
            await restrict(world, *ACME)
            world.clock.advance(6)
        await work(world)
        await release(world, *ACME)
        world.clock.advance(1)
        await world.sweep()
        await work(world)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    async def test_one_held_while_the_release_ran_is_sent_by_itself(self):
        world = World()
        await restrict(world, *ACME)
        await send(world)
        await work(world)
        await world.restrictions.forget("gateway#acme", (await payment(world)).ref)
        assert 0 == (await release(world, *ACME)).due

        world.clock.advance(301)
        await world.sweep()
        await work(world)

        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    async def test_it_is_looked_at_ever_more_seldom_and_not_sent_while_restricted(self):
        world = World()
        await restrict(world, *ACME)
        await send(world)
        await work(world)
        looks = 0
        for _ in range(24 * 60 // 5):
            world.clock.advance(300)
            looks += len(await world.sweep())

        assert 12 > looks > 5
        assert {"visible": 0, "in_flight": 0} == dict(await world.payments.depth())
        assert OperationState.reserved is (await charge(world)).state

    async def test_nothing_is_submitted_while_the_restrictions_cannot_be_read(self):
        world = World()
        await send(world)
        world.restrictions = Away()  # type: ignore[assignment]  # one that gives no answer
        (result,) = await world.consume(world.payments, world.dispatch)

        assert ("retry", 0) == (result.status, world.acme.charge_calls)


class Away:
    async def list(self) -> None:
        raise LedgerUnavailable("no answer from DynamoDB")


async def test_a_declined_charge_stays_declined_after_a_release():
    world = World(Acme(answers=[Declined("no funds")]))
    await send(world)
    await work(world)
    await restrict(world, PAYMENT_KIND, "p1")

    assert 0 == (await release(world, PAYMENT_KIND, "p1")).due
    assert (PaymentStatus.declined, OperationState.declined) == await states(world)
