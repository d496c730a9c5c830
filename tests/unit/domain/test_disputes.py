"""Disputes: opened, changed, resolved; published before the API shows them, confirmed later."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.dispute import Dispute, DisputeObservation, DisputeOutcome
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPEN = DisputeObservation(
    "PP-D-1",
    "open",
    NOON,
    reason="unauthorised",
    amount=Money(9600, "USD"),
    payments=("acme-SALE1",),
    respond_by=NOON + timedelta(days=10),
    as_of=NOON,
)


def observe(before: Dispute | None, seen: DisputeObservation) -> Change[Dispute] | None:
    return rules.observe_dispute(
        before, "acme-PP-D-1", "acme", seen, now=NOON, new_id=lambda: "id"
    )


def claim(before: Dispute | None, seen: DisputeObservation) -> Change[Dispute] | None:
    return rules.claim_dispute(
        before,
        "acme-PP-D-1",
        "acme",
        seen,
        "403",
        rereads=True,
        now=NOON,
        new_id=lambda: "id",
    )


def some(change: Change[Dispute] | None) -> Change[Dispute]:
    assert change is not None
    return change


def types(change: Change[Dispute]) -> list[str]:
    return [str(event.type) for event in change.events]


def test_a_dispute_is_opened_with_its_amount_its_reason_and_the_date_to_respond_by():
    """
    The seller learns what is disputed and until when an answer counts.
    """
    change = some(observe(None, OPEN))

    (event,) = change.events
    assert ("dispute.opened", {"minor": 9600, "currency": "USD"}, "unauthorised") == (
        event.type,
        event.data["amount"],
        event.data["reason"],
    )
    assert ("2026-11-12T12:00:00Z", ["acme-SALE1"], True) == (
        event.data["respond_by"],
        event.data["payments"],
        event.data["confirmed"],
    )


def test_the_same_dispute_again_is_no_event():
    """
    Seen twice, said once.
    """
    first = some(observe(None, OPEN)).entity

    assert observe(first, OPEN) is None or [] == types(some(observe(first, OPEN)))


def test_a_change_is_an_update():
    """
    Another stage or another date is worth a word.
    """
    first = some(observe(None, OPEN)).entity
    later = replace(OPEN, status="waiting_for_seller_response", as_of=NOON + HOUR)

    assert ["dispute.updated"] == types(some(observe(first, later)))


@pytest.mark.parametrize("outcome", list(DisputeOutcome))
def test_an_end_is_resolved_once_with_its_outcome(outcome):
    """
    For the seller, for the buyer, withdrawn or other.
    """
    first = some(observe(None, OPEN)).entity
    ended = replace(OPEN, status="resolved", outcome=outcome, as_of=NOON + HOUR)
    change = some(observe(first, ended))

    (event,) = change.events
    assert ("dispute.resolved", outcome.value) == (event.type, event.data["outcome"])
    again = observe(change.entity, ended)
    assert again is None or [] == types(again)


def test_a_dispute_first_seen_at_its_end_is_opened_and_resolved():
    """
    Nothing is left out, whenever it is looked at.
    """
    ended = replace(OPEN, outcome=DisputeOutcome.seller)

    assert ["dispute.opened", "dispute.resolved"] == types(some(observe(None, ended)))


def test_what_the_api_does_not_show_is_published_unconfirmed_and_confirmed_later():
    """
    What informs never waits for a permission.
    """
    claimed = some(claim(None, OPEN))
    confirmed = some(observe(claimed.entity, OPEN))

    assert (["dispute.opened"], False, "403") == (
        types(claimed),
        claimed.events[0].data["confirmed"],
        claimed.events[0].data["because"],
    )
    asking = claimed.entity.operation(OperationKind.reread)
    assert asking is not None
    assert asking.open
    assert (["dispute.updated"], True) == (
        types(confirmed),
        confirmed.events[0].data["confirmed"],
    )
    done = confirmed.entity.operation(OperationKind.reread)
    assert done is not None
    assert not done.open


def test_an_older_copy_changes_nothing():
    """
    Order of arrival does not matter; order of change does.
    """
    ended = replace(OPEN, outcome=DisputeOutcome.buyer, as_of=NOON + HOUR)
    known = some(observe(None, ended)).entity

    assert observe(known, OPEN) is None


def test_a_body_does_not_overwrite_what_the_api_showed():
    """
    A claim about a confirmed dispute only has it read again.
    """
    known = some(observe(None, OPEN)).entity
    change = claim(known, replace(OPEN, amount=Money(1, "USD"), as_of=NOON + HOUR))

    assert change is not None
    assert ([], OPEN) == (types(change), change.entity.seen)


def test_its_payments_are_read_again_when_it_begins_and_when_it_ends():
    """
    A lost dispute moves a payment's money, and no other notification may say so.
    """
    opened = some(observe(None, OPEN)).entity
    ended = replace(OPEN, outcome=DisputeOutcome.buyer, as_of=NOON + HOUR)
    resolved = some(observe(opened, ended)).entity

    for dispute in (opened, resolved):
        (follow,) = (op for op in dispute.operations if op.kind is OperationKind.follow)
        assert ("payment#acme-SALE1", NOON) == (follow.reference, follow.due_at)
    first, second = (d.operation(OperationKind.follow) for d in (opened, resolved))
    assert first is not None
    assert second is not None
    assert first.id != second.id


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("known", "seen", "taken"),
    [(0, -1, False), (0, 0, True), (0, 1, True), (None, 0, True), (0, None, True)],
)
def test_a_copy_counts_unless_it_is_older_than_the_known_one(
    known: int | None, seen: int | None, taken: bool
) -> None:
    at = [None if one is None else NOON + one * SECOND for one in (known, seen)]
    confirmed = some(observe(None, replace(OPEN, as_of=at[0]))).entity
    claimed = some(claim(None, replace(OPEN, as_of=at[0]))).entity
    other = replace(OPEN, status="other", as_of=at[1])

    assert taken is (observe(confirmed, other) is not None)
    assert taken is (some(claim(claimed, other)).entity.seen == other if taken else False)
    assert taken or claim(claimed, other) is None


def test_a_claim_again_changes_nothing_where_the_gateway_cannot_be_asked() -> None:
    given = {"rereads": False, "now": NOON, "new_id": lambda: "id"}
    names = ("acme-PP-D-1", "acme", OPEN, "403")
    first = some(rules.claim_dispute(None, *names, **given)).entity

    assert first.operation(OperationKind.reread) is None
    assert (NOON, NOON, "acme-PP-D-1", "acme") == (
        *(first.created_at, first.updated_at, first.id, first.gateway),
    )
    confirmed = some(observe(first, OPEN)).entity
    assert rules.claim_dispute(confirmed, *names, **given) is None
    assert (True, None) == (confirmed.confirmed, confirmed.unconfirmed_because)


def test_a_claim_of_what_the_api_showed_has_it_read_again_once() -> None:
    known = some(observe(None, OPEN)).entity
    change = some(claim(known, replace(OPEN, as_of=NOON + HOUR)))
    reread = change.entity.operation(OperationKind.reread)
    assert reread is not None

    assert ("403", NOON + timedelta(minutes=1)) == (reread.reason, reread.due_at)
    assert claim(change.entity, replace(OPEN, as_of=NOON + HOUR)) is None


def test_a_new_date_of_change_alone_is_no_event() -> None:
    known = some(observe(None, OPEN)).entity
    change = some(observe(known, replace(OPEN, as_of=NOON + HOUR)))

    assert ([], NOON + HOUR) == (types(change), change.entity.seen.as_of)


def test_an_outcome_that_changes_is_resolved_again_and_one_that_is_taken_back_is_an_update() -> (
    None
):
    ended = some(observe(None, replace(OPEN, outcome=DisputeOutcome.seller))).entity
    other = some(observe(ended, replace(OPEN, outcome=DisputeOutcome.buyer)))
    opened = some(observe(ended, OPEN))
    more = some(observe(ended, replace(OPEN, outcome=DisputeOutcome.seller, status="closed")))

    assert ["dispute.resolved"] == types(other)
    assert ["dispute.updated"] == types(opened) == types(more)


def test_an_update_has_no_payment_read_again() -> None:
    known = some(observe(None, OPEN)).entity
    follows = known.operations
    more = some(observe(known, replace(OPEN, payments=("acme-S-1", "acme-S-2")))).entity

    assert follows == more.operations


def test_the_first_twenty_payments_of_a_dispute_are_read_again_each_time_anew() -> None:
    """
    A read that is done already must not stand for the one that the change asks for.
    """
    names = tuple(f"acme-S-{number}" for number in range(21))
    claimed = some(claim(None, replace(OPEN, payments=names))).entity
    ended = replace(OPEN, payments=names, outcome=DisputeOutcome.buyer)
    resolved = some(observe(claimed, ended)).entity
    first, second = (
        [one for one in dispute.operations if one.kind is OperationKind.follow]
        for dispute in (claimed, resolved)
    )

    assert [f"payment#acme-S-{number}" for number in range(20)] == [o.reference for o in first]
    assert [one.reference for one in first] == [one.reference for one in second]
    assert 40 == len({one.id for one in (*first, *second)})
    assert {"the dispute about it changed"} == {one.reason for one in second}
    assert claimed.operation(OperationKind.reread) is not None
    assert resolved.operation(OperationKind.reread) is not None
