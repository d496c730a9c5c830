"""Where a sale comes from: its plan and its payer, whom a sale itself does not name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from penstock.api import Log, Payer, Plan
from penstock_paypal import payer, shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.money.sale import Sale
from penstock_paypal.subscriptions.agreement import AGREEMENT

# Without `fields` PayPal leaves out the plan's name.
_SUBSCRIPTION = "/v1/billing/subscriptions/{}?fields=plan"
_PAYMENT = "/v1/payments/payment/{}"
_ORDER = "/v2/checkout/orders/{}"


@dataclass(frozen=True, slots=True)
class Origin:
    """
    What is known of where a sale comes from.

    Attributes:
        custom: the merchant's own reference.
        missing: the sale names an agreement, and PayPal does not show it.
    """

    plan: Plan | None = None
    payer: Payer | None = field(default=None, repr=False)
    custom: str | None = None
    missing: bool = False


class Origins:
    """Asks PayPal for them."""

    def __init__(self, api: Api, log: Log) -> None:
        self._api = api
        self._log = log

    async def of(self, sale: Sale) -> Origin:
        """
        The sale's subscription, or the payment or order it belongs to.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that says nothing we know.
        """
        found = await self._agreement(sale.agreement) if sale.agreement else None
        if found is not None:
            return found
        return Origin(payer=await self._payer(sale), missing=sale.agreement is not None)

    async def _agreement(self, agreement: str) -> Origin | None:
        answer = await self._api.read(path(_SUBSCRIPTION, agreement), "show subscription")
        if answer:
            return _subscription(answer.data)
        # Agreements from before subscriptions have an I- id, too, and only this path shows them.
        old = await self._shown(path(AGREEMENT, agreement), "show agreement")
        return _old_agreement(old) if old else None

    async def _payer(self, sale: Sale) -> Payer | None:
        if sale.parent:
            payment = await self._shown(path(_PAYMENT, sale.parent), "show payment")
            return payer.of_v1(payment)
        if sale.order:
            order = await self._shown(path(_ORDER, sale.order), "show order")
            return payer.of_v2(order.get("payer")) or payer.of_v2(
                shapes.at(order, "payment_source", "paypal")
            )
        return None

    async def _shown(self, where: str, what: str) -> Mapping[str, Any]:
        """
        A resource that we can do without: empty where PayPal refuses to show it.

        News of money must not wait for a permission to see the payer.
        """
        answer = await self._api.send("GET", where, what)
        if answer.ok:
            return answer.data
        if answer.missing or answer.status == 403 or not answer.passing:
            self._log.info("paypal.not_shown", what=what, status=answer.status)
            return {}
        raise answer.unread(what)


def _subscription(data: Mapping[str, Any]) -> Origin:
    plan = shapes.text(data, "plan_id") or shapes.text(data, "plan", "id")
    return Origin(
        Plan(plan, shapes.text(data, "plan", "name")) if plan else None,
        payer.of_v2(data.get("subscriber")),
        shapes.text(data, "custom_id"),
    )


def _old_agreement(data: Mapping[str, Any]) -> Origin:
    plan = shapes.text(data, "plan", "id")
    return Origin(
        Plan(plan, shapes.text(data, "plan", "name")) if plan else None, payer.of_v1(data)
    )
