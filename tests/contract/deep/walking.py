"""
What a walk along our API's links needs beside its requests: a caller who knows what is there.

schemathesis makes ids, keys, cursors and references up where no link gives them. Such a request is
refused or finds nothing, and nothing leads on from it. Each gets something of its own instead, so
that a walk which begins like another one goes on like it: Hypothesis gives up a search once the
same choices have another outcome, because another walk has used a key or cancelled a subscription.
"""

from __future__ import annotations

from typing import Any

from tests.contract.deep.shop import Shop
from tests.contract.providers.keys import KEY
from tests.contract.real import be_real

_KINDS = {"payments", "subscriptions"}


class Walking:
    """Sees each request of the stateful phase before it is sent, and each answer."""

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._currencies: dict[str, str] = {}

    def before(self, case: Any, shop: Shop) -> None:
        """Have a request that keeps to the contract name what is there."""
        be_real(case)
        name = case.operation.definition.raw["operationId"]
        if KEY in (case.headers or {}):
            case.headers[KEY] = shop.key()
        self._name_one(name, case, shop)
        _ask_plainly(name, case.query or {}, shop)
        body = case.body if isinstance(case.body, dict) else {}
        if name == "createSubscription" and "reference" in body:
            body["reference"] = shop.key()
        if name == "createPayment" and isinstance(body.get("order"), dict):
            body["order"]["reference"] = shop.key()
            if body.get("checkout"):
                body["provider"] = "example"
        if name == "createRefund" and "amount" in body:
            # A part of it, so that there is something left for the next one.
            body["amount"] = 1
            body["currency"] = self._currencies[case.path_parameters["id"]]

    def after(self, case: Any, answer: Any, shop: Shop) -> None:
        """Remember what an answer shows; let the buyer approve it, and the gateway decide."""
        if answer.status_code >= 300:
            return
        told = answer.json()
        for one in (told, *told.get("payments", ()), *told.get("subscriptions", ())):
            self._see(one)
        name = case.operation.definition.raw["operationId"]
        if name in {"createPayment", "createSubscription"}:
            shop.settle(_kind(case), told)

    def _name_one(self, name: str, case: Any, shop: Shop) -> None:
        """Put the id of something new in the place of one that is made up."""
        given = case.path_parameters or {}
        if _kind(case) not in _KINDS or given.get("id", "") in {"", *self._known}:
            return
        sold = shop.pay() if _kind(case) == "payments" else shop.subscribe()
        if name == "resumeSubscription":
            shop.suspend(sold["id"])
        self._see(sold)
        given["id"] = sold["id"]

    def _see(self, one: dict[str, Any]) -> None:
        if "self" in one.get("links", {}):
            self._known.add(one["id"])
        if "amount" in one:
            self._currencies[one["id"]] = one["amount"]["currency"]


def _kind(case: Any) -> str:
    return case.operation.path.split("/")[1]


def _ask_plainly(name: str, query: dict[str, Any], shop: Shop) -> None:
    """Leave out what is refused because it was made up, and ask for a customer who is there."""
    for made_up in {"cursor", "since"} & query.keys():
        del query[made_up]
    if name == "listPayments":
        query.pop("subscription", None)
    sells = {"listPayments": shop.pay, "listSubscriptions": shop.subscribe}
    if name in sells and query.get("reference") not in shop.customers:
        sells[name]()
        query["reference"] = shop.newest
