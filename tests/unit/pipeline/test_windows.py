"""A span of a gateway's list is walked to its end, wherever its pages end."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import Listed
from penstock.pipeline.windows import Window, walk
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.listing import SURE, Keeps, Listing, at, made

HOUR = 3_600_000
"""Milliseconds."""
spread = st.lists(st.integers(0, HOUR), max_size=60)
crowded = st.lists(st.integers(0, 3), max_size=40).map(lambda s: [n * 1000 + 500 for n in s])

both = st.tuples(spread, crowded).map(lambda two: two[0] + two[1])


async def walked(gateway: Listing, **span: float) -> list[Window]:
    return [one async for one in walk(gateway, NOON, at(**(span or {"hours": 1})))]


def seen(windows: list[Window]) -> set[str]:
    return {one.id for window in windows for one in window.notifications}


# The host may be busy: how long an example takes says nothing.
@settings(deadline=None)
@given(
    moments=st.one_of(
        spread, crowded, st.tuples(spread, crowded).map(lambda two: two[0] + two[1])
    ),
    most=st.integers(SURE, 25),
    newest_first=st.booleans(),
    keeps=st.sampled_from(Keeps),
)
async def test_every_notification_of_a_span_is_seen_unless_the_list_is_said_to_be_cut(
    moments: list[int], most: int, newest_first: bool, keeps: Keeps
):
    events = [made(n, at(milliseconds=ms)) for n, ms in enumerate(moments)]
    gateway = Listing(made=events, most=most, newest_first=newest_first, keeps=keeps)

    windows = await walked(gateway)

    assert {one.id for one in events} == seen(windows) or any(one.cut for one in windows)


@settings(deadline=None)
@given(moments=spread, most=st.integers(SURE, 25), first=st.integers(0, HOUR))
async def test_the_parts_after_a_moment_come_first_and_none_is_left_out(
    moments: list[int], most: int, first: int
):
    events = [made(n, at(milliseconds=ms)) for n, ms in enumerate(moments)]
    gateway = Listing(made=events, most=most)

    windows = [one async for one in walk(gateway, NOON, at(hours=1), at(milliseconds=first))]

    assert {one.id for one in events} == seen(windows) or any(one.cut for one in windows)
    if len(windows) > 1:
        begins = [one.since for one in windows]
        late = [one for one in begins if one >= at(milliseconds=first)]
        assert sorted(late) + sorted(set(begins) - set(late)) == begins


@settings(deadline=None)
@given(moments=spread, most=st.integers(SURE, 25))
async def test_the_parts_of_a_span_come_oldest_first_and_leave_nothing_between(
    moments: list[int], most: int
):
    events = [made(n, at(milliseconds=ms)) for n, ms in enumerate(moments)]

    windows = await walked(Listing(made=events, most=most))

    borders = [(one.since, one.until) for one in windows]
    assert (NOON, at(hours=1)) == (borders[0][0], borders[-1][1])
    assert [until for _, until in borders[:-1]] == [since for since, _ in borders[1:]]


async def test_a_page_that_is_surely_whole_is_asked_for_once():
    gateway = Listing(made=[made(n, at(minutes=n)) for n in range(SURE - 1)])

    (window,) = await walked(gateway)

    assert (SURE - 1, 1) == (len(window.notifications), len(gateway.asked))


async def test_a_page_that_may_be_cut_is_compared_with_its_halves():
    gateway = Listing(made=[made(n, at(minutes=n)) for n in range(50)], most=1000)

    windows = await walked(gateway)

    assert (50, 3) == (len(seen(windows)), len(gateway.asked))


@pytest.mark.parametrize("newest_first", [False, True])
async def test_a_page_that_is_full_of_what_cannot_be_read_may_be_cut(newest_first: bool):
    """
    It shows fewer that can be read than another page did, and is as full.
    """
    early = [made(n, at(minutes=5, seconds=n)) for n in range(20)]
    late = [made(100 + n, at(minutes=45, seconds=n)) for n in range(40)]
    gateway = Listing(
        made=early + late,
        most=20,
        newest_first=newest_first,
        unreadable=frozenset({"WH-100", "WH-139"}),
    )

    windows = await walked(gateway)

    assert {one.id for one in early + late[1:-1]} == seen(windows)


async def test_a_border_at_a_second_that_many_share_belongs_to_both_halves():
    crowd = [made(n, at(minutes=30)) for n in range(20)]
    gateway = Listing(made=crowd, most=20)

    windows = await walked(gateway)

    assert 20 == len(seen(windows))


async def test_a_second_that_fills_a_page_is_parted_into_milliseconds():
    crowd = [made(n, at(minutes=10, milliseconds=20 * n)) for n in range(50)]

    windows = await walked(Listing(made=crowd, most=SURE))

    assert (50, False) == (len(seen(windows)), any(one.cut for one in windows))


async def test_a_moment_that_fills_a_page_is_said_to_be_cut():
    gateway = Listing(made=[made(n, at(minutes=10)) for n in range(30)], most=20)

    windows = await walked(gateway)

    (cut, *_) = [one for one in windows if one.cut]
    assert (20, True) == (len(seen(windows)), cut.since <= at(minutes=10) <= cut.until)
    assert cut.until - cut.since <= timedelta(milliseconds=10)
    assert len(gateway.asked) < 150


@pytest.mark.parametrize(
    ("begins", "ends", "middle"),
    [
        (0, 3600, 1800),
        (0, 3, 1),
        (0, 1, 0.5),
        (0.5, 1.5, 1),
        (0.5, 2.5, 1),
        (0.7, 1.5, 1.1),
        (0.8, 1.8, 1),
        (0.7, 1.9, 1),
        (0.2, 1.1, 0.65),
    ],
)
async def test_a_span_is_halved_at_a_whole_second_where_it_is_long_enough(
    begins: float, ends: float, middle: float
):
    crowd = [made(n, at(seconds=ends)) for n in range(SURE)]
    gateway = Listing(made=crowd, most=SURE)
    walking = walk(gateway, at(seconds=begins), at(seconds=ends))

    await anext(walking)

    first, second = at(seconds=begins), at(seconds=middle)
    assert [(first, at(seconds=ends)), (first, second)] == gateway.asked[:2]


@pytest.mark.parametrize(("milliseconds", "asks"), [(10, 1), (11, 3)])
async def test_a_span_of_ten_milliseconds_is_not_halved_any_more(milliseconds: int, asks: int):
    crowd = [made(n, at(milliseconds=5)) for n in range(SURE)]
    gateway = Listing(made=crowd, most=SURE)

    windows = await walked(gateway, milliseconds=milliseconds)

    assert (asks, True) == (len(gateway.asked), windows[-1].cut or windows[0].cut)


@pytest.mark.parametrize("first", [0, 60])
async def test_a_moment_at_the_border_of_a_span_parts_nothing(first: float):
    gateway = Listing(made=[made(n, at(minutes=n)) for n in range(50)], most=1000)

    windows = [one async for one in walk(gateway, NOON, at(hours=1), at(minutes=first))]

    assert [(NOON, at(minutes=30)), (at(minutes=30), at(hours=1))] == [
        (one.since, one.until) for one in windows
    ]


async def test_a_page_as_long_as_the_longest_so_far_may_be_cut_too():
    """
    The late half holds as many as the whole page showed: it is asked for in halves again.
    """
    gateway = Listing(made=[made(n, at(minutes=40, seconds=n)) for n in range(30)], most=20)

    windows = await walked(gateway)

    assert 30 == len(seen(windows))


class Unsure(Listing):
    """Shows one notification at a time, and is never sure that this was all."""

    async def list_notifications(self, since: datetime, until: datetime) -> Listed:
        listed = await super().list_notifications(since, until)
        return replace(listed, whole=False)


async def test_a_page_of_nothing_is_not_asked_for_in_halves():
    gateway = Unsure()

    assert [Window(NOON, at(hours=1), [], cut=False)] == await walked(gateway)
    assert 1 == len(gateway.asked)


async def test_a_page_of_one_may_be_cut():
    gateway = Unsure(made=[made(n, at(minutes=10 * n)) for n in range(6)], most=1)

    assert 6 == len(seen(await walked(gateway)))
