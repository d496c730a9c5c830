"""A gateway's lists of the past: its notifications, and the payments of a subscription."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from penstock.domain.delivery import Notification


@dataclass(frozen=True, slots=True)
class Listed:
    """
    What a gateway lists for a span of time.

    Attributes:
        notifications: in any order, with the evidence `fetched`.
        whole: whether the list is certainly complete. A list that may be cut is asked for again,
            in halves.
        unreadable: how many more it lists that cannot be read. They are left out, but count
            towards the size of a page.
    """

    notifications: Sequence[Notification]
    whole: bool
    unreadable: int = 0


@runtime_checkable
class History(Protocol):
    """A gateway whose API lists its notifications, whether they arrived or not."""

    @property
    def listed_for(self) -> timedelta:
        """How long the API lists a notification."""
        ...

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        """
        The notifications made in a span of time, its ends included.

        A notification has the id of its webhook, so that the two are not counted twice.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...


@runtime_checkable
class SubscriptionPayments(Protocol):
    """A gateway whose API lists the payments of a subscription."""

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
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...
