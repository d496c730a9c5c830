"""How long PayPal's API is asked for what a notification names and the API does not show."""

from __future__ import annotations

from datetime import datetime, timedelta

from penstock.api import Notification

YOUNG = timedelta(minutes=15)
"""
A 404 this soon after the event means "not yet", never "does not exist".

PayPal names no time. That its API may learn of something later than its webhook is said in
github.com/paypal/PayPal-node-SDK/issues/125.
"""
_SOONEST = timedelta(seconds=10)


def young(notification: Notification, now: datetime) -> bool:
    """Whether the API may not have caught up with the event yet."""
    return now - notification.occurred_at < YOUNG


def wait(notification: Notification, now: datetime) -> float:
    """
    Seconds until the API is asked again: as long as the event is old, 10 s at least.

    So an event is asked about seven times in its first quarter of an hour, the last time at its
    end.
    """
    age = now - notification.occurred_at
    left = YOUNG - age + timedelta(seconds=1)
    return max(min(max(age, _SOONEST), left), timedelta(seconds=1)).total_seconds()
