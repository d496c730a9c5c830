"""What a gateway tells us: signed notifications, and its API asked whether they are true."""

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
    """It tells us what happens, by signed HTTP requests."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Say whether the delivery is the gateway's. Must not parse the body to do so."""
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
    """Its API can be asked whether a notification is true."""

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the resource the notification names.

        Raises:
            GatewayUnavailable: the API gave no answer.
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Observes(Protocol):
    """
    Its signature covers the whole body, so the body itself is believed.

    The stage uses it where there is no `Confirm`; without either its notifications are recorded.
    """

    def observe(self, notification: Notification) -> AnyObservation | None:
        """
        What the notification says; None where it says nothing of what we keep.

        Raises:
            Unconfirmable: it means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Reread(Protocol):
    """Its API can be asked again how an entity stands, long after the notification."""

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
            Unconfirmable: it gave one that means nothing to us, and will go on so.
        """
        ...


@runtime_checkable
class Locate(Protocol):
    """
    Its API can be asked whose payment a notification concerns that does not say so.

    No capability that a stage needs: what `read` cannot tell may be found here.
    """

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        Find the payment's id, ours; None where it concerns no payment.

        Raises:
            GatewayUnavailable: the API gave no answer, or does not show it yet.
            Unconfirmable: it concerns one, and nobody can say which.
        """
        ...


@runtime_checkable
class Registered(Protocol):
    """
    Its API can be asked where it sends webhooks.

    No capability that a stage needs: only `penstock doctor` asks.
    """

    async def unregistered(self, url: str) -> str | None:
        """
        Say why its webhooks would not arrive at that address and what to do; None if they would.

        Raises:
            GatewayUnavailable: no answer.
        """
        ...
