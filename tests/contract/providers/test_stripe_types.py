"""What the document says of Stripe is in the types of Stripe's own package, its source."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

import pytest

from tests.contract.providers.document import METHODS, raw

TYPES = {
    "listPaymentIntents": "PaymentIntentListParams",
    "createPaymentIntent": "PaymentIntentCreateParams",
    "searchPaymentIntents": "PaymentIntentSearchParams",
    "showPaymentIntent": "PaymentIntentRetrieveParams",
    "listRefunds": "RefundListParams",
    "createRefund": "RefundCreateParams",
    "showRefund": "RefundRetrieveParams",
    "listDisputes": "DisputeListParams",
    "showDispute": "DisputeRetrieveParams",
    "showSubscription": "SubscriptionRetrieveParams",
    "listInvoices": "InvoiceListParams",
    "listInvoicePayments": "InvoicePaymentListParams",
    "listEvents": "EventListParams",
}
OBJECTS = {
    "PaymentIntent": "PaymentIntent",
    "Charge": "Charge",
    "BalanceTransaction": "BalanceTransaction",
    "Refund": "Refund",
    "Dispute": "Dispute",
    "Subscription": "Subscription",
    "Item": "SubscriptionItem",
    "Invoice": "Invoice",
    "Paid": "InvoicePayment",
    "Event": "Event",
}
DOCUMENT = raw("stripe")


def fields(module: str, name: str) -> set[str]:
    """The names that a type of the package has; its own words, not evaluated."""
    snake = re.sub(r"(?<!^)([A-Z])", r"_\1", name).lower()
    found = getattr(import_module(f"{module}._{snake}"), name)
    return {field for one in found.__mro__ for field in vars(one).get("__annotations__", {})}


def sent(operation: dict[str, Any]) -> set[str]:
    """The names of an operation's query and form, without what is in brackets."""
    named = [one.get("$ref", "").rpartition("/")[2] for one in operation.get("parameters", ())]
    known = DOCUMENT["components"]["parameters"]
    listed = [*operation.get("parameters", ()), *(known[one] for one in named if one)]
    query = [one["name"] for one in listed if one.get("in") == "query"]
    form = operation.get("requestBody", {}).get("content", {}).values()
    body = [name for one in form for name in one["schema"]["properties"]]
    return {name.partition("[")[0] for name in (*query, *body)}


@pytest.mark.parametrize("name", TYPES)
def test_what_is_sent_is_a_parameter_of_the_packages(name: str):
    operations = [
        item[method] for item in DOCUMENT["paths"].values() for method in METHODS if method in item
    ]
    (operation,) = (one for one in operations if one["operationId"] == name)

    assert TYPES.keys() == {one["operationId"] for one in operations}
    assert set() == sent(operation) - fields("stripe.params", TYPES[name])


@pytest.mark.parametrize("name", OBJECTS)
def test_what_is_read_is_a_field_of_the_packages(name: str):
    shown = DOCUMENT["components"]["schemas"][name]["properties"]

    # The package's word for what a Python dictionary calls its items.
    assert set() == set(shown) - fields("stripe", OBJECTS[name]) - {"items"}
