"""Which events a sink gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.config.plugins import Offer

EVENTS = "events"
"""The setting of a sink that names its event types."""


def selected(sink: Offer, given: Any) -> Sequence[str] | None:
    """
    The event types that a sink gets, sorted; None for all.

    Args:
        given: the sink's setting `events`; None where it has none.
    """
    if everything(given):
        return None
    # What is no list is refused by the checks, with the other keys that are wrong.
    types = given if isinstance(given, list) else sink.events
    return None if types is None else sorted(map(str, types))


def everything(given: Any) -> bool:
    """Whether a sink's setting `events` selects every event: `all`, or a list with "*" in it."""
    return given in ("all", "*") or (isinstance(given, list) and "*" in given)
