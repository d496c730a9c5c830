"""
How old a delivery is, by two clocks of ours: the one that received it and the one that judges it.

No verdict on a delivery's age needs a memory: strangers could fill it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SKEW = timedelta(minutes=5)
"""How far two clocks may differ."""
UNDECIDED = timedelta(minutes=10)
"""
How long a delivery whose certificate PayPal does not have may stay undecided.

`infra/config/coherence.py` keeps this times `penstock:throttlingRate` within what the deliveries
queue can hold in flight.
"""
HELD = timedelta(days=90)
"""
How long a delivery may lie with us and still be judged as of when it came: 14 days on a queue, in
`rejected` or among dead letters, and longer for what is sent back. The ledger remembers a
transmission for as long, so a repeat of it is known.
"""
_SOON = timedelta(seconds=5)
_SELDOM = timedelta(minutes=5)


def waited(received_at: datetime, now: datetime) -> timedelta:
    """
    How long we have had a delivery.

    One received in our future is older than every limit: the clock that stamped it was wrong, and
    waiting for the other would never end. Less than `SKEW` of it is two clocks that differ.
    """
    held = now - received_at
    return held if held >= -SKEW else timedelta.max


def seconds_to_wait(age: timedelta, limit: timedelta | None = None) -> float:
    """
    Seconds until an undecided delivery is tried again: as long as it has waited already.

    Args:
        limit: the age at which it is decided; the wait ends there at the latest.
    """
    wait = min(max(age, _SOON), _SELDOM)
    if limit is not None:
        wait = min(wait, limit - age)
    return max(wait.total_seconds(), 0.0)
