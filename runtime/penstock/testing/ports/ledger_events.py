"""Conformance of the ledger's outbox, its due index and its archive of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.events import Event
from penstock.domain.ref import Ref
from penstock.errors import LedgerConflict
from penstock.ports import Ledger
from penstock.testing.clock import NOON
from penstock.testing.ports.samples import accepted, due_at, first, settled, step


class LedgerEventsConformance:
    """A Ledger keeps these promises too; override `ledger`."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""
        raise NotImplementedError("override the fixture ledger")

    async def test_events_wait_in_their_order(self, ledger: Ledger) -> None:
        """
        The unsent events of a payment come whole and in the order they were caused.
        """
        made = first(accepted())
        one = step(made.entity, 2)
        two = step(one.entity, 10)
        for change in (made, one, two):
            await ledger.commit(change)

        assert [*one.events, *two.events] == list(await ledger.unsent(two.entity))

    async def test_what_is_read_holds_no_events_in_hand(self, ledger: Ledger) -> None:
        """
        Only the copy that a commit made holds its events; what is read asks the ledger for them.
        """
        made = first(accepted())
        change = step(made.entity, 2)
        for each in (made, change):
            await ledger.commit(each)
        read = await ledger.find(change.entity.ref)

        assert read is not None
        assert (change.entity, ()) == (read, read.caused)

    async def test_what_was_published_waits_no_longer(self, ledger: Ledger) -> None:
        """
        Only events after `published` are unsent, and only those of that payment.
        """
        made, other = first(accepted()), first(accepted("pay-10"))
        change = step(made.entity, 3)
        for each in (made, other, change, step(other.entity, 1)):
            await ledger.commit(each)
        published = replace(change.entity, published=2)

        assert [change.events[2]] == list(await ledger.unsent(published))
        assert [] == list(await ledger.unsent(replace(published, published=3)))

    async def test_a_rewritten_event_takes_the_place_of_the_old_one(self, ledger: Ledger) -> None:
        """
        The outbox, the history and the archive hold the new one only, and no event is added.
        """
        made = first(accepted())
        change = step(made.entity, 2)
        for each in (made, change):
            await ledger.commit(each)
        old = change.events[0]
        new = replace(old, data={"payment_id": "pay-1"})
        await ledger.rewrite(new)

        told = [*made.events, new, change.events[1]]
        assert told == list(await ledger.unsent(change.entity))
        assert told[::-1] == list(await ledger.history(change.entity.ref, 10))
        assert told[::-1] == list((await ledger.events(10)).events)

    async def test_only_an_event_that_is_there_is_rewritten(self, ledger: Ledger) -> None:
        """
        Writing in the place of no event is refused, and writes nothing.
        """
        made = first(accepted())
        change = step(made.entity, 1)
        await ledger.commit(made)
        with pytest.raises(LedgerConflict):
            await ledger.rewrite(change.events[0])

        assert list(made.events) == list(await ledger.unsent(made.entity))

    async def test_due_payments_come_longest_due_first(self, ledger: Ledger) -> None:
        """
        What is due now is listed, up to the limit; what is due later is not.
        """
        for payment_id, minutes in (("late", 50), ("b", 20), ("a", 30), ("c", 10), ("never", 0)):
            payment = accepted(payment_id)
            await ledger.commit(first(due_at(payment, minutes) if minutes else payment))
        now = NOON + timedelta(minutes=30)

        assert ["c", "b", "a"] == _ids(await ledger.due(now, 10))
        assert ["c", "b"] == _ids(await ledger.due(now, 2))

    async def test_many_due_payments_come_in_one_order(self, ledger: Ledger) -> None:
        """
        However the store spreads them: the first of all come first, and none is left out.
        """
        names = [f"pay-{number}" for number in range(30)]
        for minutes, name in enumerate(names):
            await ledger.commit(first(due_at(accepted(name), minutes)))
        now = NOON + timedelta(hours=1)

        assert names == _ids(await ledger.due(now, 100))
        assert names[:12] == _ids(await ledger.due(now, 12))

    async def test_a_settled_payment_is_not_due(self, ledger: Ledger) -> None:
        """
        A payment is due only while something is left to do.
        """
        made = first(due_at(accepted(), 1))
        await ledger.commit(made)
        await ledger.commit(step(settled(made.entity)))

        assert [] == _ids(await ledger.due(NOON + timedelta(days=1), 10))

    async def test_unsent_events_make_a_payment_due(self, ledger: Ledger) -> None:
        """
        Events that nobody published are found by the sweep, and not once they are published.
        """
        made = first(accepted())
        change = step(made.entity, 1)
        await ledger.commit(made)
        await ledger.commit(change)
        now = NOON + timedelta(days=1)

        assert ["pay-1"] == _ids(await ledger.due(now, 10))
        await ledger.commit(step(replace(change.entity, published=1)))
        assert [] == _ids(await ledger.due(now, 10))

    async def test_the_archive_is_read_newest_first(self, ledger: Ledger) -> None:
        """
        Page after page, each event of every day once, newest first, and an end.
        """
        expected = await _history(ledger, days=(0, 0, 1, 2, 40, 400))

        read: list[Event] = []
        cursor = None
        for _ in range(10):
            page = await ledger.events(2, cursor)
            assert len(page.events) <= 2
            read += page.events
            cursor = page.cursor
            if cursor is None:
                break

        assert expected == read
        assert cursor is None

    async def test_a_long_history_is_read_to_its_end(self, ledger: Ledger) -> None:
        """
        A page may end early, with a cursor, but no event of any day is passed over.
        """
        expected = await _history(ledger, days=tuple(range(35)))

        read: list[Event] = []
        page = await ledger.events(100)
        while True:
            read += page.events
            if page.cursor is None:
                break
            page = await ledger.events(100, page.cursor)

        assert expected == read

    async def test_one_page_may_hold_all(self, ledger: Ledger) -> None:
        """
        A limit that is large enough needs no second page.
        """
        expected = await _history(ledger, days=(0, 3))

        page = await ledger.events(len(expected))

        assert (tuple(expected), None) == (page.events, page.cursor)

    async def test_a_history_is_of_one_entity_and_newest_first(self, ledger: Ledger) -> None:
        """
        One entity's events only, also where another's id begins alike.
        """
        made, other = first(accepted()), first(accepted("pay-10"))
        change = step(made.entity, 3)
        for each in (made, other, change, step(other.entity, 1)):
            await ledger.commit(each)

        assert list(change.events[::-1]) == list(await ledger.history(made.entity.ref, 10))
        assert [change.events[2]] == list(await ledger.history(made.entity.ref, 1))

    async def test_a_history_goes_on_before_a_sequence(self, ledger: Ledger) -> None:
        """
        Only events before that sequence, newest first; before the first there is none.
        """
        made = first(accepted())
        change = step(made.entity, 3)
        for each in (made, change):
            await ledger.commit(each)
        one, two, three = change.events

        ref = made.entity.ref
        assert [two, one] == list(await ledger.history(ref, 10, before=three.sequence))
        assert [two] == list(await ledger.history(ref, 1, before=three.sequence))
        assert [] == list(await ledger.history(ref, 10, before=one.sequence))

    async def test_an_empty_archive_is_a_page(self, ledger: Ledger) -> None:
        """
        No events is no error.
        """
        assert () == (await ledger.events(10)).events

    async def test_what_is_published_stays_in_the_archive(self, ledger: Ledger) -> None:
        """
        Publishing takes nothing out of the archive.
        """
        made = first(accepted())
        change = step(made.entity, 1)
        for each in (made, change, step(replace(change.entity, published=1))):
            await ledger.commit(each)

        assert change.events == (await ledger.events(10)).events

    @pytest.mark.parametrize("cursor", ["x", "%%%", "aGVsbG8", "2026-11-02", "\u00e9"])
    async def test_a_made_up_cursor_is_refused(self, ledger: Ledger, cursor: str) -> None:
        """
        A cursor that is not ours is a ValueError, whatever it is.
        """
        with pytest.raises(ValueError, match="not a cursor"):
            await ledger.events(10, cursor)


async def _history(ledger: Ledger, days: tuple[int, ...]) -> list[Event]:
    """Commit a payment with two events on each of those days; returns all events, newest first."""
    committed: list[Event] = []
    for number, day in enumerate(days):
        made = first(accepted(f"pay-{number}"))
        change = step(made.entity, 2, at=timedelta(days=day, seconds=number))
        await ledger.commit(made)
        await ledger.commit(change)
        committed += change.events
    return committed[::-1]


def _ids(refs: Sequence[Ref]) -> list[str]:
    return [ref.id for ref in refs]
