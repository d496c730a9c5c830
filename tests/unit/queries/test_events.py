"""Listing events: the archive and an entity's history, filtered, page by page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.domain.change import Fact, change
from penstock.domain.events import Event, EventType
from penstock.errors import QueryRefused
from penstock.ports import EventPage
from penstock.queries.events import LOOKED_AT, EventQuery, ListEvents
from penstock.testing.clock import NOON
from penstock.testing.ports.samples import accepted, dispute, first

SUCCEEDED, PARKED = EventType.payment_succeeded, EventType.payment_parked


class Bench:
    """A ledger with events, and the query over it."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.events: list[Event] = []

    async def tell(self, entity: Any, *types: EventType, seconds: int = 0) -> None:
        """Commit a new entity and then those events of it, a second apart."""
        made = first(entity).entity
        await self.ledger.commit(first(entity))
        for number, kind in enumerate(types):
            told = change(
                made,
                replace(made),
                [Fact(kind, {})],
                now=NOON + timedelta(seconds=seconds + number),
                new_id=lambda: f"e-{len(self.events)}",
            )
            await self.ledger.commit(told)
            made = told.entity
            self.events += told.events

    async def page(self, **asked: Any) -> EventPage:
        return await ListEvents(self.ledger)(EventQuery(**asked))

    async def pages(self, **asked: Any) -> list[list[str]]:
        read: list[list[str]] = []
        cursor = None
        while True:
            page = await self.page(**asked, cursor=cursor)
            read.append([one.id for one in page.events])
            cursor = page.cursor
            if cursor is None:
                return read

    async def ids(self, **asked: Any) -> list[str]:
        return [one for page in await self.pages(**asked) for one in page]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_type_leaves_out_the_others(bench: Bench):
    await bench.tell(accepted("a"), SUCCEEDED, PARKED, SUCCEEDED, PARKED)

    for limit in (1, 2, 100):
        assert ["e-2", "e-0"] == await bench.ids(type=SUCCEEDED, limit=limit)
    assert [] == await bench.ids(type=EventType.dispute_opened)


async def test_a_page_looks_at_a_bounded_number_of_events_and_the_next_goes_on(bench: Bench):
    await bench.tell(accepted("a"), PARKED, *[SUCCEEDED] * (LOOKED_AT + 5))

    pages = await bench.pages(type=PARKED)

    assert [[], ["e-0"]] == pages


async def test_since_goes_fifteen_minutes_further_back(bench: Bench):
    """
    An event may appear in the archive later than its time; a client drops what it has by id.
    """
    await bench.tell(accepted("a"), SUCCEEDED)
    await bench.tell(accepted("b"), SUCCEEDED, seconds=1)
    since = (NOON + timedelta(minutes=15, seconds=1)).isoformat()

    assert ["e-1"] == await bench.ids(since=since)
    assert ["e-1"] == await bench.ids(since=since, subject="b")
    assert [] == await bench.ids(since=since, subject="a")
    assert ["e-1", "e-0"] == await bench.ids(since="2026-11-02")


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
async def test_a_subjects_history_is_read_to_its_end(bench: Bench, limit: int):
    await bench.tell(accepted("a"), SUCCEEDED, PARKED, SUCCEEDED)
    await bench.tell(accepted("a2"), SUCCEEDED)

    assert ["e-2", "e-1", "e-0"] == await bench.ids(subject="a", limit=limit)
    assert ["e-2", "e-1", "e-0"] == await bench.ids(subject="payment#a", limit=limit)
    assert ["e-2", "e-0"] == await bench.ids(subject="a", type=SUCCEEDED, limit=limit)


async def test_a_subject_of_any_kind_is_found_by_its_id(bench: Bench):
    await bench.tell(dispute(), EventType.dispute_opened)
    identity = dispute().id

    assert ["e-0"] == await bench.ids(subject=identity)
    assert ["e-0"] == await bench.ids(subject=f"dispute#{identity}")
    assert ["e-0"] == await bench.ids(subject=identity, type=EventType.dispute_opened)
    assert [] == await bench.ids(subject=f"payment#{identity}")
    assert [] == await bench.ids(subject="nobody")


async def test_a_history_beyond_a_page_goes_on(bench: Bench):
    await bench.tell(accepted("a"), PARKED, *[SUCCEEDED] * (LOOKED_AT + 5))

    assert [[], ["e-0"]] == await bench.pages(subject="a", type=PARKED)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"type": EventType.dispute_opened, "subject": "payment#a"}, "type"),
        ({"since": "soon"}, "since"),
        ({"cursor": "bm90b3Vycw"}, "cursor"),
        ({"cursor": "bm90b3Vycw", "subject": "a"}, "cursor"),
    ],
)
async def test_what_cannot_be_listed_is_refused_by_the_parameters_name(
    bench: Bench, asked: dict[str, Any], field: str
):
    with pytest.raises(QueryRefused) as refused:
        await bench.page(**asked)

    assert field == refused.value.field


async def test_a_cursor_of_another_subject_is_refused(bench: Bench):
    await bench.tell(accepted("a"), SUCCEEDED, PARKED)
    cursor = (await bench.page(subject="a", limit=1)).cursor

    with pytest.raises(QueryRefused) as refused:
        await bench.page(subject="b", cursor=cursor)

    assert "cursor" == refused.value.field


async def test_the_earliest_time_there_is_lists_everything(bench: Bench):
    await bench.tell(accepted("a"), SUCCEEDED)

    assert ["e-0"] == await bench.ids(since="0001-01-01")
