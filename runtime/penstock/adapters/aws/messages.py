"""Messages as SQS hands them out, and as Lambda passes them on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from penstock.ports import Message

LONGEST_REASON = 512
_REASON = "reason"
_MOST = 10  # attributes of a message (AWS, quotas of messages)
# What stages and sinks' filters read.
_READ = frozenset({"type", "gateway", "delivery_id"})


def read_message(raw: Mapping[str, Any]) -> Message:
    """A message as ReceiveMessage returns it."""
    system = raw.get("Attributes", {})
    return Message(
        id=raw["MessageId"],
        body=raw["Body"],
        group=system.get("MessageGroupId", raw["MessageId"]),
        receipt=raw["ReceiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes=_texts(raw.get("MessageAttributes", {}), "StringValue"),
    )


def message_from_record(record: Mapping[str, Any]) -> Message:
    """A message as a function gets it from its mapping: one of the event's `Records`."""
    system = record.get("attributes", {})
    return Message(
        id=record["messageId"],
        body=record["body"],
        group=system.get("MessageGroupId", record["messageId"]),
        receipt=record["receiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes=_texts(record.get("messageAttributes", {}), "stringValue"),
    )


def reason_text(reason: str) -> str:
    """A reason as an attribute's value may be: not empty, not long."""
    return reason[:LONGEST_REASON] or "unknown"


def parked_attributes(attributes: Mapping[str, str], reason: str) -> dict[str, str]:
    """
    A parked message's attributes: why, and as many of its own as SQS takes besides.

    Whoever may send to a queue may use all ten; those we read stay, and what must go is named.
    """
    own = sorted(
        (name for name in attributes if name != _REASON), key=lambda name: name not in _READ
    )
    kept, left_out = own[: _MOST - 1], own[_MOST - 1 :]
    if left_out:
        reason = f"{reason[: LONGEST_REASON // 2]} (without its attributes {', '.join(left_out)})"
    return {_REASON: reason_text(reason)} | {name: attributes[name] for name in kept}


def _texts(attributes: Mapping[str, Mapping[str, Any]], key: str) -> dict[str, str]:
    return {name: str(value[key]) for name, value in attributes.items() if key in value}
