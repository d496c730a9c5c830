"""
How each capability is exercised while the kit watches what the plugin's own code does.

`EXERCISES` has every capability once. From each come two checks of its class: that it takes the
time from its clock, and that it blocks nothing. An exercise takes fixtures by their names, does
what it needs beforehand, and calls each method of the capability inside `with watch(gateway):`.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    Attempt,
    CaptureRequest,
    ChargeRequest,
    CheckoutRequest,
    CollectRequest,
    Confirmed,
    Delivery,
    InvoiceDraft,
    InvoiceRefused,
    Notification,
    Opened,
    Pending,
    RefundRequest,
    Succeeded,
)
from penstock.testing.builders import event
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.checkout import ApproveCheckout
from penstock.testing.conformance.confirming import steps
from penstock.testing.conformance.invoice_refunds import most, paid_invoice
from penstock.testing.conformance.manages import Desk
from penstock.testing.conformance.manages_answers import RETURN, changes
from penstock.testing.conformance.refunds import with_route
from penstock.testing.conformance.subscriptions import TakePayment
from penstock.testing.conformance.watching import Watch

Exercise = Callable[..., Awaitable[None]]
_AN_HOUR = timedelta(hours=1)


async def authenticating(bench: Bench, watch: Watch, genuine: Delivery, now: datetime) -> None:
    """`Webhooks`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.authenticate(genuine, now)
        gateway.read(genuine)


async def confirming(
    bench: Bench, watch: Watch, notification: Notification, now: datetime
) -> None:
    """`Confirm`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.confirm(notification, now)


async def observing(bench: Bench, watch: Watch, genuine: Delivery) -> None:
    """`Observes`."""
    gateway = bench.build()
    notification = gateway.read(genuine)
    with watch(gateway):
        gateway.observe(notification)


async def rereading(bench: Bench, watch: Watch, notification: Notification, now: datetime) -> None:
    """`Reread`, of what was confirmed."""
    gateway = bench.build()
    confirmed = await gateway.confirm(notification, now)
    known = steps(confirmed.observation) if isinstance(confirmed, Confirmed) else ()
    with watch(gateway):
        await gateway.reread(notification.subject, known, now)


async def charging(bench: Bench, watch: Watch, charge_request: ChargeRequest) -> None:
    """`Charges`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.charge(charge_request)


async def looking_up(bench: Bench, watch: Watch, charge_request: ChargeRequest) -> None:
    """`Lookup`, of a charge that was made."""
    gateway = bench.build()
    await gateway.charge(charge_request)
    with watch(gateway):
        await gateway.look_up(charge_request)


async def refunding(bench: Bench, watch: Watch, refund_request: RefundRequest) -> None:
    """`Refunds`."""
    gateway = bench.build()
    request = await with_route(bench, refund_request)
    with watch(gateway):
        await gateway.route_refund(refund_request)
        gateway.refund_window(request.path)
        made = await gateway.refund(request)
        if isinstance(made, Succeeded | Pending):
            await gateway.read_refund(replace(request, reference=made.reference))


async def invoicing(bench: Bench, watch: Watch, invoice_draft: InvoiceDraft) -> None:
    """`Invoices`; a paid one is not taken back."""
    gateway = bench.build()
    with watch(gateway):
        made = await gateway.create_invoice(invoice_draft)
        await gateway.find_invoice(invoice_draft, None)
        await gateway.send_invoice(made.reference, invoice_draft)
        await gateway.record_payment(made.reference, invoice_draft)
        with suppress(InvoiceRefused):
            await gateway.cancel_invoice(made.reference, invoice_draft)


async def recording_refunds(bench: Bench, watch: Watch, invoice_draft: InvoiceDraft) -> None:
    """`InvoiceRefunds`."""
    gateway, reference = await paid_invoice(bench, invoice_draft)
    with watch(gateway):
        await gateway.record_refund(reference, invoice_draft, most(invoice_draft))
        for one in await gateway.invoice_refunds(reference, invoice_draft):
            await gateway.delete_refund(reference, invoice_draft, one.id)


async def listing_plans(bench: Bench, watch: Watch) -> None:
    """`Plans`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.plans()


async def reading_a_subscription(bench: Bench, watch: Watch, subscription: str) -> None:
    """`Subscriptions`."""
    gateway, now = bench.build(), bench.clock.now()
    with watch(gateway):
        await gateway.read_subscription(subscription, now)


async def managing_a_subscription(bench: Bench, watch: Watch, desk: Desk) -> None:
    """`ManagesSubscriptions`: opens one, changes another and ends it."""
    gateway, reference = desk.gateway, await desk.active()
    cancel, suspend, resume = changes(gateway)
    with watch(gateway):
        await gateway.create_subscription(replace(desk.request, operation_id="op-3"))
        await suspend(reference, "on holiday")
        await resume(reference, "back")
        await gateway.revise_subscription(reference, desk.other_plan, *RETURN)
        await cancel(reference, "asked for")


async def checking_out(
    bench: Bench,
    watch: Watch,
    checkout_request: CheckoutRequest,
    approve_checkout: ApproveCheckout,
) -> None:
    """`Checkout`: the buyer approves in between."""
    gateway, now = bench.build(), bench.clock.now()
    with watch(gateway):
        opened = await gateway.open_checkout(checkout_request)
    assert isinstance(opened, Opened)
    await approve_checkout(opened.approval_url)
    capture = CaptureRequest(
        "op-c", checkout_request.payment_id, opened.reference, checkout_request.order
    )
    with watch(gateway):
        await gateway.read_checkout(opened.reference, now)
        await gateway.capture_checkout(capture)


async def collecting(bench: Bench, watch: Watch, collect_request: CollectRequest) -> None:
    """`Collects`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.collect(collect_request)


async def listing_notifications(
    bench: Bench, watch: Watch, genuine: Delivery, now: datetime
) -> None:
    """`History`, of a span in which it sent `genuine`."""
    gateway = bench.build()
    with watch(gateway):
        await gateway.list_notifications(now - _AN_HOUR, now + _AN_HOUR)


async def listing_payments(
    bench: Bench, watch: Watch, subscription: str, take_payment: TakePayment
) -> None:
    """`SubscriptionPayments`, of one that was paid."""
    await take_payment(subscription)
    gateway, now = bench.build(), bench.clock.now()
    with watch(gateway):
        await gateway.list_payments(subscription, now - _AN_HOUR, now + _AN_HOUR)


async def delivering(bench: Bench, watch: Watch) -> None:
    """A sink."""
    sink = bench.build()
    with watch(sink):
        sink.accepts(event())
        await sink.deliver(event(), Attempt(1))


EXERCISES: Mapping[str, Exercise] = {
    "webhooks": authenticating,
    "confirm": confirming,
    "observes": observing,
    "reread": rereading,
    "charges": charging,
    "lookup": looking_up,
    "refunds": refunding,
    "invoices": invoicing,
    "invoicerefunds": recording_refunds,
    "plans": listing_plans,
    "subscriptions": reading_a_subscription,
    "managessubscriptions": managing_a_subscription,
    "checkout": checking_out,
    "collects": collecting,
    "history": listing_notifications,
    "subscriptionpayments": listing_payments,
    "sink": delivering,
}
"""What is exercised for each capability, by its name; `sink` stands for a sink."""


def watched_checks(exercise: Exercise) -> tuple[str, str]:
    """The names of the two checks that come from an exercise: about the clock, and blocking."""
    name: str = getattr(exercise, "__name__", "")
    return f"test_{name}_takes_the_time_from_its_clock", f"test_{name}_blocks_nothing"


def add_watched_checks(cls: type, capability: str) -> None:
    """Give the class of a capability the checks that come from its exercise."""
    exercise = EXERCISES[capability]
    clock, blocking = watched_checks(exercise)
    _add(
        cls,
        clock,
        "A test owns the time, and a wait of an hour takes no hour then.",
        exercise,
        lambda seen: seen.clocks,
        "take the time that it is given, or context.clock",
    )
    _add(
        cls,
        blocking,
        "Other work is done by the same thread.",
        exercise,
        lambda seen: seen.blocking,
        "await context.http, context.aws or context.clock",
    )


def _add(
    cls: type,
    name: str,
    why: str,
    exercise: Exercise,
    faults: Callable[[Watch], Sequence[str]],
    remedy: str,
) -> None:
    async def check(self: object, **fixtures: Any) -> None:
        bench: Bench = fixtures["bench"]
        watch = Watch(bench.registration.plugin)
        await exercise(watch=watch, **fixtures)
        found = faults(watch)
        assert not found, f"{found[0]}; {remedy}"

    known = inspect.signature(exercise)
    taken = [one for one in known.parameters.values() if one.name != "watch"]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    itself = inspect.Parameter("self", kind)
    check.__name__, check.__qualname__ = name, f"{cls.__name__}.{name}"
    check.__module__, check.__doc__ = cls.__module__, why
    # pytest reads from it which fixtures the check takes.
    check.__signature__ = inspect.Signature([itself, *taken])  # type: ignore[attr-defined]
    setattr(cls, name, check)
