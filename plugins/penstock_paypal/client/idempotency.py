"""Which requests PayPal makes once: the POSTs that take the header `PayPal-Request-Id`."""

from __future__ import annotations

import re
from datetime import timedelta

HEADER = "PayPal-Request-Id"
LONGEST = 78
"""Characters; the least of PayPal's own limits (payments_payment_v1; orders take 108)."""

_ID = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")
# As PayPal's specifications have it (github.com/paypal/paypal-rest-api-specifications). Other
# POSTs ignore the header: after a lost answer their effect is looked up instead.
_KEYED = re.compile(
    "|".join(
        (
            "/v1/billing/plans",
            "/v1/billing/subscriptions",
            "/v1/billing/subscriptions/[^/]+/capture",
            "/v1/catalogs/products",
            "/v1/payments/payment/[^/]+/execute",
            "/v1/payments/(?:sale|capture)/[^/]+/refund",
            "/v1/payments/authorization/[^/]+/void",
            "/v1/payments/orders/[^/]+/do-void",
            "/v2/checkout/orders",
            "/v2/checkout/orders/[^/]+/(?:authorize|capture)",
            "/v2/payments/authorizations/[^/]+/(?:capture|reauthorize)",
            "/v2/payments/captures/[^/]+/refund",
        )
    )
)


# By path; PayPal's reference of each (payments v1: 30 days, captures v2: 45 days).
_WINDOWS = (
    (re.compile("/v1/payments/(?:sale|capture)/[^/]+/refund"), timedelta(days=30)),
    (re.compile("/v2/payments/captures/[^/]+/refund"), timedelta(days=45)),
)


def window(path: str) -> timedelta:
    """
    How long PayPal knows the request id of a refund.

    Raises:
        ValueError: no path of a refund.
    """
    for known, lasts in _WINDOWS:
        if known.fullmatch(path):
            return lasts
    raise ValueError("not the path of a refund at PayPal")


def keyed(method: str, path: str) -> bool:
    """Whether PayPal does a request once for each request id."""
    return method == "POST" and _KEYED.fullmatch(path.partition("?")[0]) is not None


def header(method: str, path: str, request_id: str | None) -> dict[str, str]:
    """
    The header that makes a repeated request safe; none where PayPal knows none.

    Args:
        request_id: the operation's id, the same for every attempt at it.

    Raises:
        ValueError: a request that PayPal does once has no id, or another one has an id; or the
            id is not 1 to 78 printable ASCII characters.
    """
    if keyed(method, path) != (request_id is not None):
        raise ValueError(f"{method} {path}: give a request id where PayPal takes one, only there")
    if request_id is None:
        return {}
    if not _ID.fullmatch(request_id):
        raise ValueError(f"a request id has 1 to {LONGEST} printable ASCII characters")
    return {HEADER: request_id}
