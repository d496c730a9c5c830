"""Disputes: opened, changed, resolved; also published if the API does not show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from penstock.domain.change import Change, Fact, change
from penstock.domain.dispute import Dispute, DisputeObservation
from penstock.domain.events import EventType
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.rules.rereading import ask_again, asked


def observe_dispute(
    before: Dispute | None,
    dispute_id: str,
    gateway: str,
    seen: DisputeObservation,
    *,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Dispute] | None:
    """Apply what the gateway's API shows of a dispute; None where nothing is new."""
    if before is not None and _older(seen, before.seen):
        return None
    known = before or _met(dispute_id, gateway, seen, now)
    after = asked(replace(known, seen=seen, confirmed=True, unconfirmed_because=None))
    return _changed(before, after, now, new_id)


def claim_dispute(
    before: Dispute | None,
    dispute_id: str,
    gateway: str,
    seen: DisputeObservation,
    because: str,
    *,
    rereads: bool,
    now: datetime,
    new_id: Callable[[], str],
) -> Change[Dispute] | None:
    """
    Publish what a signed body says of a dispute that the API does not show; ask again later.

    News of a dispute does not wait for a missing permission: the seller has a deadline.
    """
    if before is not None and (before.confirmed or _older(seen, before.seen)):
        # What the API showed once is worth more than a body; it is read again all the same.
        after = ask_again(before, now, because) if rereads else before
        return change(before, after, now=now, new_id=new_id) if after != before else None
    known = before or _met(dispute_id, gateway, seen, now)
    after = replace(known, seen=seen, unconfirmed_because=because)
    if rereads:
        after = ask_again(after, now, because)
    return _changed(before, after, now, new_id)


def _met(dispute_id: str, gateway: str, seen: DisputeObservation, now: datetime) -> Dispute:
    return Dispute(
        id=dispute_id, gateway=gateway, seen=seen, confirmed=False, created_at=now, updated_at=now
    )


def _older(seen: DisputeObservation, known: DisputeObservation) -> bool:
    return seen.as_of is not None and known.as_of is not None and seen.as_of < known.as_of


def _changed(
    before: Dispute | None, after: Dispute, now: datetime, new_id: Callable[[], str]
) -> Change[Dispute] | None:
    facts: list[Fact] = []
    if before is None:
        facts.append(Fact(EventType.dispute_opened))
    if after.seen.outcome is not None and (
        before is None or before.seen.outcome is not after.seen.outcome
    ):
        facts.append(Fact(EventType.dispute_resolved))
    if before is not None and not facts and _differs(before, after):
        facts.append(Fact(EventType.dispute_updated))
    if before == after:
        return None
    if any(fact.type is not EventType.dispute_updated for fact in facts):
        after = _following(after, now)
    return change(before, after, facts, now=now, new_id=new_id)


def _differs(before: Dispute, after: Dispute) -> bool:
    known, seen = before.seen, after.seen
    return before.confirmed is not after.confirmed or replace(known, as_of=None) != replace(
        seen, as_of=None
    )


def _following(after: Dispute, now: datetime) -> Dispute:
    """A dispute that began or ended may have moved its payments' money: they are read again."""
    others = tuple(op for op in after.operations if op.kind is not OperationKind.follow)
    follows = tuple(
        Operation(
            # Each change asks anew, so its ids differ from those of the change before.
            after.operation_id(OperationKind.follow, f"{after.sequence}/{place}"),
            OperationKind.follow,
            due_at=now,
            reference=str(Ref(EntityKind.payment, payment)),
            reason="the dispute about it changed",
        )
        for place, payment in enumerate(after.seen.payments[:20])
    )
    return replace(after, operations=(*others, *follows))
