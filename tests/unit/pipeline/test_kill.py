"""
Killed at any step, a charge and an invoice end once, and they end.

Every call the pipeline makes of the world is a step. The process dies before the call, or after
it has taken effect and before its answer arrives; then the queue hands the message out again.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import pytest

from penstock.api import (
    BillingCycle,
    Confirmation,
    Confirmed,
    Interval,
    IntervalUnit,
    Money,
    Notification,
    Observation,
    Payer,
    PaymentStatus,
    Plan,
    SubscriptionObservation,
    SubscriptionStatus,
    Transaction,
)
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.subscription import Access, Subscription
from penstock.errors import InvoiceRefused
from penstock.pipeline.batch import Handle
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.world import World

CHARGE = '{"id":"p1","provider":"acme","order":{"amount":1250,"currency":"USD"}}'


class Killed(BaseException):
    """The process is gone: no handler of ours may catch it."""


class Dying:
    """Goes around every port: the process dies at the n-th call, before or after its effect."""

    def __init__(self, step: int, *, after: bool) -> None:
        self._left = step
        self._after = after
        self.died = False

    def __call__(self, port: Any) -> Any:
        return _Around(port, self)

    async def step(self, call: Callable[[], Awaitable[Any]]) -> Any:
        self._left -= 1
        if self._left != 0 or self.died:
            return await call()
        self.died = True
        if self._after:
            await call()
        raise Killed


class _Around:
    """A port whose every call is a step; its members are its own, as Protocol checks want them."""

    def __init__(self, port: Any, dying: Dying) -> None:
        for name in (one for one in dir(port) if not one.startswith("_")):
            member = getattr(port, name)
            steps = callable(member) and name not in {"read", "refund_window"}
            setattr(self, name, partial(_step, dying, member) if steps else member)


async def _step(dying: Dying, member: Callable[..., Any], *args: Any, **kw: Any) -> Any:
    return await dying.step(lambda: member(*args, **kw))


class Selling(Acme):
    """A bank whose sale is the first payment of a subscription."""

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        payer = Payer("PAYER1", "Ann", self.email)
        return Confirmed(Observation(self.sale, payer=payer, subscription="I-1"))

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        monthly = BillingCycle(Interval(IntervalUnit.month), self.sale.amount)
        return SubscriptionObservation(
            reference, SubscriptionStatus.active, NOON, Plan("GOLD"), (monthly,), status_at=NOON
        )


def unrecordable() -> Acme:
    """A bank that mails invoices and takes no record of their payment."""

    def refuse() -> None:
        raise InvoiceRefused("never")

    return Acme(on_record=refuse)


def partly_refunded() -> Acme:
    """A bank that shows a sale for the first time when some of its money is back."""
    back = Transaction("R1", "refund", PaymentStatus.refunded, Money(300, "USD"), NOON)
    bank = Acme(steps=(back,))
    bank.sale = replace(bank.sale, status=PaymentStatus.partially_refunded)
    return bank


async def live_until_done(world: World, queue_name: str, stage: str) -> None:
    """Queue and sweep by turns until neither has anything left, over as many lives as it takes."""
    queue = getattr(world, queue_name)
    for _ in range(20):
        try:
            handle: Handle = getattr(world, stage)
            await world.consume(queue, handle)
            world.clock.advance(200)
            await world.sweep()
        except Killed:
            world.clock.advance(200)
            continue
        if not any((await queue.depth()).values()):
            return
    raise AssertionError("it never ended")


async def ended(world: World, entity: str, kind: OperationKind) -> Payment:
    payment = await world.ledger.load(Payment, entity)
    assert payment is not None
    operation = payment.operation(kind)
    assert operation is not None
    assert (OperationState.succeeded, False) == (operation.state, payment.unsent)
    return payment


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 9))
async def test_a_charge_killed_at_any_step_moves_its_money_once(step: int, after: bool):
    dying = Dying(step, after=after)
    world = World(wrap=dying)
    await world.payments.send(Outgoing(CHARGE, group="p1", dedup="p1"))

    await live_until_done(world, "payments", "charge")

    await ended(world, "p1", OperationKind.charge)
    assert 1 == len(world.acme.charges)
    assert ["payment.succeeded"] == [event.type for event in await world.published()]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 19))
async def test_an_invoice_killed_at_any_step_is_made_sent_and_recorded_once(
    step: int, after: bool
):
    dying = Dying(step, after=after)
    world = World(wrap=dying)
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    await live_until_done(world, "verified", "process")

    await ended(world, "acme-SALE1", OperationKind.invoice)
    assert (1, 1, 1) == (
        len(world.acme.invoices),
        len(world.acme.mails),
        len(set(world.acme.recorded)),
    )
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 20))
async def test_an_invoice_that_cannot_be_recorded_killed_at_any_step_is_cancelled_once(
    step: int, after: bool
):
    world = World(unrecordable(), wrap=Dying(step, after=after))
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    await live_until_done(world, "verified", "process")

    assert (["INV-1"], ["INV-1"]) == (world.acme.mails, world.acme.cancelled)
    told = await world.published()
    assert ["payment.succeeded", "invoice.withheld"] == [event.type for event in told]
    assert "never" == told[-1].data["because"]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 25))
async def test_a_subscriptions_sale_killed_at_any_step_renews_it_once_and_is_invoiced_once(
    step: int, after: bool
):
    """
    The payment's own end and the subscription's events wait for each other's commits.
    """
    world = World(Selling(), wrap=Dying(step, after=after))
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    await live_until_done(world, "verified", "process")

    payment = await ended(world, "acme-SALE1", OperationKind.invoice)
    subscription = await world.ledger.load(Subscription, "acme-I-1")
    assert subscription is not None
    assert (None, None) == (payment.operation(OperationKind.follow), payment.due_at)
    assert (Access.active, False) == (subscription.access, subscription.unsent)
    assert (1, 1) == (len(world.acme.invoices), len(world.acme.mails))
    assert ["invoice.paid", "payment.succeeded", "subscription.renewed"] == sorted(
        event.type for event in await world.published()
    )


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 25))
async def test_an_invoice_with_a_refund_killed_at_any_step_has_the_refund_once(
    step: int, after: bool
):
    world = World(partly_refunded(), wrap=Dying(step, after=after))
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    await live_until_done(world, "verified", "process")
    for _ in range(6):
        # A refund that may have been recorded is waited for before it is recorded again.
        world.clock.advance(200)
        await world.sweep()

    await ended(world, "acme-SALE1", OperationKind.invoice_refunds)
    assert (1, 1, [300]) == (
        len(world.acme.invoices),
        len(world.acme.mails),
        world.acme.refunds_recorded,
    )
    assert ["payment.succeeded", "payment.refunded", "invoice.paid"] == [
        e.type for e in await world.published()
    ]


@pytest.mark.parametrize(
    ("queue", "stage", "body", "acme", "steps"),
    [
        ("payments", "charge", CHARGE, Acme, 8),
        ("verified", "process", notification().dumps(), Acme, 18),
        ("verified", "process", notification().dumps(), unrecordable, 19),
        ("verified", "process", notification().dumps(), partly_refunded, 24),
        ("verified", "process", notification().dumps(), Selling, 24),
    ],
)
async def test_the_steps_above_cover_every_call_of_a_whole_life(
    queue: str, stage: str, body: str, acme: Callable[[], Acme], steps: int
):
    never = Dying(10_000, after=False)
    world = World(acme(), wrap=never)
    await getattr(world, queue).send(Outgoing(body, group="g", dedup="d"))

    await world.consume(getattr(world, queue), getattr(world, stage))

    assert steps == 10_000 - never._left
