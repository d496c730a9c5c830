"""What the ledger keeps of an authentic notification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, Fact, change
from penstock.domain.delivery import Notification
from penstock.domain.events import EventType
from penstock.domain.record import Became, Record
from penstock.domain.ref import Ref

_PUBLISHED = (Became.recorded, Became.parked)
_SUMMARY = 300


def record(
    before: Record | None,
    record_id: str,
    notification: Notification,
    became: Became,
    *,
    now: datetime,
    new_id: Callable[[], str],
    because: str | None,
    subject: Ref | None,
    confirmed: bool,
) -> Change[Record]:
    """
    Keep a notification with what became of it; published if no entity's event says more.

    Args:
        before: the same notification, parked before and now looked at again.
    """
    known = before or Record(
        id=record_id,
        gateway=notification.gateway,
        created_at=now,
        updated_at=now,
        type=notification.type,
        occurred_at=notification.occurred_at,
        became=became,
        digest=notification.digest,
        resource_type=notification.resource_type,
        resource_id=notification.resource_id,
        summary=notification.summary and notification.summary[:_SUMMARY],
    )
    after = replace(
        known,
        became=became,
        because=because,
        subject=str(subject) if subject else None,
        confirmed=confirmed,
    )
    news = became in _PUBLISHED and (before is None or before.became is not became)
    facts = [Fact(EventType.notification_recorded)] if news else []
    return change(before, after, facts, now=now, new_id=new_id)
