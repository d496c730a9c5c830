"""Money sent back, as PayPal's API holds it: a refund, or a reversal, which it shows as one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from penstock.api import Money, PaymentStatus, Transaction
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path

_V1 = "/v1/payments/refund/{}"
_V2 = "/v2/payments/refunds/{}"
_PAYMENT = "/v1/payments/payment/{}"
_LINK = re.compile(
    r"https://[^/?#]+/(?:v1/payments/(?:sale|capture)|v2/payments/captures)/([A-Z0-9-]{3,64})"
)
_OURS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Of both generations (payments_payment_v1, payments_payment_v2). A pending one may yet fail.
_STATES: Mapping[str, PaymentStatus] = {
    "completed": PaymentStatus.refunded,
    "pending": PaymentStatus.pending,
    "cancelled": PaymentStatus.declined,
    "failed": PaymentStatus.declined,
}


@dataclass(frozen=True, slots=True)
class Refund:
    """
    One refund.

    Attributes:
        sale: what it sent back; v2 calls the same id a capture.
        parent: the v1 payment it belongs to, which names its sale.
        operation: the id of our operation, which v2 keeps as `custom_id`.
    """

    id: str
    status: PaymentStatus
    amount: Money
    at: datetime
    sale: str | None
    parent: str | None
    operation: str | None = None

    @classmethod
    def of(cls, data: Mapping[str, Any], fallback: datetime) -> Refund:
        """
        Read a refund of either generation; its amount may be negative.

        Raises:
            ValueError: it has no id, amount or state we know.
        """
        identity, amount = shapes.identity(data, "id"), shapes.money(data, "amount")
        state = shapes.text(data, "state") or shapes.text(data, "status") or ""
        status = _STATES.get(state.lower())
        if identity is None or amount is None or status is None:
            raise ValueError("a refund without an id, an amount or a state that is known here")
        return cls(
            identity,
            status,
            Money(abs(amount.minor), amount.currency),
            shapes.moment(data, "create_time") or fallback,
            sale(data),
            shapes.identity(data, "parent_payment"),
            _operation(data),
        )

    def transaction(self, kind: str) -> Transaction:
        """It, as a step of the payment."""
        return Transaction(
            self.id, kind, self.status, self.amount, self.at, operation=self.operation
        )


def _operation(data: Mapping[str, Any]) -> str | None:
    named = shapes.text(data, "custom_id")
    return named if named and _OURS.fullmatch(named) else None


def sale(resource: Mapping[str, Any]) -> str | None:
    """The sale that a refund names: by a field, or in a link's text; no link is followed."""
    for name in ("sale_id", "capture_id"):
        if own := shapes.identity(resource, name):
            return own
    for link in shapes.sequence(resource.get("links")):
        named = _LINK.fullmatch(shapes.text(link, "href") or "")
        if named and shapes.text(link, "rel") in ("sale", "capture", "up"):
            return named[1]
    return None


class Refunds:
    """Refunds, re-read."""

    def __init__(self, api: Api) -> None:
        self._api = api

    async def show(self, identity: str | None, now: datetime) -> Refund | None:
        """
        The refund of that id, in either generation; None where PayPal shows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
            ValueError: a refund of a shape or state that is not known here.
        """
        for template in (_V1, _V2):
            answer = identity and await self._api.read(path(template, identity), "show refund")
            if answer:
                return Refund.of(answer.data, now)
        return None

    async def sale_of(self, refund: Refund) -> str | None:
        """
        The sale a refund belongs to, its payment asked where it does not say so itself.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
        """
        if refund.sale or refund.parent is None:
            return refund.sale
        answer = await self._api.read(path(_PAYMENT, refund.parent), "show payment")
        steps = shapes.sequence(answer.data.get("transactions")) if answer else ()
        sales = {
            one
            for step in steps
            for part in shapes.sequence(shapes.at(step, "related_resources"))
            if (one := shapes.identity(part, "sale", "id"))
        }
        # Of several nobody can say which.
        return sales.pop() if len(sales) == 1 else None
