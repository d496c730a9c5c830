"""A sale of a subscription and its refund: as PayPal shows them, and as a webhook claims them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.api import Confirmed, Evidence, Notification
from penstock.testing.clock import NOON
from tests.plugins.paypal.told import Told

SALE = "5CS38179PL895402Y"
AGREEMENT = "I-0HNJGFKLTLMP"
SALE_PATH = f"/v1/payments/sale/{SALE}"
CAPTURE_PATH = f"/v2/payments/captures/{SALE}"
SUBSCRIPTION_PATH = f"/v1/billing/subscriptions/{AGREEMENT}?fields=plan"
OLD_AGREEMENT_PATH = f"/v1/payments/billing-agreements/{AGREEMENT}"


def sale(**changes: Any) -> dict[str, Any]:
    return {
        "id": SALE,
        "state": "completed",
        "amount": {"total": "12.50", "currency": "USD"},
        "create_time": "2026-11-02T11:59:00Z",
        "billing_agreement_id": AGREEMENT,
        **changes,
    }


SUBSCRIPTION = {
    "id": AGREEMENT,
    "status": "ACTIVE",
    "plan_id": "P-7AJ09605LT627470LNCBOEVQ",
    "plan": {"name": "Gold, monthly"},
    "custom_id": "customer-17",
    "subscriber": {
        "payer_id": "GYDYPD4J6NW2N",
        "email_address": "buyer@example.com",
        "name": {"given_name": "Ada", "surname": "Example"},
    },
}

REFUND = "29B43325P49508437"
REFUND_PATH = f"/v1/payments/refund/{REFUND}"
REFUND_V2_PATH = f"/v2/payments/refunds/{REFUND}"


def refund(total: str = "-5.00", **changes: Any) -> dict[str, Any]:
    return {
        "id": REFUND,
        "state": "completed",
        "amount": {"total": total, "currency": "USD"},
        "sale_id": SALE,
        "create_time": "2026-11-02T11:59:30Z",
        **changes,
    }


def notification(
    event_type: str = "PAYMENT.SALE.COMPLETED",
    *,
    entity: str | None = f"paypal-{SALE}",
    age: timedelta = timedelta(seconds=5),
    **resource: Any,
) -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type=event_type,
        entity=entity,
        resource={**sale(), **resource},
        occurred_at=NOON - age,
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


async def confirmed(told: Told, notification: Notification) -> Any:
    answer = await told.paypal.confirm(notification, NOON)
    assert isinstance(answer, Confirmed)
    return answer.observation
