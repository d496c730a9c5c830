"""What a gateway must do that makes invoices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from penstock.api import (
    GatewayUnavailable,
    InvoiceDraft,
    InvoiceRefused,
    InvoiceState,
    NotSent,
    Response,
    Succeeded,
    Unanswered,
)
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import NO_ANSWERS
from penstock.testing.http import Always, Lossy, Unreachable


class InvoicesConformance:
    """
    What holds for `Invoices`.

    Fixtures: `bench`; `invoice_draft`, one the provider takes, for a transaction it knows;
    `makes_invoices`, which of the gateway's requests do, by method and URL.
    """

    async def test_an_invoice_is_made_sent_and_recorded(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """And found at each step, by its reference and by its number."""
        gateway = bench.build()
        states: list[InvoiceState] = []

        made = await gateway.create_invoice(invoice_draft)
        assert isinstance(made, Succeeded)
        for step in (None, gateway.send_invoice, gateway.record_payment):
            if step:
                await step(made.reference, invoice_draft)
            for reference in (made.reference, None):
                found = await gateway.find_invoice(invoice_draft, reference)
                after = step.__name__ if step else "create_invoice"
                said = f"after {after} it is not found by {reference or 'its number'}"
                assert found is not None, said
                said = f"after {after} it is found under another reference or number"
                named = (found.reference, found.number)
                assert (made.reference, invoice_draft.number) == named, said
                states.append(found.state)

        draft, sent, recorded = InvoiceState.draft, InvoiceState.sent, InvoiceState.recorded
        said = "its states are not draft, sent and recorded, by number and by reference"
        assert [draft, draft, sent, sent, recorded, recorded] == states, said

    async def test_doing_it_again_changes_nothing(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """Whoever crashed after a step takes it again."""
        gateway = bench.build()
        made = await gateway.create_invoice(invoice_draft)

        for step in (gateway.send_invoice, gateway.record_payment):
            for _ in range(2):
                await step(made.reference, invoice_draft)

        found = await gateway.find_invoice(invoice_draft, None)
        assert InvoiceState.recorded is found.state, "it is not shown as recorded"

    async def test_an_invoice_that_was_sent_can_be_taken_back(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """And twice: whoever crashed after it takes the step again."""
        gateway = bench.build()
        made = await gateway.create_invoice(invoice_draft)
        await gateway.send_invoice(made.reference, invoice_draft)

        for _ in range(2):
            await gateway.cancel_invoice(made.reference, invoice_draft)

        found = await gateway.find_invoice(invoice_draft, made.reference)
        assert found is None or found.state is InvoiceState.cancelled, "it is still shown as good"

    async def test_taking_back_what_was_never_sent_is_no_error(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """Whether the mail went out may be in doubt."""
        gateway = bench.build()
        made = await gateway.create_invoice(invoice_draft)

        await gateway.cancel_invoice(made.reference, invoice_draft)

        found = await gateway.find_invoice(invoice_draft, made.reference)
        said = "it is shown as sent"
        assert found is None or found.state in (InvoiceState.draft, InvoiceState.cancelled), said

    async def test_a_paid_invoice_is_not_taken_back(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """It says so, and the invoice stays what it is."""
        gateway = bench.build()
        made = await gateway.create_invoice(invoice_draft)
        await gateway.send_invoice(made.reference, invoice_draft)
        await gateway.record_payment(made.reference, invoice_draft)

        with pytest.raises(InvoiceRefused):
            await gateway.cancel_invoice(made.reference, invoice_draft)

        found = await gateway.find_invoice(invoice_draft, made.reference)
        assert InvoiceState.recorded is found.state, "it is not shown as recorded"

    async def test_an_invoice_whose_answer_was_lost_is_found_by_its_number(
        self,
        bench: Bench,
        invoice_draft: InvoiceDraft,
        makes_invoices: Callable[[str, str], bool],
    ) -> None:
        """Unknown is not failed."""
        lossy = bench.build(http=Lossy(bench.http, makes_invoices))

        answer = await lossy.create_invoice(invoice_draft)

        assert isinstance(answer, Unanswered)
        said = "it is not found by its number"
        assert await bench.build().find_invoice(invoice_draft, None) is not None, said

    async def test_an_invoice_never_made_is_not_found(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """And said so, not guessed."""
        other = replace(invoice_draft, number=f"{invoice_draft.number[:-1]}?")

        said = "it found an invoice that was never made"
        assert await bench.build().find_invoice(other, None) is None, said

    async def test_an_invoice_of_the_same_number_for_another_sale_is_foreign(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """It is neither sent, recorded nor cancelled as if it were ours."""
        gateway = bench.build()
        await gateway.create_invoice(invoice_draft)
        other = replace(invoice_draft, transaction=f"{invoice_draft.transaction[:-1]}0Z")

        found = await gateway.find_invoice(other, None)

        assert found is not None, "it is not found by its number"
        assert found.foreign, "it takes an invoice of another sale for its own"

    async def test_without_a_connection_nothing_was_made(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """So it may be tried again."""
        answer = await bench.build(http=Unreachable()).create_invoice(invoice_draft)

        assert isinstance(answer, NotSent)

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_it_is_still_unknown(
        self, bench: Bench, invoice_draft: InvoiceDraft, answer: Response | Exception
    ) -> None:
        """An outage is neither "not found" nor a refusal."""
        gateway = bench.build(http=Always(answer))

        with pytest.raises(GatewayUnavailable):
            await gateway.find_invoice(invoice_draft, None)
        for step in (gateway.send_invoice, gateway.record_payment, gateway.cancel_invoice):
            with pytest.raises(GatewayUnavailable):
                await step("INV2-AAAA-BBBB-CCCC-DDDD", invoice_draft)
        said = "without an answer it must be NotSent or Unanswered"
        assert isinstance(await gateway.create_invoice(invoice_draft), NotSent | Unanswered), said
