"""What is kept of an authentic notification, and when it is published by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.change import Change
from penstock.domain.record import Became, Record
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.rules.records import record
from penstock.testing.builders import notification
from penstock.testing.clock import NOON

LATER = NOON.replace(hour=13)
NOTE = notification(
    type="plan.created", resource_type="plan", resource_id="P-1", summary="A plan was created."
)


BARE: dict[str, object] = {"because": None, "subject": None, "confirmed": False}


def kept(became: Became, before: Record | None = None, **rest: object) -> Change[Record]:
    given: dict[str, object] = {**BARE, "now": NOON, "new_id": lambda: "event", **rest}
    return record(before, "example/note-1", NOTE, became, **given)  # type: ignore[arg-type]  # arguments by name


@pytest.mark.parametrize("became", list(Became))
@pytest.mark.parametrize("was", [None, *Became])
def test_a_notification_is_published_when_it_is_recorded_or_parked_and_was_not_before(
    was: Became | None, became: Became
) -> None:
    before = None if was is None else kept(was).entity
    change = kept(became, before)

    news = became in {Became.recorded, Became.parked} and became is not was
    assert (["notification.recorded"] if news else []) == [str(e.type) for e in change.events]
    assert became is change.entity.became


def test_a_record_holds_the_notifications_own_words_and_the_subject() -> None:
    subject = Ref(EntityKind.dispute, "example-D-1")
    one = kept(Became.applied, because="known", subject=subject, confirmed=True).entity

    assert ("example/note-1", "example", "plan.created", NOTE.digest) == (
        *(one.id, one.gateway, one.type, one.digest),
    )
    assert ("plan", "P-1", "A plan was created.", NOON) == (
        *(one.resource_type, one.resource_id, one.summary, one.occurred_at),
    )
    assert ("known", "dispute#example-D-1", True, None) == (
        *(one.because, one.subject, one.confirmed, one.payment),
    )


def test_a_record_that_is_looked_at_again_keeps_its_beginning_only() -> None:
    before = kept(Became.parked, because="no such payment", confirmed=True).entity
    change = kept(Became.applied, before, now=LATER)
    again = change.entity

    assert (NOON, LATER, None, None, False) == (
        *(again.created_at, again.updated_at, again.because, again.subject, again.confirmed),
    )
    assert 1 == change.expected


@pytest.mark.parametrize(
    ("summary", "length"), [(None, None), ("", 0), ("x" * 300, 300), ("x" * 301, 300)]
)
def test_a_summary_is_kept_up_to_300_characters(summary: str | None, length: int | None) -> None:
    note = replace(NOTE, summary=summary)
    one = record(
        None,
        "r",
        note,
        Became.recorded,
        because=None,
        subject=None,
        confirmed=False,
        now=NOON,
        new_id=lambda: "event",
    ).entity

    assert length == (None if one.summary is None else len(one.summary))


@pytest.mark.parametrize(
    ("subject", "payment"),
    [(None, None), ("payment#pay-1", "pay-1"), ("dispute#pay-1", None), ("signup#pay-1", None)],
)
def test_a_record_names_the_payment_that_it_concerns(
    subject: str | None, payment: str | None
) -> None:
    assert payment == replace(kept(Became.applied).entity, subject=subject).payment
