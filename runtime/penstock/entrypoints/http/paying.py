"""The handler of `POST /payments`: a charge in the background, or a checkout for the buyer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from penstock import problems
from penstock.bootstrap import Platform
from penstock.domain import rules
from penstock.domain.payment import Order, Payment
from penstock.entrypoints.http.handlers import Call
from penstock.entrypoints.http.message import Answer, json_answer
from penstock.entrypoints.http.views import moment, payment_view, present
from penstock.errors import (
    MalformedMessage,
    MissingCapability,
    PaymentConflict,
    RequestRefused,
)
from penstock.pipeline.orders import load_order


@dataclass(frozen=True, slots=True)
class Paying:
    """Accepts payments."""

    platform: Platform

    async def create_payment(self, call: Call) -> Answer:
        """Accept a payment, or open its checkout."""
        asked = call.checked.body
        key, provider = call.checked.parameters["Idempotency-Key"], asked["provider"]
        order = _order(asked["order"])
        wanted: bool | None = asked.get("checkout")
        approved = self._approved(provider, wanted)
        take = self.platform.open_checkout if approved else self.platform.accept
        try:
            payment = await take(key, provider, order, call.authenticated)
        except MissingCapability as exc:
            raise RequestRefused(problems.NO_CHARGES, str(exc)) from exc
        except PaymentConflict as exc:
            raise RequestRefused(problems.KEY_REUSED, "use a new key for a new payment") from exc
        # Relative to the request, so it is right behind any prefix: a stage's, a proxy's.
        where = f"payments/{payment.id}"
        view = self._checkout_view(payment, where) if approved else payment_view(payment, where)
        return json_answer(201 if approved else 202, view, {"location": where})

    def _approved(self, provider: str, wanted: bool | None) -> bool:
        try:
            return self.platform.needs_approval(provider, wanted)
        except MissingCapability as exc:
            raise RequestRefused(problems.NO_CHECKOUT, str(exc)) from exc

    def _checkout_view(self, payment: Payment, where: str) -> dict[str, Any]:
        approval = payment.approval
        waits = rules.payable(payment, self.platform.world.clock.now())
        until = approval.expires_at if approval and waits else None
        return {
            **payment_view(payment, where),
            **present(
                {
                    "approval_url": approval.url if approval and waits else None,
                    "approval_expires_at": moment(until) if until else None,
                }
            ),
        }


def _order(raw: Any) -> Order:
    try:
        return load_order(raw)
    except MalformedMessage as exc:
        raise RequestRefused(problems.BAD_REQUEST, str(exc)) from exc
