"""Plans and subscriptions as PayPal's API shows them, and the plugin over scripted answers."""

from __future__ import annotations

from typing import Any

from penstock.api import Response, Subscriber, SubscriptionRequest
from penstock.testing.context import FixedSecrets, RecordingLog, context
from penstock.testing.http import ScriptedHttp, response
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from tests.plugins.paypal.told import SECRET, granted

PLAN_ID = "P-5ML4271244454362WXNWU5NQ"
SUBSCRIPTION_ID = "I-BW452GLLEP1G"
APPROVE = (
    "https://www.sandbox.paypal.com/webapps/billing/subscriptions?ba_token=BA-9BT474281C717751V"
)
OPERATION = "6f1c2a52-8c0a-5a1e-9a52-3f5b1a0c7d11"
REQUEST = SubscriptionRequest(
    operation_id=OPERATION,
    plan=PLAN_ID,
    reference="customer-12",
    subscriber=Subscriber("Ada", "Lovelace", "ada@example.test"),
    return_url="https://penstock.test/return/secret",
    cancel_url="https://penstock.test/cancel/secret",
    brand="Acme",
    locale="zh-TW",
)


def price(value: str | None, currency: str = "USD") -> dict[str, Any]:
    """A pricing scheme."""
    amount = {"value": value, "currency_code": currency}
    return {"pricing_scheme": {"fixed_price": amount}} if value is not None else {}


def cycle(
    value: str | None = "12.50",
    *,
    trial: bool = False,
    unit: str = "MONTH",
    count: int = 1,
    total: int | None = None,
) -> dict[str, Any]:
    """A billing cycle."""
    return {
        "frequency": {"interval_unit": unit, "interval_count": count},
        "tenure_type": "TRIAL" if trial else "REGULAR",
        "sequence": 1 if trial else 2,
        "total_cycles": total if total is not None else int(trial),
        **price(value),
    }


def plan(*cycles: dict[str, Any], identity: str = PLAN_ID, **more: Any) -> dict[str, Any]:
    """A plan in full."""
    shown = list(cycles) or [cycle()]
    known = {"id": identity, "name": "Gold", "status": "ACTIVE", "billing_cycles": shown}
    return {**known, **more}


def subscription(status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    """A subscription with its plan."""
    known = {
        "id": SUBSCRIPTION_ID,
        "status": status,
        "status_update_time": "2026-11-01T12:00:05Z",
        "plan_id": PLAN_ID,
        "start_time": "2026-11-01T11:58:00Z",
        "create_time": "2026-11-01T12:00:00Z",
        "update_time": "2026-11-01T12:00:06Z",
        "custom_id": "customer-12",
        "plan": plan(),
    }
    return {**known, **more}


def opened(status: str = "APPROVAL_PENDING", approve: str | None = APPROVE) -> dict[str, Any]:
    """What PayPal answers to a create."""
    links = [{"rel": "self", "href": "https://api.sandbox.paypal.com/x", "method": "GET"}]
    if approve is not None:
        links.append({"rel": "approve", "href": approve, "method": "GET"})
    return {"id": SUBSCRIPTION_ID, "status": status, "links": links}


class Scripted:
    """The plugin over answers in the order given; the token comes first."""

    def __init__(self, *answers: Response | Exception) -> None:
        self.http = ScriptedHttp(granted(), *answers)
        self.log = RecordingLog()
        self.paypal = PayPal(
            context(
                PayPalSettings(environment="sandbox", extra_certificates=""),
                secrets=FixedSecrets(SECRET),
                http=self.http,
                log=self.log,
            )
        )

    @property
    def sent(self) -> list[Any]:
        """The requests, tokens left out."""
        return [one for one in self.http.requests if "oauth2" not in one.url]


def answered(status: int, body: object = b"") -> Response:
    """An answer of PayPal's."""
    return response(status, body)


def error(status: int, *details: dict[str, str], name: str = "X_NAME") -> Response:
    """An error as PayPal writes it."""
    return answered(status, {"name": name, "debug_id": "90957fca61718", "details": details})
