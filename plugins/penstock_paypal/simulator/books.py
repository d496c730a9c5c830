"""What the simulated PayPal holds: plans, subscriptions, sales, invoices and mail sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from penstock_paypal.simulator.credentials import token

Document = dict[str, Any]


@dataclass(slots=True)
class Books:
    """Everything by id, in the shapes the API answers with."""

    plans: dict[str, Document] = field(default_factory=dict[str, Document])
    subscriptions: dict[str, Document] = field(default_factory=dict[str, Document])
    sales: dict[str, Document] = field(default_factory=dict[str, Document])
    refunds: dict[str, Document] = field(default_factory=dict[str, Document])
    invoices: dict[str, Document] = field(default_factory=dict[str, Document])
    mailed: list[Document] = field(default_factory=list[Document])
    unique_numbers: bool = False
    """Whether an invoice number is taken once only; whether PayPal's are is not known."""

    def plan(self) -> Document:
        """The plan that subscriptions are made under unless another is named."""
        if not self.plans:
            self.add_plan(
                {
                    "product_id": "PROD-SIMULATED",
                    "name": "Gold, monthly",
                    "description": "What the simulator sells",
                    "billing_cycles": [
                        {
                            "tenure_type": "REGULAR",
                            "sequence": 1,
                            "total_cycles": 0,
                            "frequency": {"interval_unit": "MONTH", "interval_count": 1},
                            "pricing_scheme": {
                                "fixed_price": {"currency_code": "USD", "value": "12.50"}
                            },
                        }
                    ],
                }
            )
        return next(iter(self.plans.values()))

    def add_plan(self, document: Document) -> Document:
        """Take a plan."""
        plan = {"id": f"P-{token(24)}", "status": "ACTIVE", "create_time": now(), **document}
        self.plans[plan["id"]] = plan
        return plan

    def subscribe(self, **fields: Any) -> Document:
        """A new subscription; `fields` replace what it would have."""
        subscription: Document = {
            "id": f"I-{token(12)}",
            "status": "ACTIVE",
            "status_update_time": now(),
            "plan_id": fields.get("plan_id") or self.plan()["id"],
            "start_time": now(),
            "quantity": "1",
            "subscriber": {
                "payer_id": token(13),
                "email_address": "buyer@example.com",
                "name": {"given_name": "Ada", "surname": "Example"},
            },
            "create_time": now(),
            "update_time": now(),
            "plan_overridden": False,
            **fields,
        }
        self.subscriptions[subscription["id"]] = subscription
        return subscription

    def mails_of(self, invoice_id: str) -> int:
        """How often an invoice was mailed to its recipient."""
        return sum(1 for mail in self.mailed if mail["invoice_id"] == invoice_id)


def now() -> str:
    """The time as PayPal writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
