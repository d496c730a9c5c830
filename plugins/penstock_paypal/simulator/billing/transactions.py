"""A subscription's payments, as its transactions show them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator import templates
from penstock_paypal.simulator.books import Books, Document

_STATUSES = {
    "completed": "COMPLETED",
    "pending": "PENDING",
    "denied": "DECLINED",
    "refunded": "REFUNDED",
    "partially_refunded": "PARTIALLY_REFUNDED",
    "reversed": "REFUNDED",
}


def transactions(
    books: Books,
    subscription: Document,
    refused: Iterable[Document],
    start: datetime,
    end: datetime,
) -> list[Document]:
    """Its sales and its refused payments of that period, oldest first."""
    own = (
        one
        for one in books.sales.values()
        if one.get("billing_agreement_id") == subscription["id"]
    )
    shown = [transaction(one, subscription) for one in (*own, *refused)]
    times = ((shapes.moment(one, "time"), one) for one in shown)
    inside = [(at, one) for at, one in times if at is not None and start <= at <= end]
    return [one for _, one in sorted(inside, key=lambda pair: pair[0])]


def transaction(paid: Document, subscription: Document) -> Document:
    """A sale, or a payment that was refused, as a transaction."""
    shown: Document = dict(paid)
    if "state" in paid:
        shown = {
            "id": paid["id"],
            "status": _STATUSES.get(str(paid["state"]), "COMPLETED"),
            "amount_with_breakdown": _breakdown(paid),
            "time": paid["create_time"],
        }
    payer = shapes.mapping(subscription.get("subscriber"))
    return {
        **shown,
        "payer_name": shapes.mapping(payer.get("name")),
        "payer_email": payer.get("email_address"),
    }


def _breakdown(sale: Document) -> dict[str, Any]:
    gross = templates.v2_amount(sale)
    charged = templates.fee(sale)
    if charged is None or sale["state"] == "pending":
        return {"gross_amount": gross}
    fee, net = ({**gross, "value": str(one)} for one in charged)
    return {"gross_amount": gross, "fee_amount": fee, "net_amount": net}
