"""
What a restricted key of the simulated Stripe must be allowed, and how it is told what it lacks.

Who expands an object needs the right to read that, too
(docs.stripe.com/stripe-apps/reference/permissions).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from aiohttp import web

from penstock_stripe.simulator.forms import expanded, query, refusal

_RESOURCES = {
    "payment_intents": "payment_intent",
    "refunds": "charge",
    "disputes": "dispute",
    "subscriptions": "subscription",
    "invoices": "invoice",
    "invoice_payments": "invoice",
    "events": "event",
}
_EXPANDED = {
    "latest_charge": "charge",
    "refunds": "charge",
    "balance_transaction": "balance_transaction_source",
    "customer": "customer",
    "latest_invoice": "invoice",
    "invoice": "invoice",
    "payment_intent": "payment_intent",
}


def denied(request: web.Request, may_not: Set[str]) -> web.Response | None:
    """The refusal of a request that needs one of these rights; None if it needs none of them."""
    lacks = next((one for one in _needed(request) if one in may_not), None)
    if lacks is None:
        return None
    message = (
        "The provided key 'rk_test_*****' does not have the required permissions for this "
        f"endpoint. Having the 'rak_{lacks}' permission would allow this request to continue."
    )
    return refusal(403, "invalid_request_error", message=message)


def _needed(request: web.Request) -> Iterator[str]:
    resource = _RESOURCES.get(request.path.split("/")[2], "")
    yield f"{resource}_{'read' if request.method == 'GET' else 'write'}"
    yield from (f"{one}_read" for one in _inside(expanded(query(request))))


def _inside(paths: Iterable[str]) -> Iterator[str]:
    """The resources of expanded fields, each step of a path."""
    for path in sorted(paths):
        yield from (_EXPANDED[step] for step in path.split(".") if step in _EXPANDED)
