"""Requested collections: the outcome of each, and what that means for its subscription."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from penstock.domain.change import Change, Fact, change
from penstock.domain.describe import amount
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.subscription import Subscription


def collection_settled(
    before: Subscription, settled: Operation, *, now: datetime, new_id: Callable[[], str]
) -> Change[Subscription]:
    """
    Apply a collection's outcome; a refusal is published.

    The amount owed has changed, or is not the known one: the sweep reads the subscription.
    """
    after = _with(before, settled)
    look = after.operation(OperationKind.access)
    if look is not None and look.open:
        after = _with(after, replace(look, due_at=now))
    failed = settled.state is OperationState.declined
    facts = [_fact(EventType.collection_failed, settled)] if failed else []
    return change(before, after, facts, now=now, new_id=new_id)


def collection_parked(
    before: Subscription, lost: Operation, *, now: datetime, new_id: Callable[[], str]
) -> Change[Subscription]:
    """Leave a collection to people, and publish that; no other one begins meanwhile."""
    facts = [_fact(EventType.collection_parked, lost)]
    return change(before, _with(before, lost), facts, now=now, new_id=new_id)


def _with(subscription: Subscription, operation: Operation) -> Subscription:
    return replace(subscription, operations=subscription.replacing(operation))


def _fact(kind: EventType, operation: Operation) -> Fact:
    terms = operation.terms
    collection: dict[str, Any] = {"id": operation.id}
    if terms is not None:
        collection |= {"amount": amount(terms.amount)}
        collection |= {"reason": terms.reason} if terms.reason else {}
    return Fact(kind, {"collection": collection, "because": operation.reason})
