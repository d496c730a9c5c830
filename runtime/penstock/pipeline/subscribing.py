"""The gateways that open and change subscriptions, and the refusals of their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from penstock import problems
from penstock.api.gateway import Gateway
from penstock.api.subscriptions import Invalid, ManagesSubscriptions, Plans, Subscriptions
from penstock.errors import RequestRefused
from penstock.pipeline.plans import PlanList


@runtime_checkable
class SubscriptionGateway(Gateway, ManagesSubscriptions, Subscriptions, Plans, Protocol):
    """A gateway whose subscriptions we open, change and read."""


@dataclass(frozen=True, slots=True)
class Subscribing:
    """Finds the gateway and the plan of a merchant's request."""

    gateways: Mapping[str, Gateway]
    plans: PlanList

    def gateway(self, name: str) -> SubscriptionGateway:
        """
        The gateway of that name.

        Raises:
            RequestRefused: 422; it is not configured or takes no subscriptions; names the
                gateways that do.
        """
        found = self.gateways.get(name)
        if found is None or not isinstance(found, SubscriptionGateway):
            raise RequestRefused(
                problems.NO_SUBSCRIPTIONS,
                f"use one of: {', '.join(self.names) or 'none is configured here'}",
                fields=[("body.provider", "takes no subscriptions here")],
            )
        return found

    @property
    def names(self) -> list[str]:
        """The gateways that take subscriptions."""
        return sorted(
            name for name, one in self.gateways.items() if isinstance(one, SubscriptionGateway)
        )

    async def need_plan(self, gateway: str, plan: str) -> None:
        """
        Make sure that buyers can subscribe to a plan.

        Raises:
            RequestRefused: 422; names the field.
            GatewayUnavailable: no answer.
        """
        if not await self.plans.offers(gateway, plan):
            raise field_refused(
                "plan", "is no active plan of the provider; GET /plans shows those there are"
            )


def field_refused(field: str, because: str) -> RequestRefused:
    """422: a field of the body fits the contract, but is refused all the same."""
    return RequestRefused(problems.FIELD_REFUSED, fields=[(f"body.{field}", because)])


def invalid(answer: Invalid) -> RequestRefused:
    """422: the gateway does not take a field's value."""
    return field_refused(answer.field, answer.because)
