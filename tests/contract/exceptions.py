"""The checks of schemathesis that do not hold, each for its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from schemathesis.checks import CHECKS

_BOTH = ("positive_data_acceptance", "negative_data_rejection")
_POSITIVE = ("positive_data_acceptance",)
EXCEPTIONS: Mapping[str, Sequence[str]] = {
    # Which headers and body a webhook needs is for its gateway's door to say.
    "receiveWebhook": _BOTH,
    "receiveWebhookOld": _BOTH,
    # A key used twice and a provider that is not there are 422, a cursor that we never handed
    # out is 400: all of them well-formed, and looked at by hand in test_live.
    "createPayment": _POSITIVE,
    # A payment that is not there is 404, one without money 409, another currency 422.
    "createRefund": _POSITIVE,
    # A subscription that is not there is 404.
    "collectSubscription": _POSITIVE,
    # What is not there is 404, what must not be done 409, a gateway that is not there 422.
    "restrict": _POSITIVE,
    "release": _POSITIVE,
    "reprocessPayment": _POSITIVE,
    "resolveOperation": _POSITIVE,
    "makeInvoice": _POSITIVE,
    "listEvents": _POSITIVE,
    # A cursor that we never handed out is 400.
    "listAudit": _POSITIVE,
    # Any token but the buyer's own is 404, and the gateway's query parameters are ignored.
    "showReturn": _BOTH,
    "getReturnState": _BOTH,
    "showCancelledReturn": _BOTH,
    # A reference beside a subscription, a day long ago and a cursor of others are 400, too.
    "listPayments": _POSITIVE,
    "listSubscriptions": _POSITIVE,
    "listSubscriptionPayments": _POSITIVE,
    # A provider or a plan that is not there is 422.
    "listPlans": _POSITIVE,
    "createSubscription": _POSITIVE,
    "createSubscriptionOld": _POSITIVE,
}

OF_PROVIDERS: Mapping[str, str] = {
    "positive_data_acceptance": "what is well-formed may be refused for what it is about",
    "negative_data_rejection": "the document has what we send, and a provider takes more",
    "missing_required_header": "likewise",
    "unsupported_method": "no plugin asks for another method",
    "allow_header_conformance": "a stand-in takes methods that no plugin uses",
    "ensure_resource_availability": "an answer may show what was made under the same key before",
}
"""Checks that do not hold for a provider's stand-in, each with its reason."""


def excluded(operation: str) -> list[Any]:
    """Those of an operation, as schemathesis' functions."""
    return [CHECKS.get_one(name) for name in EXCEPTIONS.get(operation, ())]


def excluded_of_providers() -> list[Any]:
    """Those of the simulators, likewise."""
    return [CHECKS.get_one(name) for name in OF_PROVIDERS]
