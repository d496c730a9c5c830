"""What a gateway tells us: signed notifications, and whether its API confirms them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from penstock.api.answers import Authenticity
from penstock.domain.delivery import Delivery, Notification
from penstock.domain.observation import AnyObservation, Confirmation, NotYet
from penstock.domain.payment import Transaction
from penstock.domain.ref import Ref


@runtime_checkable
class Webhooks(Protocol):
    """A gateway that tells us what happens by signed HTTP requests."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the gateway sent the delivery, without parsing its body."""
        ...

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: the body is not one of the gateway's.
        """
        ...


@runtime_checkable
class Confirm(Protocol):
    """A gateway whose API confirms a notification."""

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the resource the notification names.

        Raises:
            GatewayUnavailable: the API gave no answer.
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...


@runtime_checkable
class Observes(Protocol):
    """
    A gateway whose signature covers the whole body, so that the body itself is believed.

    The stage uses it where there is no `Confirm`; without either, notifications are only recorded.
    """

    def observe(self, notification: Notification) -> AnyObservation | None:
        """
        What the notification says; None if it concerns nothing that is kept.

        Raises:
            Unconfirmable: it cannot be used, and a retry cannot help.
        """
        ...


@runtime_checkable
class Reread(Protocol):
    """A gateway whose API shows how an entity stands, long after the notification."""

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> AnyObservation | NotYet:
        """
        Read the entity and every refund and reversal known of it, at most 20, newest first.

        Args:
            entity: a payment or a dispute.
            known: the payment's steps, the one that paid it first.

        Raises:
            GatewayUnavailable: the API gave no answer.
            Unconfirmable: the answer cannot be used, and a retry cannot help.
        """
        ...


@runtime_checkable
class Locate(Protocol):
    """
    A gateway whose API tells which payment a notification concerns, where that does not.

    No stage needs it: it finds what `read` cannot tell.
    """

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        Find our id of the payment; None where it concerns no payment.

        Raises:
            GatewayUnavailable: the API gave no answer, or does not show it yet.
            Unconfirmable: it concerns a payment that cannot be determined.
        """
        ...


@runtime_checkable
class Registered(Protocol):
    """
    A gateway whose API shows where it sends webhooks.

    No stage needs it: only `penstock doctor` asks.
    """

    async def unregistered(self, url: str) -> str | None:
        """
        Why its webhooks would not arrive at that address, and what to do; None if they would.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...
