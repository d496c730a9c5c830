"""The part of AcmePay that makes invoices and records refunds on them."""

from __future__ import annotations

from typing import Any

from penstock.api import (
    CreateAnswer,
    GatewayUnavailable,
    Invoice,
    InvoiceDraft,
    InvoiceRefund,
    InvoiceRefused,
    InvoiceState,
    Money,
    Succeeded,
)
from tests.plugins.conformance.acme_subscriptions import without_answer


class AcmeInvoices:
    """Invoices; `_ask` is the gateway's."""

    _ask: Any

    async def create_invoice(self, draft: InvoiceDraft) -> CreateAnswer:
        try:
            await self._ask("PUT", f"/invoices/{draft.number}", _draft(draft))
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Succeeded(draft.number)

    async def find_invoice(self, draft: InvoiceDraft, reference: str | None) -> Invoice | None:
        found = await self._ask("GET", f"/invoices/{reference or draft.number}")
        if found is None:
            return None
        foreign = reference is None and found["sale"] != draft.transaction
        return Invoice(draft.number, draft.number, InvoiceState(found["state"]), foreign)

    async def send_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        await self._ask("POST", f"/invoices/{reference}", {"state": "sent"})

    async def record_payment(self, reference: str, draft: InvoiceDraft) -> None:
        await self._ask("POST", f"/invoices/{reference}", {"state": "recorded"})

    async def cancel_invoice(self, reference: str, draft: InvoiceDraft) -> None:
        held = await self._ask("GET", f"/invoices/{reference}")
        if held and held["state"] == "recorded":
            raise InvoiceRefused("it is paid")
        await self._ask("POST", f"/invoices/{reference}", {"state": "cancelled"})

    async def invoice_refunds(
        self, reference: str, draft: InvoiceDraft
    ) -> tuple[InvoiceRefund, ...]:
        found = await self._ask("GET", f"/invoices/{reference}") or {}
        return tuple(
            InvoiceRefund(identity, Money(minor, draft.amount.currency))
            for identity, minor in found.get("refunds", [])
        )

    async def record_refund(self, reference: str, draft: InvoiceDraft, amount: Money) -> None:
        held = await self._ask("GET", f"/invoices/{reference}") or {}
        refunds = held.get("refunds", [])
        one = [f"r-{len(refunds)}", amount.minor]
        await self._ask("POST", f"/invoices/{reference}", {"refunds": [*refunds, one]})

    async def delete_refund(self, reference: str, draft: InvoiceDraft, refund: str) -> None:
        held = await self._ask("GET", f"/invoices/{reference}") or {}
        left = [one for one in held.get("refunds", []) if one[0] != refund]
        await self._ask("POST", f"/invoices/{reference}", {"refunds": left})


def _draft(draft: InvoiceDraft) -> dict[str, Any]:
    return {"state": "draft", "sale": draft.transaction}
