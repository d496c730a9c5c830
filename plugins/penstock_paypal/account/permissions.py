"""What the app's credentials may do, asked by reads that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from penstock.api import SettingsError
from penstock.api.account import Permitted
from penstock_paypal.client.api import Api

PRODUCTS, PLANS, WEBHOOKS = "catalogue products", "plans", "webhooks"
# Of the form of a real id, and nobody's: 404 says that we may ask.
_NOBODYS = "0000000000000000X"
_FEATURES = "developer.paypal.com, Apps & Credentials, your app, Features"


@dataclass(frozen=True, slots=True)
class _Question:
    name: str
    path: str
    remedy: str


_QUESTIONS = (
    _Question(
        PRODUCTS,
        "/v1/catalogs/products?page_size=1",
        f"enable Subscriptions in {_FEATURES}",
    ),
    _Question(PLANS, "/v1/billing/plans?page_size=1", f"enable Subscriptions in {_FEATURES}"),
    _Question(
        "subscriptions",
        "/v1/billing/subscriptions/I-000000000000",
        f"enable Subscriptions in {_FEATURES}",
    ),
    _Question(
        "invoicing",
        "/v2/invoicing/invoices?page_size=1",
        f"enable Invoicing in {_FEATURES}",
    ),
    _Question(
        "sales",
        f"/v1/payments/sale/{_NOBODYS}",
        f"enable Accept payments in {_FEATURES}",
    ),
    _Question(
        "captures",
        f"/v2/payments/captures/{_NOBODYS}",
        f"enable Accept payments in {_FEATURES}",
    ),
    _Question(
        "disputes",
        "/v1/customer/disputes?page_size=1",
        f"enable Disputes in {_FEATURES}; until then a dispute is published unconfirmed",
    ),
    _Question(
        WEBHOOKS,
        "/v1/notifications/webhooks",
        f"make a REST app of its own in {_FEATURES}: every app has webhooks",
    ),
    _Question(
        "webhook events",
        "/v1/notifications/webhooks-events?page_size=1",
        f"make a REST app of its own in {_FEATURES}: every app has webhooks",
    ),
)


async def ask(api: Api) -> Sequence[Permitted]:
    """
    Ask for each permission.

    Raises:
        GatewayUnavailable: no answer.
    """
    return [await _asked(api, one) for one in _QUESTIONS]


async def demand(api: Api, *names: str) -> None:
    """
    See that these are granted, before anything rests on them.

    Raises:
        GatewayUnavailable: no answer.
        SettingsError: one is not; says what to do.
    """
    for question in _QUESTIONS:
        if question.name in names:
            told = await _asked(api, question)
            if told.granted is False:
                raise SettingsError(f"{told.name}: {told.note}; nothing was changed")


async def _asked(api: Api, question: _Question) -> Permitted:
    answer = await api.send("GET", question.path, question.name)
    if answer.denied:
        return Permitted(question.name, False, f"PayPal answered {answer.why}: {question.remedy}")
    if answer.ok or not answer.passing:
        return Permitted(question.name, True)
    return Permitted(question.name, None, f"PayPal answered {answer.why}: ask again later")
