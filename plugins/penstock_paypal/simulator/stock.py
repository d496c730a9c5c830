"""What a fresh simulator sells (catalogs_products_v1, billing_subscriptions_v1)."""

from __future__ import annotations

from typing import Any

PRODUCT: dict[str, Any] = {
    "id": "PROD-SIMULATED",
    "name": "Gold",
    "description": "What the simulator sells",
    "type": "SERVICE",
    "category": "SOFTWARE",
}


def _plan(identity: str, name: str, *cycles: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"P-{identity:0<24}",
        "product_id": PRODUCT["id"],
        "name": name,
        "description": "What the simulator sells",
        "status": "ACTIVE",
        "usage_type": "LICENSED",
        "billing_cycles": [
            {"sequence": sequence, **cycle} for sequence, cycle in enumerate(cycles, start=1)
        ],
        "payment_preferences": {
            "service_type": "PREPAID",
            "auto_bill_outstanding": True,
            "setup_fee": {"currency_code": "USD", "value": "0.0"},
            "setup_fee_failure_action": "CONTINUE",
            "payment_failure_threshold": 2,
        },
        "quantity_supported": False,
    }


def _regular(unit: str, value: str) -> dict[str, Any]:
    return {
        "tenure_type": "REGULAR",
        "total_cycles": 0,
        "frequency": {"interval_unit": unit, "interval_count": 1},
        "pricing_scheme": {
            "version": 1,
            "fixed_price": {"currency_code": "USD", "value": value},
        },
    }


_FREE_WEEK: dict[str, Any] = {
    "tenure_type": "TRIAL",
    "total_cycles": 1,
    "frequency": {"interval_unit": "DAY", "interval_count": 7},
}

PLANS = (
    _plan("MONTHLY", "Gold, monthly", _regular("MONTH", "12.50")),
    _plan("YEARLY", "Gold, yearly", _regular("YEAR", "120.00")),
    _plan(
        "TRIAL",
        "Gold, monthly, the first week free",
        _FREE_WEEK,
        _regular("MONTH", "12.50"),
    ),
)
"""Monthly, yearly, and monthly after seven free days; the first is the default."""
