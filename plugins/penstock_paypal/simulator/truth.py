"""Making events true: the books say what the event says, and what must follow from it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.money.refund import sale as sale_of
from penstock_paypal.simulator import templates
from penstock_paypal.simulator.books import Books, Document, put

_PREFIX_SALE, _PREFIX_CAPTURE = "PAYMENT.SALE.", "PAYMENT.CAPTURE."
_CLAIMED_SALES = frozenset({f"{_PREFIX_SALE}{one}" for one in ("COMPLETED", "PENDING", "DENIED")})
_SENT_BACK = frozenset({"refunded", "partially_refunded", "reversed"})
_CLAIMED_CAPTURES = frozenset(
    {f"{_PREFIX_CAPTURE}{one}" for one in ("COMPLETED", "PENDING", "DENIED", "DECLINED")}
)


def sale(books: Books, resource: Document, subscription: Mapping[str, Any]) -> None:
    """
    The API shows the sale, its subscription or its parent payment.

    Args:
        resource: the event's; an agreement that is "" is filled in.
        subscription: values by dotted path into the subscription.
    """
    agreement = resource.get("billing_agreement_id")
    if agreement == "":
        # Not stated: the subscription it was under before, or a new one.
        known = shapes.text(books.sales.get(resource["id"]), "billing_agreement_id")
        resource["billing_agreement_id"] = _under(books, known, subscription)
    elif isinstance(agreement, str):
        _under(books, agreement, subscription)
    shown = copy.deepcopy(resource)
    books.sales[shown["id"]] = shown
    if parent := shapes.identity(shown, "parent_payment"):
        paid = books.payments.setdefault(parent, templates.payment(parent, shown, books.now()))
        paid["transactions"][0]["related_resources"] = [{"sale": shown}]


def sent_back(books: Books, refund: Document, state: str, subscription: Mapping[str, Any]) -> None:
    """The API shows the refund, and the sale as refunded or reversed, wholly or in part."""
    paid = books.paid(str(refund.get("sale_id")))
    if paid is None:
        paid = templates.sale(books.now(), "completed")
        paid["amount"] = copy.deepcopy(refund["amount"])
        if refund.get("sale_id"):
            paid["id"] = refund["sale_id"]
        charge_fee(paid)
        sale(books, paid, subscription)
        paid = books.sales[paid["id"]]
    if refund.get("sale_id") == "":
        refund["sale_id"] = paid["id"]
    # The API names the sale of a refund, also where the webhook does not.
    books.refunds[str(refund["id"])] = {**copy.deepcopy(refund), "sale_id": paid["id"]}
    _settle(books, paid, state)


def capture(books: Books, resource: Document) -> None:
    """The API shows the capture, and its order with the payer."""
    shown = copy.deepcopy(resource)
    books.captures[shown["id"]] = shown
    if order := shapes.identity(shown, "supplementary_data", "related_ids", "order_id"):
        books.orders.setdefault(order, templates.order(order, shown, books.now()))


def capture_sent_back(books: Books, refund: Document) -> None:
    """The API shows the refund, and the capture (or the sale of that id) as refunded."""
    # The name is a convenience of `trigger`: a v2 refund names its capture in a link only.
    refund.pop("capture_id", None)
    named = sale_of(refund) or ""
    paid = books.paid(named)
    if paid is None and named:
        paid = templates.capture(books.now(), "COMPLETED")
        paid |= {"id": named, "amount": copy.deepcopy(refund["amount"])}
        charge_fee(paid)
        capture(books, paid)
        paid = books.captures[named]
    books.refunds[str(refund["id"])] = shown = copy.deepcopy(refund)
    if paid is None:
        return
    _settle(books, paid, "refunded")
    gone = _gone(books, paid["id"])
    if gone and "seller_payable_breakdown" not in refund:
        total = {"currency_code": templates.currency(refund), "value": str(gone)}
        refund["seller_payable_breakdown"] = {
            "gross_amount": templates.v2_amount(refund),
            "total_refunded_amount": total,
        }
        shown["seller_payable_breakdown"] = copy.deepcopy(refund["seller_payable_breakdown"])


def disputed(books: Books, identity: str | None) -> Document:
    """The sale or capture a dispute is over: the named one, else the newest, else a new sale."""
    known = books.paid(identity) if identity else next(reversed(books.sales.values()), None)
    if known is None and not identity:
        known = next(reversed(books.captures.values()), None)
    if known is not None:
        return known
    made = templates.sale(books.now(), "completed")
    made["id"] = identity or made["id"]
    return made


def dispute(books: Books, resource: Document) -> None:
    """The API shows the dispute and the sale it is over."""
    books.disputes[str(resource["dispute_id"])] = copy.deepcopy(resource)
    named = shapes.identity(
        next(iter(shapes.sequence(resource.get("disputed_transactions"))), None),
        "seller_transaction_id",
    )
    if named and books.paid(named) is None:
        made = templates.sale(books.now(), "completed") | {"id": named}
        amount = shapes.mapping(resource.get("dispute_amount"))
        made["amount"] = {"total": amount.get("value"), "currency": amount.get("currency_code")}
        charge_fee(made)
        sale(books, made, {})


def believe(books: Books, own: Mapping[str, Any]) -> None:
    """
    Put what an event's own body is about into the books, unless a test has stated it.

    Believed are sales, v2 captures, disputes, subscriptions and plans. Of a dispute the API shows
    more than a webhook needs to say, such as the date by which the seller must respond.
    """
    event_type = shapes.text(own, "event_type") or ""
    resource = copy.deepcopy(dict(shapes.mapping(own.get("resource"))))
    identity = shapes.text(resource, "id") or ""
    if event_type in _CLAIMED_SALES and identity:
        if ("sales", identity) not in books.stated:
            sale(books, resource, {})
    elif event_type in _CLAIMED_CAPTURES and identity:
        if ("captures", identity) not in books.stated:
            capture(books, resource)
    elif event_type.startswith("CUSTOMER.DISPUTE."):
        _believe_dispute(books, resource)
    elif "status" in resource and identity:
        _believe_billing(books, event_type, identity, resource)


def charge_fee(resource: Document) -> None:
    """Show the fee and, in v2, the net amount of a completed payment."""
    charged = templates.fee(resource)
    if charged is None:
        return
    currency = templates.currency(resource)
    if resource.get("state") == "completed":
        resource["transaction_fee"] = {"value": str(charged[0]), "currency": currency}
    elif resource.get("status") == "COMPLETED":
        resource["seller_receivable_breakdown"] = {
            "gross_amount": templates.v2_amount(resource),
            "paypal_fee": {"currency_code": currency, "value": str(charged[0])},
            "net_amount": {"currency_code": currency, "value": str(charged[1])},
        }


def _believe_dispute(books: Books, resource: Document) -> None:
    identity = shapes.text(resource, "dispute_id")
    if identity is None or ("disputes", identity) in books.stated:
        return
    named = next(iter(shapes.sequence(resource.get("disputed_transactions"))), None)
    about = disputed(books, shapes.text(named, "seller_transaction_id") or "unknown")
    known = books.disputes.get(identity) or templates.dispute(books, about)
    dispute(books, {**known, **resource})


def _believe_billing(books: Books, event_type: str, identity: str, resource: Document) -> None:
    if event_type.startswith("BILLING.SUBSCRIPTION."):
        if ("subscriptions", identity) not in books.stated:
            known = books.subscriptions.get(identity, {})
            books.subscribe(**{**known, **resource})
    elif event_type.startswith("BILLING.PLAN.") and ("plans", identity) not in books.stated:
        books.plans[identity] = {**books.plans.get(identity, {}), **resource}


def _under(books: Books, agreement: str | None, changes: Mapping[str, Any]) -> str:
    subscription = books.subscriptions.get(agreement or "")
    if subscription is None:
        subscription = books.subscribe(**({"id": agreement} if agreement else {}))
    for path, value in changes.items():
        put(subscription, path, value)
    return str(subscription["id"])


def _settle(books: Books, paid: Document, state: str) -> None:
    """Bring a sale's or capture's state to what its completed refunds amount to."""
    gone, whole = _gone(books, paid["id"]), templates.total(paid) or Decimal()
    shown = "status" if "status" in paid else "state"
    if not gone and str(paid.get(shown)).lower() not in _SENT_BACK:
        return
    if not gone:
        # The refund failed after all, and the money is the merchant's again.
        reached = "completed"
    elif gone < whole:
        reached = "partially_refunded"
    else:
        reached = "refunded" if shown == "status" else state
    paid[shown] = reached.upper() if shown == "status" else reached
    paid["update_time"] = books.now()


def _gone(books: Books, identity: str) -> Decimal:
    """How much of it completed refunds and reversals sent back."""
    done = (
        templates.total(one)
        for one in books.refunds.values()
        if sale_of(one) == identity
        and str(one.get("state") or one.get("status")).lower() == "completed"
    )
    return sum((one for one in done if one is not None), Decimal())
