"""Plugins broken in one thing each: for each check the one that is broken in what it is for."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from penstock.api import (
    Attempt,
    Authentic,
    ChargeRequest,
    Declined,
    Delivery,
    Event,
    Forged,
    GatewayUnavailable,
    Invoice,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    Money,
    NotFound,
    Notification,
    NotSent,
    NotYet,
    Refused,
    RetryAfter,
    Succeeded,
    Unanswered,
)
from tests.plugins.conformance.acme import (
    BODY,
    KEY,
    AcmePay,
    AcmeSink,
    Provider,
)
from tests.plugins.conformance.acme_collects import broken_collects
from tests.plugins.conformance.acme_refunds import broken_refunds
from tests.plugins.conformance.broken_checkout import CHECKOUT
from tests.plugins.conformance.broken_history import HISTORY
from tests.plugins.conformance.broken_manners import GATEWAY_MANNERS, SINK_MANNERS
from tests.plugins.conformance.broken_subscriptions import SUBSCRIPTIONS


def of(method: str, body: Callable[..., Any], base: type = AcmePay) -> type:
    """The good plugin with one method, awaited or not as the good one's, that does `body`."""
    if inspect.iscoroutinefunction(getattr(base, method)):

        async def awaited(self: Any, *arguments: Any) -> Any:
            made = body(self, *arguments)
            return await made if inspect.isawaitable(made) else made

        return type("Broken", (base,), {method: awaited})
    return type("Broken", (base,), {method: body})


def raising(error: Exception) -> Callable[..., Any]:
    """A method that raises."""

    def method(*_: Any) -> Any:
        raise error

    return method


class Renamed(AcmePay):
    """Bears its registered name on the class and another on the instance."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.name = "acme"


class Eager(AcmePay):
    """Asks for the network before anybody asked for it."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        context.http.asked = 1


class Telling(AcmePay):
    """Shows its key."""

    def __repr__(self) -> str:
        return f"AcmePay(key={KEY!r})"


async def lenient(self: AcmePay, delivery: Delivery, now: Any) -> Any:
    """Compares what it thinks is said, not the bytes."""
    try:
        body = BODY if delivery.body.strip() == BODY else delivery.body
    except ValueError:
        body = b""
    return await AcmePay.authenticate(self, replace(delivery, body=body), now)


async def headers_do_not_matter(self: AcmePay, delivery: Delivery, now: Any) -> Any:
    """Takes a delivery without a signature for a test."""
    if not delivery.headers:
        return Authentic()
    return await AcmePay.authenticate(self, delivery, now)


async def an_outage_is_forgery(self: AcmePay, delivery: Delivery, now: Any) -> Any:
    """Needs the network, and blames the sender."""
    try:
        await self.context.http.request("GET", "https://acme.test/key")
    except GatewayUnavailable:
        return Forged("no key")
    return await AcmePay.authenticate(self, delivery, now)


async def a_lost_secret_is_forgery(self: AcmePay, delivery: Delivery, now: Any) -> Any:
    """Has no secret, and blames the sender."""
    try:
        await self.context.secrets.get()
    except GatewayUnavailable:
        return Forged("no key")
    return await AcmePay.authenticate(self, delivery, now)


def unsigned(self: AcmePay, delivery: Delivery) -> Notification:
    """Forgets what it came from."""
    return replace(AcmePay.read(self, delivery), delivery_id="other")


def instead(wrong: object, right: type) -> Callable[..., Any]:
    """Answers `wrong` to what the good gateway would answer with `right`."""

    async def method(self: AcmePay, request: ChargeRequest) -> Any:
        answer = await AcmePay.charge(self, request)
        return wrong if isinstance(answer, right) else answer

    return method


async def quoting(self: AcmePay, request: ChargeRequest) -> Any:
    """Repeats the provider's words."""
    answer = await self.context.http.request("PUT", "https://acme.test/charges/x", body=b"{}")
    return Declined(answer.body.decode())


async def another_key_each_time(self: AcmePay, request: ChargeRequest) -> Any:
    """Charges again."""
    held = self.context.http.held if isinstance(self.context.http, Provider) else {}
    return await AcmePay.charge(self, replace(request, operation_id=f"op-{len(held)}"))


async def found_by_reference_only(
    self: AcmePay, draft: InvoiceDraft, reference: str | None
) -> Invoice | None:
    """Cannot search."""
    if reference is None:
        await AcmePay.find_invoice(self, draft, reference)
        return None
    return await AcmePay.find_invoice(self, draft, reference)


async def found_whatever_was_asked(
    self: AcmePay, draft: InvoiceDraft, reference: str | None
) -> Invoice | None:
    """Finds what was never made."""
    found = await AcmePay.find_invoice(self, draft, reference)
    return found or Invoice("x", draft.number, InvoiceState.draft)


async def sent_once_only(self: AcmePay, reference: str, draft: InvoiceDraft) -> None:
    """Cannot do it again."""
    found = await AcmePay.find_invoice(self, draft, reference)
    if found and found.state is InvoiceState.sent:
        raise GatewayUnavailable("sent already")
    await AcmePay.send_invoice(self, reference, draft)


async def sent_only(self: AcmePay, reference: str, draft: InvoiceDraft) -> None:
    """Refuses to take a draft back."""
    found = await AcmePay.find_invoice(self, draft, reference)
    if found and found.state is InvoiceState.draft:
        raise InvoiceRefused("a draft")
    await AcmePay.cancel_invoice(self, reference, draft)


async def whatever_became_of_it(self: AcmePay, reference: str, draft: InvoiceDraft) -> None:
    """Says it is taken back, paid or not."""
    found = await AcmePay.find_invoice(self, draft, reference)
    if found and found.state is not InvoiceState.recorded:
        await AcmePay.cancel_invoice(self, reference, draft)


async def ours(self: AcmePay, draft: InvoiceDraft, reference: str | None) -> Any:
    """Takes every invoice of the number for the sale's."""
    found = await AcmePay.find_invoice(self, draft, reference)
    return replace(found, foreign=False) if found else None


async def hopeful(self: AcmePay, reference: str, draft: InvoiceDraft, amount: Money) -> None:
    """Takes a lost answer for a good one."""
    with suppress(GatewayUnavailable):
        await AcmePay.record_refund(self, reference, draft, amount)


async def told(self: AcmeSink, event: Event, attempt: Attempt) -> Any:
    """Puts the payer into the reason."""
    answer = await AcmeSink.deliver(self, event, attempt)
    name = event.data.get("payer", {}).get("name")
    return RetryAfter(f"{name} stays unknown") if isinstance(answer, RetryAfter) else answer


async def picky(self: AcmeSink, event: Event, attempt: Attempt) -> Any:
    """Breaks on what is not plain."""
    event.data.get("reason", "").encode("ascii")
    return await AcmeSink.deliver(self, event, attempt)


async def forgetful(self: AcmeSink, event: Event, attempt: Attempt) -> Any:
    """Knows events with a plan only."""
    assert event.data["plan"]
    return await AcmeSink.deliver(self, event, attempt)


async def refusing(self: AcmeSink, event: Event, attempt: Attempt) -> Any:
    """Gives up at the first trouble."""
    answer = await AcmeSink.deliver(self, event, attempt)
    return Refused("no") if isinstance(answer, RetryAfter) else answer


async def careless(self: AcmeSink, event: Event, attempt: Attempt) -> Any:
    """Lets the secret's error through."""
    await self.context.secrets.get()
    return await AcmeSink.deliver(self, event, attempt)


def sink(method: str, body: Callable[..., Any]) -> type:
    """The good sink with one method that does `body`."""
    return of(method, body, AcmeSink)


PLUGIN: Mapping[str, Any] = {
    "test_it_bears_the_name_it_is_registered_under": Renamed,
    "test_building_it_reaches_for_nothing": Eager,
    "test_it_shows_no_secret": Telling,
}


GATEWAY: Mapping[str, Any] = {
    **PLUGIN,
    **SUBSCRIPTIONS,
    **HISTORY,
    **CHECKOUT,
    **GATEWAY_MANNERS,
    **broken_refunds(AcmePay),
    **broken_collects(AcmePay),
    "test_what_is_awaited_can_be_awaited": type("Broken", (AcmePay,), {"charge": lambda *_: None}),
    "test_a_genuine_delivery_is_authentic": of("authenticate", lambda *_: Forged("no")),
    "test_one_flipped_bit_is_forged": of("authenticate", lambda *_: Authentic()),
    "test_a_body_that_lost_or_gained_bytes_is_forged": of("authenticate", lenient),
    "test_a_missing_header_is_forged": of("authenticate", headers_do_not_matter),
    "test_no_header_value_gets_in_or_raises": of(
        "authenticate", lambda self, sent, now: sent.headers["x-acme-signature"].encode("ascii")
    ),
    "test_an_outage_makes_nothing_a_forgery": of("authenticate", an_outage_is_forgery),
    "test_an_unreadable_secret_makes_nothing_a_forgery": of(
        "authenticate", a_lost_secret_is_forgery
    ),
    "test_a_delivery_is_read_as_a_notification": of("read", unsigned),
    "test_what_cannot_be_read_is_malformed": of("read", raising(ValueError("hunter2"))),
    "test_a_true_notification_is_confirmed": of("confirm", lambda *_: NotYet()),
    "test_without_an_answer_nothing_is_said": of("confirm", lambda *_: None),
    "test_what_was_confirmed_is_seen_again": of("reread", lambda *_: NotYet()),
    "test_without_an_answer_nothing_is_seen": of("reread", lambda *_: NotYet()),
    "test_a_signed_body_says_how_things_stand": of("observe", lambda *_: None),
    "test_a_good_charge_succeeds": of("charge", lambda *_: Succeeded("")),
    "test_without_a_connection_nothing_was_sent": of("charge", instead(Unanswered("x"), NotSent)),
    "test_a_lost_answer_leaves_it_unknown": of("charge", instead(NotSent("x"), Unanswered)),
    "test_one_operation_moves_the_money_once": of("charge", another_key_each_time),
    "test_an_answer_that_says_nothing_ends_nothing": of(
        "charge", instead(Declined("x"), Unanswered)
    ),
    "test_it_waits_as_long_as_asked": of("charge", instead(NotSent("x"), NotSent)),
    "test_it_repeats_nothing_of_an_answer": of("charge", quoting),
    "test_a_charge_it_never_saw_is_not_found": of("look_up", lambda *_: Succeeded("x")),
    "test_a_charge_whose_answer_was_lost_is_found": of("look_up", lambda *_: NotFound()),
    "LookupConformance.test_without_an_answer_it_is_still_unknown": of(
        "look_up", lambda *_: NotFound()
    ),
    "test_an_invoice_is_made_sent_and_recorded": of("find_invoice", found_by_reference_only),
    "test_doing_it_again_changes_nothing": of("send_invoice", sent_once_only),
    "test_an_invoice_whose_answer_was_lost_is_found_by_its_number": of(
        "find_invoice", found_by_reference_only
    ),
    "test_an_invoice_that_was_sent_can_be_taken_back": of("cancel_invoice", lambda *_: None),
    "test_taking_back_what_was_never_sent_is_no_error": of("cancel_invoice", sent_only),
    "test_a_paid_invoice_is_not_taken_back": of("cancel_invoice", whatever_became_of_it),
    "test_an_invoice_never_made_is_not_found": of("find_invoice", found_whatever_was_asked),
    "test_without_a_connection_nothing_was_made": of("create_invoice", lambda *_: Unanswered("x")),
    "test_an_invoice_of_the_same_number_for_another_sale_is_foreign": of("find_invoice", ours),
    "test_what_went_back_is_recorded_and_read_back": of("record_refund", lambda *_: None),
    "test_a_recorded_refund_is_taken_off_again": of("delete_refund", lambda *_: None),
    "test_a_refund_whose_answer_was_lost_is_read_on_the_invoice": of("record_refund", hopeful),
    "test_without_an_answer_nothing_is_known_of_refunds": of("invoice_refunds", lambda *_: ()),
    "InvoicesConformance.test_without_an_answer_it_is_still_unknown": of(
        "send_invoice", lambda *_: None
    ),
}


SINK: Mapping[str, Any] = {
    **SINK_MANNERS,
    "test_it_delivers_every_event": sink("deliver", forgetful),
    "test_it_delivers_what_a_stranger_wrote": sink("deliver", picky),
    "test_it_chooses_without_reaching_out": sink("accepts", lambda *_: None),
    "test_an_outage_is_waited_for": sink("deliver", refusing),
    "test_an_unreadable_secret_is_waited_for": sink("deliver", careless),
    "test_it_repeats_nothing_of_an_answer": sink("deliver", told),
}


def broken(name: str) -> Any:
    """What is broken in what the check is for."""
    cls, check = name.split(".")
    if cls == "SinkConformance" and check in PLUGIN:
        # Checked by the same function as for a gateway.
        return PLUGIN[check]
    return (SINK if cls == "SinkConformance" else GATEWAY).get(check) or GATEWAY[name]
