"""Plans and subscriptions at a gateway, one Protocol per capability."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from penstock.api.answers import NotSent, Refused, Unanswered
from penstock.domain.plan import PlanOffer
from penstock.domain.subscription import SubscriptionObservation


@runtime_checkable
class Plans(Protocol):
    """A gateway that lists the plans that buyers can subscribe to."""

    async def plans(self) -> Sequence[PlanOffer]:
        """
        All plans there are, whatever their status, with their prices.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...


@runtime_checkable
class Subscriptions(Protocol):
    """A gateway whose API shows how a subscription stands."""

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        """
        Read a subscription with its plan's cycles; None where the gateway knows none.

        Args:
            reference: the gateway's own id of it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...


@runtime_checkable
class ListsSubscriptions(Protocol):
    """
    A gateway whose API lists its subscriptions.

    No capability that a stage needs: only `penstock subscriptions import` asks.
    """

    async def list_subscriptions(self, page: int) -> Sequence[str] | None:
        """
        The gateway's ids of the subscriptions on a page; pages count from 1. Empty after the last.

        None where the gateway does not offer the list to this account.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who subscribes; sent to the gateway, and in no event or log."""

    given_name: str = field(repr=False)
    surname: str = field(repr=False)
    email: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SubscriptionRequest:
    """
    Open a subscription.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
        plan: the gateway's id of the plan.
        reference: the merchant's own; the gateway shows it again with the subscription.
        return_url: where the gateway sends the buyer who approved, and `cancel_url` who did not.
            Both hold a secret of the buyer's.
        brand: the merchant's name, as the gateway's page shows it.
        locale: the language of the gateway's page (BCP 47).
    """

    operation_id: str
    plan: str
    reference: str
    subscriber: Subscriber
    return_url: str = field(repr=False)
    cancel_url: str = field(repr=False)
    brand: str | None = None
    locale: str | None = None


@dataclass(frozen=True, slots=True)
class Subscribed:
    """
    The subscription is there and waits for the buyer.

    Attributes:
        reference: the gateway's own id of it.
        approval_url: where the buyer approves it.
    """

    reference: str
    approval_url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Invalid:
    """
    The gateway does not take a field's value; nothing happened.

    Attributes:
        field: its name in our request: plan, reference, reason, subscriber.email, …
    """

    field: str
    because: str


@dataclass(frozen=True, slots=True)
class Done:
    """It is done."""


@dataclass(frozen=True, slots=True)
class Revised:
    """The change is noted; it takes effect once the buyer approves it there."""

    approval_url: str = field(repr=False)


SubscribeAnswer = Subscribed | Invalid | Refused | NotSent | Unanswered
ManageAnswer = Done | Invalid | Refused | NotSent | Unanswered
ReviseAnswer = Revised | Invalid | Refused | NotSent | Unanswered


@runtime_checkable
class ManagesSubscriptions(Protocol):
    """
    A gateway that opens subscriptions and changes them.

    No method raises for what the gateway may answer.

    `Refused` says that the subscription's state does not allow it.
    """

    async def create_subscription(self, request: SubscriptionRequest) -> SubscribeAnswer:
        """Open a subscription; the same operation id opens one, however often it is sent."""
        ...

    async def cancel_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal for good; what is paid stays paid."""
        ...

    async def suspend_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Stop renewal until it is resumed."""
        ...

    async def resume_subscription(self, reference: str, reason: str) -> ManageAnswer:
        """Resume the renewal of a suspended one."""
        ...

    async def revise_subscription(
        self, reference: str, plan: str, return_url: str, cancel_url: str
    ) -> ReviseAnswer:
        """Move it to another plan of the gateway's, once the buyer approves."""
        ...
