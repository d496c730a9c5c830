"""Refuses amounts whose decimals a gateway does not take, before anything is reserved."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from penstock import problems
from penstock.domain.money import Money
from penstock.errors import RequestRefused


def require_whole(amount: Money, gateway: str, whole: Mapping[str, Collection[str]]) -> None:
    """
    Refuse an amount with decimals in a currency that the gateway takes without decimals.

    Args:
        whole: by gateway, the currencies that it takes without decimals.

    Raises:
        RequestRefused: names the field.
    """
    if amount.currency in whole.get(gateway, ()) and not amount.whole:
        raise RequestRefused(
            problems.FIELD_REFUSED,
            fields=[
                (
                    "body.amount",
                    f"{gateway} takes no decimals in {amount.currency}; round {amount}",
                )
            ],
        )
