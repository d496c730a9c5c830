"""AcmePay broken in one thing of invoices and of the refunds on them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from penstock.api import (
    GatewayUnavailable,
    Invoice,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    Money,
    NotSent,
    Unanswered,
)
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.breaking import answering, blind, instead


class Forward(AcmePay):
    """Shows a draft as sent."""

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Any:
        found = await super().find_invoice(draft, reference)
        if found is None or found.state is not InvoiceState.draft:
            return found
        return replace(found, state=InvoiceState.sent)


class OwnOnly(AcmePay):
    """Finds by their numbers only the invoices whose answer it had."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.made: set[str] = set()

    async def create_invoice(self, draft: InvoiceDraft) -> Any:
        answer = await super().create_invoice(draft)
        if not isinstance(answer, NotSent | Unanswered):
            self.made.add(draft.number)
        return answer

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Any:
        found = await super().find_invoice(draft, reference)
        return found if reference or draft.number in self.made else None


class Inventing(AcmePay):
    """Finds what was never made."""

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Any:
        found = await super().find_invoice(draft, reference)
        return found or Invoice("x", draft.number, InvoiceState.draft)


class SendsOnce(AcmePay):
    """Takes it for an error that an invoice is sent already."""

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        found = await self.find_invoice(draft, reference)
        if found and found.state is InvoiceState.sent:
            raise GatewayUnavailable("sent already")
        await super().send_invoice(reference, draft)


class _Cancelling(AcmePay):
    async def _state(self, reference: str, draft: InvoiceDraft) -> InvoiceState | None:
        found = await self.find_invoice(draft, reference)
        return found.state if found else None


class KeepsSent(_Cancelling):
    """Does not take back what was sent."""

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        if await self._state(reference, draft) is not InvoiceState.sent:
            await super().cancel_invoice(reference, draft)


class RefusesDrafts(_Cancelling):
    """Refuses to take a draft back."""

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        if await self._state(reference, draft) is InvoiceState.draft:
            raise InvoiceRefused("a draft")
        await super().cancel_invoice(reference, draft)


class Hopeful(_Cancelling):
    """Says that a paid invoice is taken back."""

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        if await self._state(reference, draft) is not InvoiceState.recorded:
            await super().cancel_invoice(reference, draft)


class Ours(AcmePay):
    """Takes every invoice of the number for the sale's."""

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Any:
        found = await super().find_invoice(draft, reference)
        return replace(found, foreign=False) if found else None


class TakesLostForDone(AcmePay):
    """Takes a lost answer for a good one."""

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        await self.find_invoice(draft, reference)
        with suppress(GatewayUnavailable):
            await super().record_refund(reference, draft, amount)


class TakesNothingOff(AcmePay):
    """Looks at the invoice and takes nothing off."""

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        await self.find_invoice(draft, reference)


INVOICES: Mapping[str, type] = {
    "test_an_invoice_is_made_sent_and_recorded": Forward,
    "test_doing_it_again_changes_nothing": SendsOnce,
    "test_an_invoice_whose_answer_was_lost_is_found_by_its_number": OwnOnly,
    "test_an_invoice_that_was_sent_can_be_taken_back": KeepsSent,
    "test_taking_back_what_was_never_sent_is_no_error": RefusesDrafts,
    "test_a_paid_invoice_is_not_taken_back": Hopeful,
    "test_an_invoice_never_made_is_not_found": Inventing,
    "test_without_a_connection_nothing_was_made": instead(
        "takes a lack of connection for a lost answer", "create_invoice", NotSent, Unanswered("x")
    ),
    "test_an_invoice_of_the_same_number_for_another_sale_is_foreign": Ours,
    "InvoicesConformance.test_without_an_answer_it_is_still_unknown": blind(
        'takes an outage for "sent"', "send_invoice", None
    ),
    "test_what_went_back_is_recorded_and_read_back": answering(
        "has one id for all refunds of an invoice",
        "invoice_refunds",
        lambda refunds: tuple(replace(one, id="r-0") for one in refunds),
    ),
    "test_a_recorded_refund_is_taken_off_again": TakesNothingOff,
    "test_a_refund_whose_answer_was_lost_is_read_on_the_invoice": TakesLostForDone,
    "test_without_an_answer_nothing_is_known_of_refunds": blind(
        'takes an outage for "no refunds"', "invoice_refunds", ()
    ),
}
