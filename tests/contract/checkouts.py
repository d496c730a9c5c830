"""Payments whose buyers approve them, as the rules make them."""

from __future__ import annotations

from datetime import timedelta

from penstock.domain import rules
from penstock.domain.approval import Approval
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payment
from tests.contract.changes import NOON, new_id

APPROVAL = Approval("digest", return_secret="s" * 32)


def checkout() -> Payment:
    """A payment that waits for its buyer."""
    order = Order(Money(1250, "USD"), reference="order-1")
    begun = rules.begin_checkout("pay-1", "acme", order, APPROVAL, now=NOON, new_id=new_id).entity
    operation = begun.operation(OperationKind.checkout)
    assert operation is not None
    until = NOON + timedelta(hours=3)
    url = "https://gateway.test/approve"
    return rules.opened(begun, operation, "C-1", url, until, now=NOON, new_id=new_id).entity


def capturing() -> tuple[Payment, Operation]:
    """The same once the buyer has approved it."""
    reserved = rules.reserve_capture(checkout(), now=NOON, new_id=new_id)
    assert reserved is not None
    operation = reserved.entity.operation(OperationKind.capture)
    assert operation is not None
    return reserved.entity, operation
