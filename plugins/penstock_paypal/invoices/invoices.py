"""
Invoices at PayPal for money that is already there.

PayPal's invoicing keeps no idempotency keys and may take a number twice: invoicing_v2 of
github.com/paypal/paypal-rest-api-specifications names no PayPal-Request-Id and refuses no number.
So each invoice has the number its payment decides, and it is searched for by that number. It is
ours if its reference is the sale: somebody else may have given an invoice the same number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.api import (
    CreateAnswer,
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Invoice,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    NotSent,
    Refused,
    Succeeded,
    Unanswered,
)
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.api import Api
from penstock_paypal.invoices.calls import INVOICE, INVOICES, act, refusal, show, within
from penstock_paypal.invoices.shown import reference_of, state
from penstock_paypal.invoices.template import InvoiceTemplate
from penstock_paypal.invoices.told import cancellation, mail, payment, wording

_SEARCH = "/v2/invoicing/search-invoices?page=1&page_size=100&total_required=false"
_DUPLICATE = re.compile("DUPLICATE|ALREADY_(EXISTS|USED)")
# Which of several invoices of one number is the one: what has gone furthest.
_FURTHEST = (
    InvoiceState.paid_twice,
    InvoiceState.recorded,
    InvoiceState.sent,
    InvoiceState.draft,
    InvoiceState.cancelled,
)


class PayPalInvoices:
    """Makes, finds, sends and settles invoices."""

    def __init__(self, api: Api, template: InvoiceTemplate) -> None:
        self._api = api
        self._template = template

    async def create(self, draft: InvoiceDraft) -> CreateAnswer:
        """Create the draft; never raises for what PayPal may answer."""
        try:
            body = wording(draft, self._template)
        except ValueError as exc:
            return Refused(str(exc))
        try:
            answer = await self._api.send(
                "POST", INVOICES, "create invoice", body=body, representation=True
            )
            if answer.ok:
                reference = reference_of(answer.data)
                return Succeeded(reference) if reference else await self._made(draft)
            if answer.denied or answer.throttled:
                return NotSent(f"PayPal, create invoice: {answer.why}", answer.wait)
            if answer.passing:
                return Unanswered(f"PayPal, create invoice: {answer.why}")
            if answer.status in (400, 422):
                return await self._taken(draft, answer)
            return Refused(f"PayPal refused the invoice: {answer.why}")
        except HttpNotSent as exc:
            return NotSent(str(exc), exc.retry_after)
        except HttpUnanswered as exc:
            return Unanswered(str(exc))

    async def find(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        """
        Find the invoice by its reference, else by its number.

        Raises:
            GatewayUnavailable: no answer.
        """
        if reference is None or not shapes.ID.fullmatch(reference):
            return await self._search(draft)
        shown = await show(self._api, reference)
        if shown is not None:
            return _invoice(draft, reference, shown)
        found = await self._search(draft)
        # One that we made was there before: another's of that number says nothing of it.
        return None if found is None or found.foreign else found

    async def send(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal mail it.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        answer = await act(self._api, reference, "send", mail(draft, self._template))
        if answer.ok:
            return
        if answer.status == 422:
            found = await self.find(draft, reference)
            if found and found.state not in (InvoiceState.draft, InvoiceState.cancelled):
                return
        raise refusal(answer, "send invoice")

    async def record(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Record the sale as the invoice's payment; one that is recorded already stays so.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        try:
            recorded = payment(draft)
        except ValueError as exc:
            raise InvoiceRefused(str(exc)) from exc
        answer = await act(self._api, reference, "payments", recorded)
        if answer.ok:
            return
        if answer.status == 422:
            # Paid already: by us, or meanwhile by the buyer. Reading it back tells which.
            found = await self.find(draft, reference)
            if found and found.state in (InvoiceState.recorded, InvoiceState.paid_twice):
                return
        raise refusal(answer, "record payment")

    async def cancel(self, reference: str, draft: InvoiceDraft) -> None:
        """
        Have PayPal cancel it and tell the buyer; one cancelled already, or never sent, stays so.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        answer = await act(self._api, reference, "cancel", cancellation(draft, self._template))
        if answer.ok:
            return
        if "CANNOT_CANCEL_SCHEDULED_INVOICE" in answer.issues:
            # What would be sent one day can only be deleted (invoicing_v2).
            answer = await self._api.send("DELETE", within(INVOICE, reference), "delete invoice")
            if answer.ok:
                return
        if answer.status == 422:
            found = await self.find(draft, reference)
            if found and found.state in (InvoiceState.draft, InvoiceState.cancelled):
                return
        raise refusal(answer, "cancel invoice")

    async def _made(self, draft: InvoiceDraft) -> CreateAnswer:
        """It was made and the answer does not name it: look for it."""
        found = await self._look(draft)
        return found or Unanswered("PayPal made the invoice and did not name it")

    async def _taken(self, draft: InvoiceDraft, answer: Answer) -> CreateAnswer:
        """Refused: perhaps because an earlier attempt took the number after all."""
        found = await self._look(draft)
        if found is None and any(_DUPLICATE.search(issue) for issue in answer.issues):
            return Unanswered("PayPal says the number is taken and does not show by what")
        return found or Refused(f"PayPal refused the invoice: {answer.why}")

    async def _look(self, draft: InvoiceDraft) -> Succeeded | Unanswered | Refused | None:
        try:
            found = await self._search(draft)
        except GatewayUnavailable as exc:
            return Unanswered(str(exc))
        if found is not None and found.foreign:
            return Refused(f"another invoice at PayPal has the number {draft.number}")
        return Succeeded(found.reference) if found else None

    async def _search(self, draft: InvoiceDraft) -> Invoice | None:
        answer = await self._api.send(
            "POST", _SEARCH, "search invoices", body={"invoice_number": draft.number}
        )
        if not answer.ok or not answer.json:
            raise answer.unavailable("search invoices")
        found: list[Invoice] = []
        for item in shapes.sequence(answer.data.get("items")):
            reference = reference_of(item)
            # The search may match in part, and leaves the payments out: each is read in full.
            if reference and shapes.text(item, "detail", "invoice_number") == draft.number:
                shown = await show(self._api, reference)
                if shown is not None:
                    named = shapes.text(shown, "detail", "reference")
                    foreign = named != draft.transaction
                    found.append(_invoice(draft, reference, shown, foreign=foreign))
        return min(found, key=_rank, default=None)


def _invoice(
    draft: InvoiceDraft, reference: str, shown: Mapping[str, Any], *, foreign: bool = False
) -> Invoice:
    number = shapes.text(shown, "detail", "invoice_number") or draft.number
    return Invoice(reference, number, state(shown, draft.transaction), foreign)


def _rank(one: Invoice) -> tuple[bool, int]:
    return one.foreign, _FURTHEST.index(one.state)
