"""A restriction keeps every new call that moves money; what is under way ends, facts come in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.api import Declined, Money, NotSent, Unanswered
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.domain.restriction import RestrictionKind
from penstock.errors import CommandRefused, LedgerUnavailable, UnknownPayment
from penstock.operators.audited import Audited
from penstock.operators.restrictions import Release, Released, Restrict, Restricted
from penstock.pipeline.batch import Handled
from penstock.pipeline.gate import Gate
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.invoicing import arrive, operation
from tests.unit.pipeline.refunds import ask, refunds
from tests.unit.pipeline.till import PAYMENT, Store
from tests.unit.pipeline.world import World

ADA = "arn:aws:iam::123456789012:user/ada"
PAYMENT_KIND = RestrictionKind.payment
ACME = (RestrictionKind.gateway, "acme")


def audited(world: Any) -> Audited:
    return Audited(MemoryAudit(), world.clock, world.ids, ADA)


async def restrict(world: Any, kind: RestrictionKind, value: str) -> Restricted:
    command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
    return await command(kind, value, "fraud")


async def release(world: Any, kind: RestrictionKind, value: str) -> Released:
    command = Release(world.ledger, world.restrictions, world.clock, world.ids, audited(world))
    return await command(kind, value, "a mistake")


async def charge(world: World) -> Operation:
    found = (await payment(world)).operation(OperationKind.charge)
    assert found is not None
    return found


async def work(world: World) -> None:
    await world.consume(world.payments, world.dispatch)


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


class TestTheGate:
    async def test_a_restriction_holds_after_five_seconds_at_the_latest(self):
        world = World()
        gate = Gate(world.restrictions, world.clock)
        await send(world)
        await work(world)
        held = await payment(world)
        assert await gate(held) is None

        await restrict(world, *ACME)
        world.clock.advance(5)

        assert await gate(held) is not None

    async def test_the_list_is_read_once_in_five_seconds(self):
        clock, listed = FrozenClock(), Listed()
        gate = Gate(listed, clock)  # type: ignore[arg-type]  # only lists
        held = Payment(
            id="p1",
            gateway="acme",
            order=Order(Money(1, "USD")),
            status=PaymentStatus.accepted,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        for _ in range(10):
            await gate(held)
            clock.advance(0.9)

        assert 2 == listed.reads


class Listed:
    def __init__(self) -> None:
        self.reads = 0

    async def list(self) -> list[Any]:
        self.reads += 1
        return []


class TestTheCommands:
    async def test_restricting_says_what_waits_and_what_is_under_way(self):
        world = World(Acme(answers=[NotSent("away")]))
        await send(world)
        await work(world)
        done = await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(1)
        again = await restrict(world, PAYMENT_KIND, "p1")

        assert (True, [OperationKind.charge], ()) == (
            done.anew,
            [one.kind for one in done.waiting],
            done.under_way,
        )
        assert (False, done.restriction) == (again.anew, again.restriction)

    async def test_a_dry_run_changes_nothing(self):
        world = World()
        await send(world)
        await work(world)
        command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
        dry = await command(PAYMENT_KIND, "p1", "fraud", dry_run=True)

        assert (True, None) == (dry.anew, dry.restriction)
        assert [] == list(await world.restrictions.list())

    async def test_an_unknown_payment_an_empty_reason_and_no_name_are_refused(self):
        world = World()
        with pytest.raises(UnknownPayment):
            await restrict(world, PAYMENT_KIND, "p9")
        with pytest.raises(CommandRefused):
            await restrict(world, RestrictionKind.payer, "")
        command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
        with pytest.raises(CommandRefused):
            await command(*ACME, " ")

        assert [] == list(await world.restrictions.list())

    async def test_a_release_that_was_killed_goes_on_where_it_was(self):
        world = World()
        await restrict(world, *ACME)
        for number in range(3):
            body = (
                f'{{"id":"p{number}","provider":"acme","order":{{"amount":1,"currency":"USD"}}}}'
            )
            await world.payments.send(Outgoing(body, group=f"p{number}", dedup=f"p{number}"))
        await work(world)
        # Killed after the restriction was lifted and the first was released.
        await world.restrictions.lift("gateway#acme")
        (first, *_) = await world.restrictions.held("gateway#acme", 1)
        await world.restrictions.forget("gateway#acme", first)

        assert Released(None, 2) == await release(world, *ACME)
        assert Released(None, 0) == await release(world, *ACME)


@dataclass
class Racing:
    """Goes around every port: the restriction is put before the n-th call of the world."""

    step: int
    put: Callable[[], Awaitable[Any]]
    calls: int = 0

    def __call__(self, port: Any) -> Any:
        return _Racing(port, self)

    async def before(self) -> None:
        self.calls += 1
        if self.calls == self.step:
            await self.put()


class _Racing:
    def __init__(self, port: Any, racing: Racing) -> None:
        for name in (one for one in dir(port) if not one.startswith("_")):
            member = getattr(port, name)
            plain = not callable(member) or name in {"read", "refund_window"}
            setattr(self, name, member if plain else _step(member, racing))


def _step(member: Callable[..., Any], racing: Racing) -> Callable[..., Any]:
    async def call(*args: Any, **named: Any) -> Any:
        await racing.before()
        return await member(*args, **named)

    return call


STEPS = 30


class TestARestrictionThatIsPutAtAnyMoment:
    """
    What is under way then ends; nothing else is submitted; a release brings it to its end once.
    """

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_charge(self, step: int):
        world = World()
        racing = Racing(step, lambda: restrict(world, *ACME))
        await send(world)
        world.wrap = racing
        await work(world)
        world.wrap = lambda port: port

        whole = (PaymentStatus.succeeded, OperationState.succeeded)
        held = (PaymentStatus.accepted, OperationState.reserved)
        assert await states(world) == (whole if world.acme.charge_calls else held)
        await self.released(world)
        assert (whole, 1) == (await states(world), world.acme.charge_calls)

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_refund(self, step: int):
        world = World()
        await send(world)
        await work(world)
        await ask(world, 500)
        racing = Racing(step, lambda: restrict(world, *ACME))
        world.wrap = racing
        await work(world)
        world.wrap = lambda port: port
        (refund,) = await refunds(world)

        moved = len(world.acme.refund_calls)
        assert refund.state is (OperationState.succeeded if moved else OperationState.reserved)
        await self.released(world)
        (refund,) = await refunds(world)
        assert (OperationState.succeeded, 1) == (refund.state, len(world.acme.refund_calls))

    @pytest.mark.parametrize("step", range(1, 22))
    async def test_during_an_invoice(self, step: int):
        world = World()
        racing = Racing(step, lambda: restrict(world, *ACME))
        await arrive(world)
        world.wrap = racing
        await world.consume(world.verified, world.process)
        world.wrap = lambda port: port
        made = await operation(world)

        begun = len(world.acme.invoices)
        assert made.state is (OperationState.succeeded if begun else OperationState.reserved)
        await self.released(world)
        assert (1, 1, OperationState.succeeded) == (
            len(world.acme.mails),
            len(world.acme.recorded),
            (await operation(world)).state,
        )

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_capture(self, step: int):
        store = Store()
        await store.pay()
        store.till.approve()
        await store.back()
        racing = Racing(step, lambda: restrict(store, RestrictionKind.gateway, "till"))
        store.wrap = racing
        await store.work()
        store.wrap = lambda port: port

        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        whole, waits = PaymentStatus.succeeded, PaymentStatus.approval_pending
        assert held.status is (whole if store.till.captures else waits)
        await release(store, RestrictionKind.gateway, "till")
        await store.sweep()
        await store.work()
        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        assert (whole, 1) == (held.status, len(store.till.captures))

    async def released(self, world: World) -> None:
        await release(world, *ACME)
        await world.sweep()
        await work(world)


async def test_a_declined_charge_stays_declined_after_a_release():
    world = World(Acme(answers=[Declined("no funds")]))
    await send(world)
    await work(world)
    await restrict(world, PAYMENT_KIND, "p1")

    assert 0 == (await release(world, PAYMENT_KIND, "p1")).due
    assert (PaymentStatus.declined, OperationState.declined) == await states(world)
