"""The handlers of payments, plans and subscriptions, by operationId; both hosts call these."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from penstock import problems
from penstock.api.subscriptions import Subscriber
from penstock.bootstrap import Platform
from penstock.domain.subscription import Subscription
from penstock.entrypoints.http.aliases import OLD_FIELDS, OLD_GATEWAY
from penstock.entrypoints.http.handlers import Call, Handler
from penstock.entrypoints.http.message import Answer, json_answer
from penstock.entrypoints.http.paying import Paying
from penstock.entrypoints.http.subscription_views import (
    opened_view,
    plan_view,
    subscription_view,
)
from penstock.entrypoints.http.views import payment_view
from penstock.errors import RequestRefused
from penstock.pipeline.manage import Action
from penstock.pipeline.subscribe import SignUpRequest
from penstock.queries.payments import ListPayments, PaymentQuery
from penstock.queries.subscriptions import subscriptions_of


@dataclass(frozen=True, slots=True)
class MerchantHandlers:
    """
    One method per operation.

    Raises:
        SettingsError: a gateway's buyers cannot return to the API's address; names the setting.
    """

    platform: Platform

    def __post_init__(self) -> None:
        if self.platform.sends_buyers_away:
            _ = self.platform.settings.public_url

    def table(self) -> Mapping[str, Handler]:
        """The handlers by operationId."""
        return {
            "createPayment": Paying(self.platform).create_payment,
            "listPlans": self.list_plans,
            "createSubscription": self.create,
            "createSubscriptionOld": self.create_old,
            "listSubscriptions": self.list_subscriptions,
            "getSubscription": self.get,
            "listSubscriptionPayments": self.list_payments,
            "cancelSubscription": self.cancel,
            "suspendSubscription": self.suspend,
            "resumeSubscription": self.resume,
            "reviseSubscription": self.revise,
        }

    async def list_plans(self, call: Call) -> Answer:
        """List the plans that buyers can subscribe to."""
        plans, provider = self.platform.plans, call.checked.parameters.get("provider")
        if provider is not None and provider not in plans.gateways:
            raise RequestRefused(
                problems.NO_SUBSCRIPTIONS,
                f"use one of: {', '.join(plans.gateways) or 'none is configured here'}",
                fields=[("query.provider", "has no plans here")],
            )
        offers = await plans(provider)
        views = [plan_view(one) for one in offers.plans]
        return json_answer(200, {"plans": views, "unavailable": list(offers.unavailable)})

    async def create(self, call: Call) -> Answer:
        """Open a subscription."""
        body = call.checked.body
        who = _subscriber(body["subscriber"])
        asked = SignUpRequest(body["provider"], body["plan"], body["reference"], who)
        key = call.checked.parameters["Idempotency-Key"]
        return await self._opened(call, key, asked, "subscriptions/")

    async def create_old(self, call: Call) -> Answer:
        """Open a subscription by the older project's names; the key is optional there."""
        body = call.checked.body
        asked = SignUpRequest(OLD_GATEWAY, body["plan_id"], body["custom_id"], _subscriber(body))
        key = call.checked.parameters["Idempotency-Key"]
        if key is None:
            # The same body within a day is the same request. No key of a client's has a space.
            day = self.platform.world.clock.now().date().isoformat()
            key = f"{day} {hashlib.sha256(call.body).hexdigest()}"
        try:
            return await self._opened(call, key, asked, "../subscriptions/")
        except RequestRefused as exc:
            raise exc.renamed(OLD_FIELDS) from exc

    async def _opened(self, call: Call, key: str, asked: SignUpRequest, folder: str) -> Answer:
        # Each client has a namespace of its own; no key holds a NUL.
        sign_up = await self.platform.subscribe(f"{call.authenticated.client}\0{key}", asked)
        known = await self.platform.ledger.load(Subscription, sign_up.opened or "")
        where = f"{folder}{sign_up.opened}"
        return json_answer(201, opened_view(sign_up, known, where), {"location": where})

    async def list_subscriptions(self, call: Call) -> Answer:
        """Find subscriptions by the merchant's reference."""
        found = await subscriptions_of(self.platform.ledger, **call.checked.parameters)
        views = [self._view(one, f"subscriptions/{one.id}") for one in found.subscriptions]
        return json_answer(200, {"subscriptions": views, "cursor": found.cursor})

    async def get(self, call: Call) -> Answer:
        """Read a subscription."""
        found = await self._found(call)
        return json_answer(200, self._view(found, found.id))

    async def list_payments(self, call: Call) -> Answer:
        """List the payments of a subscription."""
        subscription, wanted = await self._found(call), call.checked.parameters
        query = PaymentQuery(
            subscription=subscription.id, limit=wanted["limit"], cursor=wanted["cursor"]
        )
        found = await ListPayments(self.platform.ledger, self.platform.world.clock)(query)
        views = [payment_view(one, f"../../payments/{one.id}") for one in found.payments]
        return json_answer(200, {"payments": views, "cursor": found.cursor})

    async def cancel(self, call: Call) -> Answer:
        """Stop a subscription's renewal for good."""
        return await self._managed(Action.cancel, call)

    async def suspend(self, call: Call) -> Answer:
        """Stop a subscription's renewal until it is resumed."""
        return await self._managed(Action.suspend, call)

    async def resume(self, call: Call) -> Answer:
        """Resume the renewal of a suspended subscription."""
        return await self._managed(Action.resume, call)

    async def revise(self, call: Call) -> Answer:
        """Move a subscription to another plan, once its buyer approves."""
        body = call.checked.body
        revision = await self.platform.manage.revise(
            call.checked.parameters["id"], body["plan"], body.get("reason")
        )
        view = self._below(revision.subscription)
        return json_answer(200, {**view, "approval_url": revision.approval_url})

    async def _managed(self, action: Action, call: Call) -> Answer:
        reason = call.checked.body["reason"]
        after = await self.platform.manage(action, call.checked.parameters["id"], reason)
        return json_answer(200, self._below(after))

    async def _found(self, call: Call) -> Subscription:
        found = await self.platform.ledger.load(Subscription, call.checked.parameters["id"])
        if found is None:
            raise RequestRefused(
                problems.NO_SUCH_SUBSCRIPTION, "there is no subscription of that id"
            )
        return found

    def _view(self, one: Subscription, where: str, payments: str | None = None) -> dict[str, Any]:
        return subscription_view(
            one,
            where,
            payments or f"{where}/payments",
            now=self.platform.world.clock.now(),
            policy=self.platform.settings.access_policy,
        )

    def _below(self, one: Subscription) -> dict[str, Any]:
        """As seen from `/subscriptions/{id}/cancel`."""
        return self._view(one, f"../{one.id}", "payments")


def _subscriber(fields: Mapping[str, str]) -> Subscriber:
    return Subscriber(fields["given_name"], fields["surname"], fields["email"])
