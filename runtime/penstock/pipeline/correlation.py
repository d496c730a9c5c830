"""
The ids in every log line about an item, from the delivery to the sink.

    receive     delivery_id
    verify      delivery_id, entity, event_id (the gateway's)
    process     delivery_id, entity, event_id (the gateway's)
    deliver     delivery_id, entity, event_id (ours): the delivery's id travels as an attribute

Bound once at the entry and merged into each event; never a header, never anything of a body.
"""

from __future__ import annotations

from collections.abc import Mapping

from structlog.contextvars import bind_contextvars, get_contextvars, unbind_contextvars

DELIVERY = "delivery_id"
"""Also the name of the attribute that carries it to the sinks."""
_FIELDS = ("message_id", DELIVERY, "entity", "event_id")


def item(**fields: str) -> Item:
    """One item: what is bound within it, here or by its stage, ends with it."""
    return Item(fields)


class Item:
    """What `item` returns. A class: `contextmanager` takes twice as long, for every message."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._fields = fields

    def __enter__(self) -> None:
        bind_contextvars(**self._fields)

    def __exit__(self, *_: object) -> None:
        unbind_contextvars(*_FIELDS)


def bind(**fields: str | None) -> None:
    """Bind more ids of the current item; unknown ones are left out."""
    bind_contextvars(**{name: value for name, value in fields.items() if value})


def carried() -> Mapping[str, str]:
    """The attributes of an event: the delivery that caused it, if one did."""
    delivery = get_contextvars().get(DELIVERY)
    return {DELIVERY: str(delivery)} if delivery else {}
