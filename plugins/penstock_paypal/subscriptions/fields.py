"""What PayPal takes in the fields of a request, and our names for those it refuses."""

from __future__ import annotations

import re
from collections.abc import Mapping

from penstock.api import Invalid, SubscriptionRequest
from penstock_paypal import shapes
from penstock_paypal.client.answer import Answer

# All limits are billing_subscriptions_v1's.
_REFERENCE = re.compile(r"[\x20-\x7e]{1,127}")
_LOCALE = re.compile(r"[a-z]{2}(?:-[A-Z][a-z]{3})?(?:-[A-Z]{2})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_LONGEST_REASON = 128
_LONGEST_NAME = 140
_LONGEST_EMAIL = 254
_LONGEST_BRAND = 127
_SHORTEST_URL = 10
_LONGEST_URL = 4000
_LONGEST_ID = 50

_OURS: Mapping[str, str] = {
    "plan_id": "plan",
    "custom_id": "reference",
    "reason": "reason",
    "subscriber": "subscriber",
    "subscriber.name.given_name": "subscriber.given_name",
    "subscriber.name.surname": "subscriber.surname",
    "subscriber.email_address": "subscriber.email",
    "application_context.return_url": "return_url",
    "application_context.cancel_url": "cancel_url",
    "application_context.brand_name": "brand",
    "application_context.locale": "locale",
}
# Issues that name no field, and are about the plan.
_OF_THE_PLAN: Mapping[str, str] = {
    "PLAN_STATUS_INVALID": "it is not active",
    "PLAN_PRODUCT_NOT_COMPATIBLE": "it is of another product than the subscription's plan",
    "CURRENCY_MISMATCH": "its currency is not the subscription's",
}


def of_request(request: SubscriptionRequest) -> Invalid | None:
    """The first field of a request that PayPal would not take."""
    who = request.subscriber
    found = (
        of_plan(request.plan),
        None
        if _REFERENCE.fullmatch(request.reference)
        else Invalid("reference", "it needs 1 to 127 printable ASCII characters"),
        _text("subscriber.given_name", who.given_name, _LONGEST_NAME),
        _text("subscriber.surname", who.surname, _LONGEST_NAME),
        _text("subscriber.email", who.email, _LONGEST_EMAIL)
        or (None if _EMAIL.fullmatch(who.email) else Invalid("subscriber.email", "it is none")),
        of_urls(request.return_url, request.cancel_url),
        None if request.brand is None else _text("brand", request.brand, _LONGEST_BRAND),
        None
        if request.locale is None or _LOCALE.fullmatch(request.locale)
        else Invalid("locale", "it needs a language tag such as en or zh-TW"),
    )
    return next((one for one in found if one is not None), None)


def of_plan(plan: str) -> Invalid | None:
    """Whether a plan's id can be one of PayPal's."""
    if shapes.ID.fullmatch(plan) and len(plan) <= _LONGEST_ID:
        return None
    return Invalid("plan", "it is no id of a plan at PayPal")


def of_urls(return_url: str, cancel_url: str) -> Invalid | None:
    """Whether PayPal takes the addresses to which the buyer comes back."""
    for name, url in (("return_url", return_url), ("cancel_url", cancel_url)):
        if not _SHORTEST_URL <= len(url) <= _LONGEST_URL:
            return Invalid(name, f"it needs {_SHORTEST_URL} to {_LONGEST_URL} characters")
    return None


def of_reason(reason: str) -> Invalid | None:
    """Whether PayPal takes a reason."""
    return _text("reason", reason, _LONGEST_REASON)


def refused(answer: Answer) -> Invalid | None:
    """The field that PayPal refuses in a 400 or 422; None where it names none."""
    if answer.status not in (400, 422):
        return None
    of_the_plan = next((_OF_THE_PLAN[one] for one in answer.issues if one in _OF_THE_PLAN), None)
    if of_the_plan:
        return Invalid("plan", of_the_plan)
    if not answer.fields:
        return None
    field, issue = answer.fields[0]
    return Invalid(_OURS.get(field, field), f"PayPal refuses it: {issue}")


def _text(name: str, value: str, longest: int) -> Invalid | None:
    if 1 <= len(value) <= longest and value.strip() and value.isprintable():
        return None
    return Invalid(name, f"it needs 1 to {longest} printable characters")
