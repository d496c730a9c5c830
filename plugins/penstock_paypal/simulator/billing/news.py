"""The events of billing and of orders: written down when something happens, sent in that order."""

from __future__ import annotations

import asyncio
import contextlib
import copy
from collections.abc import Awaitable, Callable

from penstock_paypal.simulator.books import Books, Document

Sends = Callable[[Document], Awaitable[None]]
LATE = 5.0
"""Seconds for which a late webhook is kept back, unless it is released before."""
_SUMMARIES = {
    "BILLING.SUBSCRIPTION.CREATED": "Subscription created",
    "BILLING.SUBSCRIPTION.ACTIVATED": "Subscription activated",
    "BILLING.SUBSCRIPTION.UPDATED": "Subscription updated",
    "BILLING.SUBSCRIPTION.SUSPENDED": "Subscription suspended",
    "BILLING.SUBSCRIPTION.CANCELLED": "Subscription cancelled",
    "BILLING.SUBSCRIPTION.EXPIRED": "Subscription expired",
    "BILLING.SUBSCRIPTION.PAYMENT.FAILED": "Payment failed for subscription",
    "CHECKOUT.ORDER.APPROVED": "An order has been approved by buyer",
    "CHECKOUT.PAYMENT-APPROVAL.REVERSED": "A payment has been reversed after approval.",
}


class News:
    """Events that wait to be sent."""

    def __init__(self, books: Books, send: Sends) -> None:
        self._books = books
        self._send = send
        self._written: list[Document] = []
        self._released = asyncio.Event()
        self._late: set[asyncio.Task[None]] = set()

    @property
    def place(self) -> int:
        """Where the next event goes."""
        return len(self._written)

    def write(
        self, event_type: str, resource: Document, base: str, place: int | None = None
    ) -> None:
        """Write an event down, with the resource as it is now; at an earlier place if given."""
        event = self._event(event_type, copy.deepcopy(resource), base)
        self._written.insert(self.place if place is None else place, event)

    async def send(self) -> None:
        """Send what is written down, one after the other."""
        written, self._written = self._written, []
        for event in written:
            await self._send(event)

    def send_late(self) -> None:
        """Send what is written down after `LATE`, or once it is released."""
        written, self._written = self._written, []
        task = asyncio.create_task(self._later(written, self._released))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def release(self) -> int:
        """Send now what is late; how many approvals that was."""
        late = tuple(self._late)
        self._released.set()
        self._released = asyncio.Event()
        await asyncio.gather(*late)
        return len(late)

    async def close(self) -> None:
        """Give up what is late."""
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _later(self, written: list[Document], released: asyncio.Event) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(released.wait(), LATE)
        for event in written:
            await self._send(event)

    def _event(self, event_type: str, resource: Document, base: str) -> Document:
        kind = _kind(event_type)
        identity = f"WH-{self._books.letters(17)}-{self._books.letters(17)}"
        href = f"{base}/v1/notifications/webhooks-events/{identity}"
        event: Document = {
            "id": identity,
            "event_version": "1.0",
            "create_time": self._books.clock().isoformat(timespec="milliseconds")[:23] + "Z",
            "resource_type": kind,
            # A v1 sale's event has no version.
            **({} if kind == "sale" else {"resource_version": "2.0"}),
            "event_type": event_type,
            "summary": _SUMMARIES.get(event_type) or _summary(kind, resource),
            "resource": resource,
            "links": [
                {"href": href, "rel": "self", "method": "GET"},
                {"href": f"{href}/resend", "rel": "resend", "method": "POST"},
            ],
        }
        return event


def _kind(event_type: str) -> str:
    if event_type.startswith("PAYMENT.SALE."):
        return "sale"
    if event_type.startswith("PAYMENT.CAPTURE."):
        return "capture"
    if event_type.startswith("CHECKOUT."):
        return "checkout-order"
    if event_type.startswith("BILLING.SUBSCRIPTION."):
        return "subscription"
    return "product" if event_type.startswith("CATALOG.") else "plan"


def _summary(kind: str, resource: Document) -> str:
    if kind == "capture":
        amount, status = resource["amount"], resource["status"].lower()
        return f"Payment {status} for {amount['value']} {amount['currency_code']}"
    if kind != "sale":
        return f"A {kind} changed"
    amount = resource["amount"]
    return f"Payment {resource['state']} for {amount['total']} {amount['currency']}"
