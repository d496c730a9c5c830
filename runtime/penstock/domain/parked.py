"""The attributes of a dead letter: the reason, the number of tries, the time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

REASON = "reason"
ATTEMPTS = "attempts"
"""How often the message was handed out before it was parked."""
FIRST_PARKED_AT = "first_parked_at"
"""Since when it is a dead letter; only a copy that was renewed has it."""
REDRIVEN = "redriven"
"""That an operator has sent it back to its queue; kept if it is parked again."""
KEPT_BESIDE = frozenset({REASON, ATTEMPTS, FIRST_PARKED_AT})


def parked(attributes: Mapping[str, str], reason: str, attempts: int) -> dict[str, str]:
    """The attributes of a message that is parked now."""
    return {**own(attributes), REASON: reason, ATTEMPTS: str(attempts)}


def renewed(attributes: Mapping[str, str], first: datetime) -> dict[str, str]:
    """The attributes of a dead letter that is sent again to its dead-letter queue."""
    return {**attributes, FIRST_PARKED_AT: first.isoformat()}


def sent_back(attributes: Mapping[str, str]) -> dict[str, str]:
    """The attributes of a dead letter that is sent back to its queue."""
    return {**own(attributes), REDRIVEN: "true"}


def by_operator(attributes: Mapping[str, str]) -> bool:
    """Whether an operator has sent a message back to its queue; SQS's own redrive counts, too."""
    return REDRIVEN in attributes or REASON in attributes


def own(attributes: Mapping[str, str]) -> dict[str, str]:
    """The message's own attributes, as before it was parked."""
    return {name: value for name, value in attributes.items() if name not in KEPT_BESIDE}


def first_parked_at(attributes: Mapping[str, str], sent_at: datetime | None) -> datetime | None:
    """
    Since when a message is a dead letter; None where the queue does not say.

    Args:
        sent_at: when this copy came to the dead-letter queue.
    """
    try:
        first = datetime.fromisoformat(attributes[FIRST_PARKED_AT])
    except (KeyError, ValueError):
        return sent_at
    return first if first.tzinfo else sent_at


def attempts(attributes: Mapping[str, str]) -> int | None:
    """How often it was tried; None for one that was parked by older code or by SQS itself."""
    told = attributes.get(ATTEMPTS, "")
    return int(told) if told.isdecimal() else None
