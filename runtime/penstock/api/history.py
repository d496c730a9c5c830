"""What a gateway can say of the past: what it notified us of, what a subscription was charged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from penstock.domain.delivery import Notification


@dataclass(frozen=True, slots=True)
class Listed:
    """
    What a gateway lists of a span of time.

    Attributes:
        notifications: in any order, with the evidence `fetched`.
        whole: whether that is certainly all of them. A list that may be cut is asked for again,
            in halves.
        unreadable: how many more it lists that mean nothing to us. They are left out, and fill a
            page all the same.
    """

    notifications: Sequence[Notification]
    whole: bool
    unreadable: int = 0


@runtime_checkable
class History(Protocol):
    """Its API lists the notifications it made, whether they arrived or not."""

    @property
    def listed_for(self) -> timedelta:
        """How long it lists a notification."""
        ...

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        """
        The notifications made in a span of time, its ends included.

        A notification has the id that its webhook has, so that both are one.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class SubscriptionPayments(Protocol):
    """Its API lists the payments of a subscription."""

    async def list_payments(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        """
        The payments whose money moved in a span of time, its ends included.

        Each as a notification of the payment with the evidence `fetched`, which `confirm` or
        `observe` can settle. Attempts that failed are left out.

        Args:
            subscription: the gateway's own id of it.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...
