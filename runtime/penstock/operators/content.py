"""The content of a queue's message without personal data: no body, header, payer or address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from penstock.domain.delivery import Delivery, Notification
from penstock.domain.events import Event
from penstock.errors import MalformedMessage
from penstock.pipeline.deliver import REPLAY
from penstock.pipeline.orders import ActionMessage, ChargeMessage, load_message
from penstock.ports import Message

REJECTED = "rejected"
SINK = "sink-"
_SHORT = 12

Asked = ChargeMessage | ActionMessage | Notification | Delivery | Event


@dataclass(frozen=True, slots=True)
class Content:
    """
    A message, decoded.

    Attributes:
        what: the request or the event in one word: `charge`, `payment.succeeded`.
        subject: the id of the entity it concerns, if it names one.
        facts: more of its content that is safe to show.
        asked: the message itself; None where it cannot be read.
        replay: the id of the replay that sent it to its sink again; None for a first delivery.
    """

    what: str
    subject: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: Asked | None = field(default=None, repr=False)
    replay: str | None = None


def content(queue: str, message: Message) -> Content:
    """Decode a message of that queue, or of its dead-letter queue."""
    try:
        told = _read(queue, message.body)
    except MalformedMessage as exc:
        return Content("unreadable", None, {"because": str(exc)})
    replay = message.attributes.get(REPLAY) if queue.startswith(SINK) else None
    return replace(told, facts={**told.facts, REPLAY: replay}, replay=replay) if replay else told


def _read(queue: str, body: str) -> Content:
    if queue == "payments":
        return _payment(load_message(body))
    if queue.startswith(SINK):
        return _event(Event.loads(body))
    if queue == "verified":
        return _notification(Notification.loads(body))
    readers: tuple[Callable[[], Content], ...] = (lambda: _delivery(Delivery.loads(body)),)
    if queue == REJECTED:
        # What the gateway's API contradicts is rejected as well, as a notification.
        readers = (*readers, lambda: _notification(Notification.loads(body)))
    return _first(readers)


def _first(readers: tuple[Callable[[], Content], ...]) -> Content:
    *others, last = readers
    for read in others:
        try:
            return read()
        except MalformedMessage:
            continue
    return last()


def _payment(asked: ChargeMessage | ActionMessage) -> Content:
    facts = {"provider": asked.provider}
    if isinstance(asked, ActionMessage):
        return Content(
            asked.action.value, asked.id, {**facts, "operation": asked.operation}, asked
        )
    order = asked.order
    facts["amount"] = f"{order.amount.decimal} {order.amount.currency}"
    if order.reference:
        facts["reference"] = order.reference
    return Content("charge", asked.id, facts, asked)


def _notification(asked: Notification) -> Content:
    facts = {
        "gateway": asked.gateway,
        "notification": asked.id,
        "occurred_at": asked.occurred_at.isoformat(),
        "evidence": asked.evidence.value,
    }
    return Content(asked.type, asked.entity, facts, asked)


def _delivery(asked: Delivery) -> Content:
    facts = {
        "gateway": asked.gateway,
        "received_at": asked.received_at.isoformat(),
        "bytes": str(len(asked.body)),
    }
    return Content("webhook", asked.id[:_SHORT], facts, asked)


def _event(asked: Event) -> Content:
    facts = {"event": asked.id, "gateway": asked.gateway, "time": asked.time.isoformat()}
    return Content(str(asked.type), asked.entity, facts, asked)
