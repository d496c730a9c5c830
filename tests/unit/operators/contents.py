"""Messages of each queue, and how they are read."""

from __future__ import annotations

from dataclasses import replace

from penstock.operators.content import Content, content
from penstock.pipeline.orders import Action, ActionMessage, ChargeMessage
from penstock.ports import Message
from penstock.testing.builders import order

CHARGE = ChargeMessage("pay-1", "acme", order(reference="order-1"))
REFUND = ActionMessage("pay-1", "acme", Action.refund, "op-1")


def read(queue: str, body: str) -> Content:
    return content(queue, Message("m-1", body, "g", "r"))


def message_of(body: str, **rest: object) -> Message:
    return replace(Message("m-1", body, "g", "r"), **rest)  # type: ignore[arg-type]  # fields by name
