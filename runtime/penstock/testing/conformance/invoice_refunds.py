"""What a gateway must do that records refunds on invoices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, InvoiceDraft, Money, Response
from penstock.testing.conformance.bench import Bench
from penstock.testing.conformance.charges import NO_ANSWERS
from penstock.testing.http import Always, Lossy


class InvoiceRefundsConformance:
    """
    What holds for `InvoiceRefunds`, beside `Invoices`.

    Fixtures: `bench`; `invoice_draft`, as of `InvoicesConformance`; `records_refunds`, which of
    the gateway's requests do, by method and URL.
    """

    async def test_what_went_back_is_recorded_and_read_back(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """Each record adds to the total."""
        gateway, reference = await paid_invoice(bench, invoice_draft)
        amounts = [Money(1, invoice_draft.amount.currency), most(invoice_draft)]

        for amount in amounts:
            await gateway.record_refund(reference, invoice_draft, amount)

        recorded = await gateway.invoice_refunds(reference, invoice_draft)
        said = "what was recorded is not what is read back"
        assert sorted(one.minor for one in amounts) == sorted(
            one.amount.minor for one in recorded
        ), said
        assert 2 == len({one.id for one in recorded}), "two refunds have one id"

    async def test_a_recorded_refund_is_taken_off_again(
        self, bench: Bench, invoice_draft: InvoiceDraft
    ) -> None:
        """Taking it off twice has no further effect: the first answer may have been lost."""
        gateway, reference = await paid_invoice(bench, invoice_draft)
        await gateway.record_refund(reference, invoice_draft, most(invoice_draft))
        (recorded,) = await gateway.invoice_refunds(reference, invoice_draft)

        for _ in range(2):
            await gateway.delete_refund(reference, invoice_draft, recorded.id)

        said = "a refund that was taken off is still shown"
        assert not await gateway.invoice_refunds(reference, invoice_draft), said

    async def test_a_refund_whose_answer_was_lost_is_read_on_the_invoice(
        self,
        bench: Bench,
        invoice_draft: InvoiceDraft,
        records_refunds: Callable[[str, str], bool],
    ) -> None:
        """A lost answer is an error that may pass, and the record is found."""
        gateway, reference = await paid_invoice(bench, invoice_draft)
        lossy = bench.build(http=Lossy(bench.http, records_refunds))

        with pytest.raises(GatewayUnavailable):
            await lossy.record_refund(reference, invoice_draft, most(invoice_draft))

        (recorded,) = await gateway.invoice_refunds(reference, invoice_draft)
        assert most(invoice_draft) == recorded.amount, "another amount was recorded"

    @pytest.mark.parametrize("answer", NO_ANSWERS, ids=repr)
    async def test_without_an_answer_nothing_is_known_of_refunds(
        self, bench: Bench, invoice_draft: InvoiceDraft, answer: Response | Exception
    ) -> None:
        """An outage is neither "nothing recorded" nor a refusal."""
        gateway, reference = bench.build(http=Always(answer)), "INV2-AAAA-BBBB-CCCC-DDDD"

        with pytest.raises(GatewayUnavailable):
            await gateway.invoice_refunds(reference, invoice_draft)
        with pytest.raises(GatewayUnavailable):
            await gateway.record_refund(reference, invoice_draft, most(invoice_draft))
        with pytest.raises(GatewayUnavailable):
            await gateway.delete_refund(reference, invoice_draft, "EXTR-1")


async def paid_invoice(bench: Bench, draft: InvoiceDraft) -> tuple[Any, str]:
    """The gateway with an invoice whose payment is recorded."""
    gateway = bench.build()
    made = await gateway.create_invoice(draft)
    await gateway.send_invoice(made.reference, draft)
    await gateway.record_payment(made.reference, draft)
    return gateway, made.reference


def most(draft: InvoiceDraft) -> Money:
    """All of the invoice but one unit."""
    return Money(draft.amount.minor - 1, draft.amount.currency)
