"""
What went back of a sale, recorded on its invoice at PayPal (invoicing_v2, invoices.refunds).

Only records count, which PayPal calls EXTERNAL: a refund of the buyer's own second payment is
PayPal's, and says nothing of the sale.
"""

from __future__ import annotations

from collections.abc import Sequence

from penstock.api import GatewayUnavailable, InvoiceRefund, InvoiceRefused, Money
from penstock_paypal import shapes
from penstock_paypal.client.api import Api
from penstock_paypal.invoices.calls import INVOICE, act, refusal, show, within
from penstock_paypal.invoices.told import refund


class RecordedRefunds:
    """The refunds recorded on invoices: read, recorded, deleted."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def list(self, reference: str) -> Sequence[InvoiceRefund]:
        """
        What is recorded on the invoice as refunded.

        Raises:
            GatewayUnavailable: no answer, or an amount that cannot be read.
            InvoiceRefused: the reference is no id of an invoice.
        """
        invoice = await show(self._api, reference)
        if invoice is None:
            raise GatewayUnavailable("PayPal does not show the invoice")
        found: list[InvoiceRefund] = []
        for one in shapes.sequence(shapes.at(invoice, "refunds", "transactions")):
            if shapes.text(one, "type") == "PAYPAL":
                continue
            amount = shapes.money(one, "amount")
            if amount is None:
                raise GatewayUnavailable("PayPal shows a refund on the invoice without an amount")
            found.append(InvoiceRefund(shapes.text(one, "refund_id") or "", amount))
        return tuple(found)

    async def record(self, reference: str, amount: Money) -> None:
        """
        Record that so much more went back.

        Raises:
            GatewayUnavailable: no answer, or not now; it may be recorded.
            InvoiceRefused: never.
        """
        try:
            body = refund(amount)
        except ValueError as exc:
            raise InvoiceRefused(str(exc)) from exc
        answer = await act(self._api, reference, "refunds", body)
        if not answer.ok:
            raise refusal(answer, "record refund")

    async def delete(self, reference: str, identity: str) -> None:
        """
        Take a recorded refund off the invoice; one that is gone stays gone.

        Raises:
            GatewayUnavailable: no answer, or not now.
            InvoiceRefused: never.
        """
        if not shapes.ID.fullmatch(identity):
            raise InvoiceRefused("PayPal gave the recorded refund no id to delete it by")
        where = within(f"{INVOICE}/refunds/{identity}", reference)
        answer = await self._api.send("DELETE", where, "delete refund of invoice")
        if not answer.ok and not answer.missing:
            raise refusal(answer, "delete refund of invoice")
