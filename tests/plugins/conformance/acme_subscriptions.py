"""The part of AcmePay that knows of plans and subscriptions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.api import (
    BillingCycle,
    Done,
    GatewayUnavailable,
    HttpNotSent,
    Interval,
    IntervalUnit,
    Invalid,
    ManageAnswer,
    Money,
    NotSent,
    Payer,
    Plan,
    PlanOffer,
    PlanStatus,
    Refused,
    ReviseAnswer,
    Revised,
    SubscribeAnswer,
    Subscribed,
    SubscriptionObservation,
    SubscriptionRequest,
    SubscriptionStatus,
    Unanswered,
)
from penstock.testing.builders import PERSONAL
from penstock.testing.clock import NOON

URL = "https://acme.test"
UNREADABLE = "no answer that can be read"
"""The reason that AcmePay gives where there was an answer and it says nothing."""
CYCLES = (
    BillingCycle(Interval(IntervalUnit.day, 7), Money(0, "USD"), trial=True, cycles=1),
    BillingCycle(Interval(IntervalUnit.month), Money(1250, "USD")),
)
HELD: Mapping[str, dict[str, Any]] = {
    "/plans": {"plans": ["p-1", "p-2"]},
    "/subscriptions/s-1": {"plan": "p-1", "status": "active", "reference": "order-1"},
}


class AcmeSubscriptions:
    """Plans and subscriptions; `_ask` is the gateway's."""

    _ask: Any

    async def plans(self) -> Sequence[PlanOffer]:
        return [PlanOffer(id, id, PlanStatus.active, CYCLES) for id in await self._plans()]

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        held = await self._ask("GET", f"/subscriptions/{reference}")
        if held is None:
            return None
        paid = held.get("paid", 0)
        status = SubscriptionStatus(held["status"])
        return SubscriptionObservation(
            reference,
            status,
            NOON,
            plan=Plan(held["plan"]),
            cycles=CYCLES,
            merchant_reference=held["reference"],
            subscriber=Payer(name=PERSONAL[0], email=PERSONAL[1]),
            next_billing_at=NOON + timedelta(days=7) if status == "active" else None,
            last_paid_at=NOON if paid else None,
            last_paid=Money(paid, "USD") if paid else None,
            links={"approve": f"{URL}/subscriptions/{reference}?status=active"},
        )

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        reference = request.operation_id
        made = {
            "plan": request.plan,
            "reference": request.reference,
            "status": "approval_pending",
        }
        try:
            if request.plan not in await self._plans():
                return Invalid("plan", "there is no such plan")
            await self._ask("PUT", f"/subscriptions/{reference}", made)
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Subscribed(reference, f"{URL}/subscriptions/{reference}?status=active")

    async def cancel_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return await self._change(reference, "cancelled", ("active", "suspended"))

    async def suspend_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return await self._change(reference, "suspended", ("active",))

    async def resume_subscription(self, reference: str, reason: str) -> ManageAnswer:
        return await self._change(reference, "active", ("suspended",))

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> ReviseAnswer:
        try:
            held = await self._ask("GET", f"/subscriptions/{reference}")
            if held is None or held["status"] != "active":
                return Refused("it is not active")
            if plan not in await self._plans():
                return Invalid("plan", "there is no such plan")
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Revised(f"{URL}/subscriptions/{reference}?plan={plan}")

    async def _plans(self) -> Sequence[str]:
        found = await self._ask("GET", "/plans")
        if found is None:
            raise GatewayUnavailable("no plans")
        return found["plans"]

    async def _change(self, reference: str, status: str, of: Sequence[str]) -> ManageAnswer:
        path = f"/subscriptions/{reference}"
        try:
            held = await self._ask("GET", path)
            if held is None or held["status"] not in of:
                return Refused("its state does not allow it")
            await self._ask("POST", path, {"status": status})
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Done()


def without_answer(exc: GatewayUnavailable) -> NotSent | Unanswered:
    """The answer where the provider gave none."""
    if isinstance(exc, HttpNotSent):
        return NotSent(str(exc), exc.retry_after)
    return Unanswered(str(exc))
