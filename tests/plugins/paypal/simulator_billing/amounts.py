"""Amounts as PayPal writes them."""

from __future__ import annotations


def usd(value: str) -> dict[str, str]:
    return {"currency_code": "USD", "value": value}
