"""How a subscription stands, asked of PayPal's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from penstock.api import BillingCycle, SubscriptionObservation, Unconfirmable
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.subscriptions import agreement
from penstock_paypal.subscriptions.plan import UnknownPlan, cycles
from penstock_paypal.subscriptions.plans import PayPalPlans
from penstock_paypal.subscriptions.shown import Pages, UnknownSubscription, observation

SUBSCRIPTIONS = "/v1/billing/subscriptions"
SUBSCRIPTION = f"{SUBSCRIPTIONS}/{{}}"
# Without `fields` PayPal leaves out the plan and when a failed payment is tried again.
_WHOLE = f"{SUBSCRIPTION}?fields=last_failed_payment,plan"
_WHAT = "show subscription"


class PayPalSubscriptions:
    """Reads them."""

    def __init__(self, api: Api, plans: PayPalPlans, pages: Pages) -> None:
        self._api = api
        self._plans = plans
        self._pages = pages

    async def read(self, reference: str, now: datetime) -> SubscriptionObservation | None:
        """
        A subscription, or an agreement from before subscriptions; None where PayPal knows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: an answer that means nothing to us.
        """
        if not shapes.ID.fullmatch(reference):
            return None
        answer = await self._api.read(path(_WHOLE, reference), _WHAT)
        try:
            if answer is None:
                return await self._agreement(reference, now)
            found = await self._cycles(answer.data)
            return observation(answer.data, reference, found, self._pages, now)
        except (UnknownSubscription, UnknownPlan) as exc:
            raise Unconfirmable(f"PayPal, {_WHAT}: {exc}") from exc

    async def _cycles(self, data: Mapping[str, Any]) -> Sequence[BillingCycle]:
        shown = shapes.mapping(data.get("plan"))
        if shapes.sequence(shown.get("billing_cycles")) and _whole(shown):
            return cycles(shown)
        named = shapes.identity(data, "plan_id") or shapes.identity(shown, "id")
        return cycles(shown, await self._plans.show(named) if named else None)

    async def _agreement(self, reference: str, now: datetime) -> SubscriptionObservation | None:
        answer = await self._api.send(
            "GET", path(agreement.AGREEMENT, reference), "show agreement"
        )
        # PayPal may have switched the old API off for this app: nothing there is ours then.
        if answer.missing or answer.status == 403 or not answer.passing:
            return None
        if not answer.ok:
            raise answer.unavailable("show agreement")
        return agreement.observation(answer.data, reference, self._pages, now)


def _whole(plan: Mapping[str, Any]) -> bool:
    """Whether its cycles say how long they last: those of an override do not."""
    return all(
        shapes.text(one, "frequency", "interval_unit") and shapes.text(one, "tenure_type")
        for one in shapes.sequence(plan.get("billing_cycles"))
    )
