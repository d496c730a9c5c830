"""
Process: an authentic notification has its effect on one entity, and is recorded.

    known already ─────────► what a crash left open is resumed, nothing more
    its transmission ──────► remembered first; with another body: an alarm, and on
    the gateway's API ─────► asked; the fetched state is applied to the entity
    the notification ──────► its own item, last, once, with what became of it

A crash in between repeats the effect: the state is read again, which changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.api.subscriptions import Subscriptions
from penstock.api.webhooks import Confirm, Locate, Observes
from penstock.domain import rules
from penstock.domain.change import AnyEntity, Seen
from penstock.domain.delivery import Evidence, Notification
from penstock.domain.lifecycle import said
from penstock.domain.observation import (
    CheckoutNews,
    Claimed,
    Confirmation,
    Confirmed,
    Contradicted,
    NotYet,
    Observation,
)
from penstock.domain.outcome import Applied, Duplicate, Outcome, Recorded, Rejected
from penstock.domain.payment import Payment, is_own_payment
from penstock.domain.record import Became, Record
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import (
    GatewayUnavailable,
    PaymentConflict,
    PermanentError,
    UnknownGateway,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.finish import Finish
from penstock.pipeline.observe import Observe
from penstock.pipeline.recording import Place, Recording
from penstock.pipeline.subscription import ObserveSubscription
from penstock.ports import Channel, Ledger, Message, Outgoing

SHOWN_AFTER = timedelta(minutes=15)
"""How long a gateway may take to show a subscription that its notification names."""
_NOT_OURS = Recorded("the invoice is not ours", confirmed=True)


@dataclass(frozen=True, slots=True)
class Process:
    """The stage: from the verified queue to the ledger, the invoice and the events."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    rejected: Channel
    observe: Observe
    observe_subscription: ObserveSubscription
    checkouts: Checkouts
    recording: Recording
    finish: Finish
    clock: Clock
    ids: Ids

    async def __call__(self, message: Message) -> Handled:
        """
        Apply one notification, once, and finish what it began.

        Raises:
            PermanentError: it cannot be read, placed or confirmed, or its gateway is not
                configured here; it is recorded as parked.
            TransientError: the gateway's API, the ledger or the topic gave no answer.
        """
        sent = message.content
        notification = sent if isinstance(sent, Notification) else Notification.loads(message.body)
        _bind(notification)
        gateway = self.gateways.get(notification.gateway)
        if gateway is None:
            raise UnknownGateway("the notification's gateway is not configured here")
        place = await self.recording.place(notification)
        if place.held is not None and place.held.became is not Became.parked:
            await self._resume(place.held)
            return Handled(_shown(notification), "duplicate")
        await self._remember(notification)
        try:
            notification = await self._located(notification, gateway)
            _bind(notification)
            outcome = await self._outcome(notification, gateway)
        except PermanentError as exc:
            await self.recording(place, notification, Became.parked, because=str(exc))
            raise
        return await self._recorded(place, notification, outcome)

    async def _resume(self, known: Record) -> None:
        # A crash may have stranded what the first copy began.
        await self.finish.resume(known)
        if known.subject is not None:
            await self.finish(Ref.parse(known.subject))

    async def _remember(self, notification: Notification) -> None:
        """
        Note the transmission with its body's digest.

        A signature may cover the body through a CRC-32 only (PayPal's does): with one signed
        delivery a second body can be forged. The API decides what is true, so a forged copy
        does not keep out the genuine delivery.
        """
        if notification.evidence is Evidence.fetched:
            return
        sent = f"{notification.gateway}/transmission/{notification.transmission}"
        held = await self.ledger.remember(Seen(sent, notification.digest))
        if held.digest != notification.digest:
            notices.delivery_altered(notification.delivery_id, notification.gateway)

    async def _located(self, notification: Notification, gateway: Gateway) -> Notification:
        """The notification with its entity, where only the gateway's API can tell it."""
        if notification.entity is not None or not isinstance(gateway, Locate):
            return notification
        found = await gateway.locate(notification, self.clock.now())
        return replace(notification, entity=found, kind=EntityKind.payment)

    async def _outcome(self, notification: Notification, gateway: Gateway) -> Outcome:
        subject = notification.subject
        if subject is None:
            return Recorded("it concerns no payment, subscription or dispute")
        if subject.kind is EntityKind.subscription:
            return await self._subscription(notification, subject)
        # Read before asking: a commit between the two makes our version stale.
        before = await self.ledger.find(subject)
        if before is not None and before.gateway != notification.gateway:
            raise PaymentConflict(f"{subject} belongs to another gateway's {subject.kind}")
        if before is None and is_own_payment(subject.id):
            # Such an id is ours: a notification makes no payment of it.
            return Recorded("no payment has the id that it names")
        confirmation = await self._confirmation(notification, gateway)
        match confirmation:
            case None:
                return Recorded("the gateway has no way to confirm it")
            case NotYet(retry_after):
                raise GatewayUnavailable(
                    "the gateway does not show it yet", retry_after=retry_after
                )
            case Contradicted():
                return await self._contradict(notification, subject, confirmation)
            case Claimed():
                found = await self.observe.apply(subject, gateway, before, confirmation)
                return Applied(found, confirmed=False) if found else _NOT_OURS
            case Confirmed(CheckoutNews(), _):
                return await self._checkout(notification, before)
            case Confirmed(Observation() as seen, _) if _in_question(before, seen):
                # A capture counts only if the payment's own checkout shows it.
                return await self._checkout(notification, before)
            case Confirmed(seen, implies):
                if isinstance(seen, Observation):
                    seen = await self.observe.complete(gateway, before, seen)
                found = await self.observe.apply(subject, gateway, before, seen, implies=implies)
                return Applied(found) if found else _NOT_OURS
            case _:
                assert_never(confirmation)

    async def _checkout(self, notification: Notification, before: AnyEntity | None) -> Outcome:
        """Read the payment's own checkout; a capture that it allows is only reserved."""
        if not isinstance(before, Payment) or before.approval is None:
            return Recorded("the payment has no checkout", confirmed=True)
        declined_at = before.approval.declined_at
        anew = declined_at is None or notification.occurred_at > declined_at
        return Applied(await self.checkouts.look(before, anew=anew))

    async def _subscription(self, notification: Notification, subject: Ref) -> Outcome:
        says = None
        if notification.says is not None:
            says = said(notification.says, notification.id, notification.status_at)
        found = await self.observe_subscription(
            subject, notification.gateway, rules.Learned(says=says)
        )
        if found is not None:
            return Applied(found)
        if not isinstance(self.gateways[notification.gateway], Subscriptions):
            return Recorded("the gateway's subscriptions cannot be read")
        if self.clock.now() - notification.occurred_at < SHOWN_AFTER:
            raise GatewayUnavailable("the gateway does not show the subscription yet")
        return Recorded("the gateway knows no such subscription")

    async def _confirmation(
        self, notification: Notification, gateway: Gateway
    ) -> Confirmation | None:
        if isinstance(gateway, Confirm):
            return await gateway.confirm(notification, self.clock.now())
        if isinstance(gateway, Observes):
            seen = gateway.observe(notification)
            return Confirmed(seen) if seen is not None else None
        return None

    async def _contradict(
        self, notification: Notification, subject: Ref, contradiction: Contradicted
    ) -> Outcome:
        apart = await self.recording.apart(notification)
        if apart.held is not None and apart.held.became is Became.contradicted:
            return Duplicate(subject)
        before = await self.ledger.load(Payment, subject.id)
        decided = rules.contradict(
            before,
            subject.id,
            notification.gateway,
            contradiction,
            notification.id,
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        because = f"the gateway's API differs in: {', '.join(contradiction.fields)}"
        # Reject it before the commit: after a crash the rejection is repeated, not lost.
        await self._reject(notification, because)
        if decided is not None:
            await self.ledger.commit(decided)
        return Rejected(because, subject)

    async def _reject(self, notification: Notification, because: str) -> None:
        await self.rejected.send(
            Outgoing(
                notification.dumps(),
                group=notification.group,
                dedup=f"process-{notification.delivery_id}",
                attributes={"reason": because},
            )
        )
        notices.delivery_rejected(notification.delivery_id, notification.gateway, because)

    async def _recorded(
        self, place: Place, notification: Notification, outcome: Outcome
    ) -> Handled:
        shown = _shown(notification)
        match outcome:
            case Applied(entity, confirmed):
                # Before the invoice, which may take a while: the next try only resumes it.
                await self.recording(
                    place, notification, Became.applied, subject=entity.ref, confirmed=confirmed
                )
                await self.finish.resume(entity)
                return Handled(shown, "applied")
            case Duplicate(subject):
                await self.finish(subject)
                return Handled(shown, "duplicate")
            case Recorded(because, confirmed):
                await self.recording(
                    place, notification, Became.recorded, because=because, confirmed=confirmed
                )
                return Handled(shown, "recorded", because)
            case Rejected(because, subject):
                apart = await self.recording.apart(notification)
                await self.recording(
                    apart, notification, Became.contradicted, because=because, subject=subject
                )
                await self.finish(subject)
                return Handled(shown, "rejected", because)
            case _:
                assert_never(outcome)


def _in_question(before: AnyEntity | None, seen: Observation) -> bool:
    """
    Whether money may belong to another checkout, or is not the whole amount.

    A capture that the payment holds already is its own, whatever the gateway leaves out now.
    """
    if not isinstance(before, Payment) or before.approval is None:
        return False
    if before.transaction is not None and before.transaction.id == seen.transaction.id:
        return False
    whole = seen.transaction.amount == before.order.amount
    return not whole or seen.checkout is None or seen.checkout != before.approval.checkout


def _bind(notification: Notification) -> None:
    correlation.bind(
        delivery_id=notification.delivery_id,
        entity=notification.entity,
        event_id=notification.id,
    )


def _shown(notification: Notification) -> str:
    # What concerns nothing we keep is told apart by its delivery, as verify has it.
    return notification.entity or notification.delivery_id[:12]
