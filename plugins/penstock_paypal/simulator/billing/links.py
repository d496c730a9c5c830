"""The links of a subscription: what may be done with it in its status."""

from __future__ import annotations

from penstock_paypal.simulator.billing.contract import Contract
from penstock_paypal.simulator.books import Document

APPROVAL = "/webapps/billing/subscriptions"
_ACTIONS = {
    "ACTIVE": ("cancel", "suspend", "capture"),
    "SUSPENDED": ("cancel", "activate", "capture"),
    "APPROVED": ("activate",),
}


def links(subscription: Document, contract: Contract) -> list[Document]:
    """The links PayPal gives in the status it has."""
    href = f"{contract.base}/v1/billing/subscriptions/{subscription['id']}"
    status = subscription["status"]
    found = [
        {"href": f"{href}/{action}", "rel": action, "method": "POST"}
        for action in _ACTIONS.get(status, ())
    ]
    if status == "APPROVAL_PENDING":
        found.append(approve(contract))
    if status in ("APPROVAL_PENDING", "APPROVED", "ACTIVE", "SUSPENDED"):
        found.append({"href": href, "rel": "edit", "method": "PATCH"})
    return [*found, {"href": href, "rel": "self", "method": "GET"}]


def approve(contract: Contract) -> Document:
    """The link to which the buyer is sent."""
    href = f"{contract.base}{APPROVAL}?ba_token={contract.token}"
    return {"href": href, "rel": "approve", "method": "GET"}
