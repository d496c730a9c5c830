"""Who pays, in either of PayPal's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.api import Payer
from penstock_paypal import shapes


def of_v1(data: Mapping[str, Any]) -> Payer | None:
    """The payer of a v1 payment or of an agreement from before subscriptions."""
    info = shapes.at(data, "payer", "payer_info")
    return _payer(
        shapes.text(info, "payer_id"),
        (shapes.text(info, "first_name"), shapes.text(info, "last_name")),
        shapes.text(info, "email"),
    )


def of_v2(data: object) -> Payer | None:
    """A payer or a subscriber as v2 shows it."""
    return _payer(
        shapes.text(data, "payer_id") or shapes.text(data, "account_id"),
        (shapes.text(data, "name", "given_name"), shapes.text(data, "name", "surname")),
        shapes.text(data, "email_address"),
    )


def _payer(
    reference: str | None, names: tuple[str | None, str | None], email: str | None
) -> Payer | None:
    payer = Payer(reference, " ".join(name for name in names if name) or None, email)
    return payer if payer != Payer() else None
