"""Settles what notifications say: payments and disputes are read again from Stripe's API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from penstock.api import (
    AnyObservation,
    Confirmation,
    EntityKind,
    Notification,
    NotYet,
    Ref,
    Transaction,
    Unconfirmable,
)
from penstock_stripe import names
from penstock_stripe.client import Client
from penstock_stripe.disputes import Disputes
from penstock_stripe.payments import Payments


class Confirming:
    """Confirms, locates and re-reads."""

    name = "stripe"
    _client: Client

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        """
        Re-read the payment or the dispute that the notification is about.

        Raises:
            GatewayUnavailable: Stripe gave no answer.
            Unconfirmable: Stripe gave one that means nothing to us, or none for too long.
        """
        if notification.kind is not EntityKind.dispute:
            return await Payments(self._client, self.name).confirm(notification, now)
        reference = names.stripe_id(self.name, notification.entity)
        if reference is None:
            raise Unconfirmable("the event is about a dispute and names none")
        return await Disputes(self._client, self.name).confirm(notification, reference)

    async def locate(self, notification: Notification, now: datetime) -> str | None:
        """
        Find the payment that news of a refund concerns.

        Raises:
            GatewayUnavailable: no answer, or not yet.
            Unconfirmable: Stripe does not show the payment.
        """
        return await Payments(self._client, self.name).locate(notification, now)

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> AnyObservation | NotYet:
        """
        Read a payment with all that was sent back of it, or a dispute.

        Raises:
            GatewayUnavailable: Stripe gave no answer.
            Unconfirmable: Stripe gave one that means nothing to us.
        """
        named = names.stripe_id(self.name, entity.id)
        if entity.kind is EntityKind.dispute:
            disputes = Disputes(self._client, self.name)
            return await disputes.read(named, now) if named else NotYet()
        # A payment of ours has another id; its intent is the step that paid it.
        intent = known[0].id if known else named
        return await Payments(self._client, self.name).read(intent) if intent else NotYet()
