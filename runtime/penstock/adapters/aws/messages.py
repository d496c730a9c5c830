"""Messages as SQS hands them out, and as Lambda passes them on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from penstock.domain.parked import KEPT_BESIDE, REDRIVEN, own, parked
from penstock.ports import Message

LONGEST_REASON = 512
_MOST = 10  # attributes of a message (AWS, quotas of messages)
# What stages and sinks' filters read.
_READ = frozenset({"type", "gateway", "delivery_id", "replay", REDRIVEN})


def read_message(raw: Mapping[str, Any]) -> Message:
    """A message as ReceiveMessage returns it."""
    system = raw.get("Attributes", {})
    return Message(
        id=raw["MessageId"],
        content=raw["Body"],
        group=system.get("MessageGroupId", raw["MessageId"]),
        receipt=raw["ReceiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes=_texts(raw.get("MessageAttributes", {}), "StringValue"),
        sent_at=_moment(system.get("SentTimestamp")),
    )


def message_from_record(record: Mapping[str, Any]) -> Message:
    """A message as a function gets it from its mapping: one of the event's `Records`."""
    system = record.get("attributes", {})
    return Message(
        id=record["messageId"],
        content=record["body"],
        group=system.get("MessageGroupId", record["messageId"]),
        receipt=record["receiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes=_texts(record.get("messageAttributes", {}), "stringValue"),
        sent_at=_moment(system.get("SentTimestamp")),
    )


def reason_text(reason: str) -> str:
    """A reason as an attribute's value: not empty, not long."""
    return reason[:LONGEST_REASON] or "unknown"


def parked_attributes(message: Message, reason: str) -> dict[str, str]:
    """
    A parked message's attributes: the reason, the tries, and its own, as many as SQS takes.

    A sender may use all ten. Those that we read are kept; omitted ones are named. One place is
    kept free for the renewal.
    """
    names = sorted(own(message.attributes), key=lambda name: name not in _READ)
    room = _MOST - len(KEPT_BESIDE)
    kept, left_out = names[:room], names[room:]
    if left_out:
        reason = f"{reason[: LONGEST_REASON // 2]} (without its attributes {', '.join(left_out)})"
    return parked(
        {name: message.attributes[name] for name in kept}, reason_text(reason), message.receives
    )


def _texts(attributes: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, str]:
    return {name: str(value[key]) for name, value in attributes.items() if key in value}


def _moment(milliseconds: str | None) -> datetime | None:
    return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
