"""Listing payments: by reference, by subscription, by day; pages, and what is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import Ref
from penstock.errors import QueryRefused
from penstock.ports import Place
from penstock.queries.mark import Mark
from penstock.queries.payments import DAYS_BACK, LOOKED_AT, ListPayments, PaymentPage, PaymentQuery
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.ports.samples import accepted, first


class Bench:
    """A ledger, and the query over it."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.ledger: Any = Counted()
        self.query = ListPayments(self.ledger, self.clock)

    async def keep(self, names: Iterable[str], **fields: Any) -> None:
        for name in names:
            await self.ledger.commit(
                first(replace(accepted(name), **{"created_at": self.clock.now(), **fields}))
            )

    async def page(self, **asked: Any) -> PaymentPage:
        return await self.query(PaymentQuery(**asked))

    async def pages(self, **asked: Any) -> list[list[str]]:
        """The ids of all pages."""
        read: list[list[str]] = []
        cursor = None
        while True:
            page = await self.page(**asked, cursor=cursor)
            read.append([one.id for one in page.payments])
            cursor = page.cursor
            if cursor is None:
                return read

    async def ids(self, **asked: Any) -> list[str]:
        return [one for page in await self.pages(**asked) for one in page]


class Counted(MemoryLedger):
    """A ledger that counts what is loaded."""

    loaded = 0

    async def find(self, ref: Ref) -> Any:
        self.loaded += 1
        return await super().find(ref)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def ordered(reference: str) -> Any:
    return replace(accepted().order, reference=reference)


async def test_payments_of_a_reference_are_found_whenever_they_were_made(bench: Bench):
    for days, name in ((400, "old"), (1, "new")):
        at = NOON - timedelta(days=days)
        await bench.keep([name], order=ordered("o-1"), created_at=at)
    await bench.keep(["other"], order=ordered("o-2"))

    assert ["new", "old"] == await bench.ids(reference="o-1")
    assert ["new"] == await bench.ids(reference="o-1", since="2026-11-01")
    assert ["new", "old"] == await bench.ids(reference="o-1", status=PaymentStatus.accepted)
    assert [] == await bench.ids(reference="o-1", status=PaymentStatus.succeeded)
    assert [] == await bench.ids(reference="nobody's")


async def test_payments_of_a_subscription_are_found_by_our_id_of_it(bench: Bench):
    await bench.keep(["a"], gateway="paypal", subscription="I-1")
    await bench.keep(["b"], gateway="other", subscription="I-1")
    await bench.keep(["c"], gateway="other-one", subscription="i-1")
    await bench.keep(["d"], gateway="other", subscription="one-i-1")

    assert ["a"] == await bench.ids(subscription="paypal-I-1")
    assert ["b"] == await bench.ids(subscription="other-I-1")
    assert ["d", "c"] == await bench.ids(subscription="other-one-i-1")
    assert [] == await bench.ids(subscription="paypal-I-2")


async def test_pages_of_a_reference_lead_to_its_end(bench: Bench):
    names = [f"p-{number:03}" for number in range(45)]
    await bench.keep(names, order=ordered("o-1"))

    pages = await bench.pages(reference="o-1", limit=20)

    assert [20, 20, 5] == [len(page) for page in pages]
    assert names[::-1] == [one for page in pages for one in page]


async def test_without_a_filter_payments_of_today_are_listed(bench: Bench):
    await bench.keep(["today"])
    await bench.keep(["yesterday"], created_at=NOON - timedelta(days=1))

    assert ["today"] == await bench.ids()
    assert ["today", "yesterday"] == await bench.ids(since="2026-11-01")
    assert ["today"] == await bench.ids(since="2026-11-01T12:00:01Z")
    assert ["today", "yesterday"] == await bench.ids(since="2026-11-01T20:00:00+08:00")
    assert [] == await bench.ids(since="2026-12-24")


async def test_pages_lead_over_days_to_the_day_that_was_asked_for(bench: Bench):
    names: list[str] = []
    for days in (0, 0, 0, 3, 3, 30, 31, 32):
        name = f"p-{len(names)}"
        at = NOON - timedelta(days=days, minutes=len(names))
        await bench.keep([name], created_at=at)
        names.append(name)

    for limit in (1, 2, 3, 7, 100):
        assert names[:-1] == await bench.ids(since="2026-10-02", limit=limit)


async def test_a_status_leaves_out_the_others_and_a_page_looks_at_a_bounded_number(bench: Bench):
    """
    The page ends there, empty, with a cursor; the next one goes on.
    """
    await bench.keep(["wanted"], status=PaymentStatus.parked)
    bench.clock.advance(1)
    await bench.keep(f"p-{number}" for number in range(LOOKED_AT + 10))

    one = await bench.page(status=PaymentStatus.parked)
    looked_at = bench.ledger.loaded
    two = await bench.page(status=PaymentStatus.parked, cursor=one.cursor)

    assert ((), True) == (one.payments, one.cursor is not None)
    assert LOOKED_AT == looked_at
    assert (["wanted"], None) == ([each.id for each in two.payments], two.cursor)


class Rounds(MemoryLedger):
    """A ledger that counts the days it is asked for, and how often nothing else is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.days = self.rounds = self.most = self._under_way = 0

    async def of_day(self, *asked: Any) -> Any:
        self.days += 1
        self.rounds += not self._under_way
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await asyncio.sleep(0)
        self._under_way -= 1
        return await super().of_day(*asked)


async def test_31_empty_days_are_asked_for_side_by_side(bench: Bench):
    bench.ledger = ledger = Rounds()
    bench.query = ListPayments(ledger, bench.clock)
    await bench.keep(["old"], created_at=NOON - timedelta(days=DAYS_BACK))

    assert ["old"] == await bench.ids(since="2026-10-02", status=PaymentStatus.accepted)
    assert (32, True, 8) == (ledger.days, ledger.rounds <= 7, ledger.most)


async def test_a_day_that_fills_a_page_has_no_other_day_asked_for(bench: Bench):
    bench.ledger = ledger = Rounds()
    bench.query = ListPayments(ledger, bench.clock)
    await bench.keep(["a", "b", "c"])

    page = await bench.page(since="2026-10-02", limit=2)

    assert (2, 1) == (len(page.payments), ledger.days)


async def test_the_last_page_has_no_cursor(bench: Bench):
    await bench.keep(["a", "b"])

    assert (await bench.page(limit=2)).cursor is None
    assert (await bench.page(limit=1)).cursor is not None


async def test_a_listing_of_today_that_is_read_on_after_midnight_is_read_to_its_end(bench: Bench):
    await bench.keep(["a", "b"])
    one = await bench.page(limit=1)
    bench.clock.advance(12 * 3600)

    two = await bench.page(limit=1, cursor=one.cursor)

    assert ["b", "a"] == [each.id for page in (one, two) for each in page.payments]


async def test_a_listing_of_31_days_is_read_on_after_midnight(bench: Bench):
    oldest = NOON - timedelta(days=DAYS_BACK)
    await bench.keep(["a", "b"], created_at=oldest)
    since = oldest.date().isoformat()
    one = await bench.page(limit=1, since=since)
    bench.clock.advance(12 * 3600)

    two = await bench.page(limit=1, since=since, cursor=one.cursor)

    assert ["b", "a"] == [each.id for page in (one, two) for each in page.payments]


async def test_what_is_shown_is_as_last_committed(bench: Bench):
    """
    An index holds keys only, and may be behind; the payment is loaded by a consistent read.
    """
    await bench.keep(["a"])
    held = await bench.ledger.load(Payment, "a")
    assert held is not None

    (shown,) = (await bench.page()).payments

    assert held == shown


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"reference": "o-1", "subscription": "paypal-I-1"}, "subscription"),
        ({"subscription": "I-1"}, "subscription"),
        ({"subscription": "paypal-"}, "subscription"),
        ({"since": "2026-10-01"}, "since"),
        ({"since": "1000-01-01"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-11-02T12:34:00"}, "since"),
        ({"since": "2026-02-30"}, "since"),
        ({"since": "9999-12-31T23:59:59-23:00"}, "since"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "aGVsbG8"}, "cursor"),
        ({"cursor": "\u00e9"}, "cursor"),
    ],
)
async def test_what_cannot_be_listed_is_refused_by_the_parameters_name(
    bench: Bench, asked: dict[str, str], field: str
):
    with pytest.raises(QueryRefused) as refused:
        await bench.page(**asked)

    assert field == refused.value.field
    assert not [value for value in asked.values() if value in refused.value.detail]


async def test_a_look_ups_cursor_is_none_of_a_days_listing(bench: Bench):
    await bench.keep(["a", "b"], order=ordered("o-1"))
    cursor = (await bench.page(reference="o-1", limit=1)).cursor

    with pytest.raises(QueryRefused) as refused:
        await bench.page(cursor=cursor)

    assert "cursor" == refused.value.field


async def test_a_made_up_cursor_walks_no_further_back_than_one_may_ask_for(bench: Bench):
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)

    with pytest.raises(QueryRefused):
        await bench.page(cursor=Mark(Place(NOON, "a"), long_ago).text)
