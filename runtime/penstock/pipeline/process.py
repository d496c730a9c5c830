"""Process: a notification, checked against the gateway's API, becomes one committed change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from penstock.api.context import Clock, Ids
from penstock.api.gateway import Confirm, Gateway, Invoices, Locate
from penstock.domain import rules
from penstock.domain.change import Seen
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.observation import Confirmed, Contradicted, NotYet
from penstock.domain.outcome import Applied, Duplicate, Ignored, Outcome, Rejected
from penstock.domain.payment import Payment
from penstock.errors import AlreadySeen, GatewayUnavailable, PaymentConflict, UnknownGateway
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.pipeline.invoice import Invoicing
from penstock.pipeline.publish import Publish
from penstock.ports import Channel, Ledger, Message, Outgoing


@dataclass(frozen=True, slots=True)
class Process:
    """The stage: from the verified queue to the ledger, the invoice and the events."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    rejected: Channel
    publish: Publish
    invoicing: Invoicing
    clock: Clock
    ids: Ids

    async def __call__(self, message: Message) -> Handled:
        """
        Apply one notification, once, and finish what it began.

        Raises:
            PermanentError: it cannot be read, its gateway is not configured here, or its
                payment's id belongs to another gateway's.
            TransientError: the gateway's API, the ledger or a topic gave no answer.
        """
        notification = await self._located(Notification.loads(message.body))
        correlation.bind(
            delivery_id=notification.delivery_id,
            entity=notification.entity,
            event_id=notification.id,
        )
        outcome = await self._outcome(notification)
        # What concerns no payment is told apart by its delivery, as verify has it.
        shown = notification.entity or notification.delivery_id[:12]
        match outcome:
            case Applied(entity):
                await self._finish(entity)
                return Handled(entity, "applied")
            case Duplicate(entity):
                # A crash may have stranded what the first copy began: resume before forgetting.
                if entity is not None:
                    await self._finish(entity)
                return Handled(shown, "duplicate")
            case Ignored(because):
                return Handled(shown, "ignored", because)
            case Rejected(because):
                if notification.entity is not None:
                    await self.publish(notification.entity)
                return Handled(shown, "rejected", because)
            case _:
                assert_never(outcome)

    async def _located(self, notification: Notification) -> Notification:
        """With the payment it concerns, where only the gateway's API can tell."""
        gateway = self.gateways.get(notification.gateway)
        if notification.entity is not None or not isinstance(gateway, Locate):
            return notification
        correlation.bind(delivery_id=notification.delivery_id, event_id=notification.id)
        return replace(notification, entity=await gateway.locate(notification, self.clock.now()))

    async def _finish(self, entity: str) -> None:
        # What is already true is told before the invoice is tried, which may take a while.
        payment = await self.publish(entity)
        if payment is not None:
            before = payment.sequence
            payment = await self.invoicing(payment)
            if payment.sequence > before:
                await self.publish(entity)

    async def _outcome(self, notification: Notification) -> Outcome:
        gateway = self.gateways.get(notification.gateway)
        marks: list[Seen] = []
        event, *sent = _marks(notification)
        # Nothing is remembered of what nothing follows from: there it is only worth a look
        # whether the transmission has come with another body.
        follows = notification.entity is not None and isinstance(gateway, Confirm)
        for mark in (event, *sent, _contradicted(notification)) if follows else sent:
            known = await self.ledger.seen(mark.key)
            if known is None:
                marks.append(mark)
            elif known.digest == mark.digest:
                return Duplicate(notification.entity)
            elif mark.key.startswith(_transmission(notification)):
                return await self._reject(
                    notification, "its transmission was seen before with another body"
                )
            # An event's id with another body, sent anew: the API is asked what is true now.
        if gateway is None:
            raise UnknownGateway("the notification's gateway is not configured here")
        if notification.entity is None or not isinstance(gateway, Confirm):
            return Ignored("nothing here follows from it")
        # Read before asking: whoever commits between the two makes our version stale.
        before = await self.ledger.load(notification.entity)
        if before is not None and before.gateway != notification.gateway:
            raise PaymentConflict("the payment's id belongs to another gateway's payment")
        confirmation = await gateway.confirm(notification, self.clock.now())
        match confirmation:
            case NotYet(retry_after):
                raise GatewayUnavailable(
                    "the gateway does not show it yet", retry_after=retry_after
                )
            case Contradicted():
                return await self._contradict(notification, before, confirmation)
            case Confirmed():
                return await self._apply(notification, before, confirmation, gateway, marks[:-1])
            case _:
                assert_never(confirmation)

    async def _apply(
        self,
        notification: Notification,
        before: Payment | None,
        confirmed: Confirmed,
        gateway: Confirm,
        marks: Sequence[Seen],
    ) -> Outcome:
        entity = notification.entity or ""
        decided = rules.observe(
            before,
            entity,
            notification.gateway,
            confirmed.observation,
            invoicing=isinstance(gateway, Invoices),
            now=self.clock.now(),
            new_id=self.ids.new,
            seen=marks,
        )
        try:
            await self.ledger.commit(decided)
        except AlreadySeen:
            return Duplicate(entity)
        return Applied(entity)

    async def _contradict(
        self, notification: Notification, before: Payment | None, contradiction: Contradicted
    ) -> Outcome:
        decided = rules.contradict(
            before,
            notification.entity or "",
            notification.gateway,
            contradiction,
            now=self.clock.now(),
            new_id=self.ids.new,
            seen=[_contradicted(notification)],
        )
        # Kept apart first: a crash before the commit repeats it, a crash after could not.
        fields = ", ".join(contradiction.fields)
        rejected = await self._reject(notification, f"the gateway's API differs in: {fields}")
        try:
            await self.ledger.commit(decided)
        except AlreadySeen:
            return Duplicate(notification.entity)
        return rejected

    async def _reject(self, notification: Notification, because: str) -> Rejected:
        await self.rejected.send(
            Outgoing(
                notification.dumps(),
                group=notification.group,
                dedup=f"process-{notification.delivery_id}",
                attributes={"reason": because},
            )
        )
        notices.delivery_rejected(notification.delivery_id, notification.gateway, because)
        return Rejected(because)


def _transmission(notification: Notification) -> str:
    return f"{notification.gateway}/transmission/"


def _marks(notification: Notification) -> tuple[Seen, ...]:
    """
    The ids a notification is remembered by.

    A signature may cover the body through a CRC32 only (PayPal's does), so whoever holds one
    signed delivery can make another body for it: one transmission, two digests is an attack.
    The event comes first: most of what is known already is known by it.
    """
    event = Seen(f"{notification.gateway}/event/{notification.id}", notification.digest)
    if notification.evidence is Evidence.fetched:
        return (event,)
    sent = f"{_transmission(notification)}{notification.transmission}"
    return event, Seen(sent, notification.digest)


def _contradicted(notification: Notification) -> Seen:
    """
    What a notification that the API contradicts is remembered by: itself, and nothing more.

    It uses up neither its event's id nor its transmission: the same, once the API agrees, counts,
    and a body made up for a genuine signature keeps out no genuine one.
    """
    sent = f"{notification.transmission}/{notification.digest}"
    return Seen(f"{notification.gateway}/contradicted/{sent}", notification.digest)
