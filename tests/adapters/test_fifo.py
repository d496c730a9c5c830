"""The quick queue hands out what a plain one would, whatever is done to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.adapters.memory.fifo import Fifo
from tests.depth import examples

START = datetime(2026, 11, 2, 12, tzinfo=UTC)
VISIBILITY = timedelta(seconds=30)
WORN = 3


class Plain:
    """The rules, by looking through everything each time."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put(self, name: str, group: str) -> None:
        self.entries.append({"name": name, "group": group, "receives": 0, "until": START})

    def take(self, limit: int, now: datetime) -> list[dict[str, Any]]:
        blocked = {one["group"] for one in self.entries if now < one["until"]}
        free = [one for one in self.entries if one["group"] not in blocked][:limit]
        for one in free:
            one["receives"] += 1
            one["until"] = now + VISIBILITY
        return free

    def exhausted(self, now: datetime) -> list[dict[str, Any]]:
        worn = [one for one in self.entries if one["receives"] >= WORN and now >= one["until"]]
        self.entries = [one for one in self.entries if one not in worn]
        return worn

    def count(self, now: datetime) -> tuple[int, int]:
        out = sum(now < one["until"] for one in self.entries)
        return len(self.entries) - out, out

    def next_return(self, now: datetime) -> datetime | None:
        return min((one["until"] for one in self.entries if now < one["until"]), default=None)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.sampled_from("abc")),
        st.tuples(st.just("take"), st.integers(1, 10)),
        st.tuples(st.just("delete"), st.integers(0, 9)),
        st.tuples(st.just("postpone"), st.integers(0, 9), st.sampled_from([0, 5, 60])),
        st.tuples(st.just("wait"), st.sampled_from([1, 5, 30, 31])),
        st.tuples(st.just("exhausted")),
    ),
    max_size=60,
)


@settings(max_examples=examples(150), deadline=None)
@given(STEPS)
def test_it_hands_out_what_a_plain_queue_would(steps):
    """
    The same messages in the same order, the same receipts good and stale, the same counts.
    """
    quick, plain, now, taken = Fifo(), Plain(), START, []
    for number, (step, *how) in enumerate(steps):
        match step, how:
            case "put", [group]:
                quick.put(group, str(number), str(number), {}, now)
                plain.put(str(number), group)
            case "take", [limit]:
                ours, theirs = quick.take(limit, now, VISIBILITY), plain.take(limit, now)
                assert [one["name"] for one in theirs] == [one.body for one in ours]
                assert [one["receives"] for one in theirs] == [one.receives for one in ours]
                taken += zip(ours, theirs, strict=True)
            case "delete" | "postpone", [which, *delay] if which < len(taken):
                message, entry = taken[which]
                held = quick.held(message.receipt, now)
                good = entry in plain.entries and now < entry["until"]
                assert (good and entry["receives"] == message.receives) == (held is not None)
                if held and delay:
                    quick.postpone(held, now + timedelta(seconds=delay[0]))
                    entry["until"] = now + timedelta(seconds=delay[0])
                elif held:
                    quick.remove(held)
                    plain.entries.remove(entry)
            case "wait", [seconds]:
                now += timedelta(seconds=seconds)
            case "exhausted", []:
                worn = plain.exhausted(now)
                assert {one["name"] for one in worn} == {
                    one.body for one in quick.exhausted(WORN, now)
                }
        assert plain.count(now) == quick.count(now)
        assert plain.next_return(now) == quick.next_return(now)


def test_a_long_queue_costs_no_more_than_a_short_one():
    """
    What a message costs is counted in looks at entries, not in seconds.
    """
    looks = []
    for depth in (100, 10_000):
        quick = Fifo()
        for number in range(depth):
            quick.put(f"g{number}", str(number), "", {}, START)
        counted = Counting(quick._entries)
        quick._entries = counted
        (message,) = quick.take(1, START, VISIBILITY)
        held = quick.held(message.receipt, START)
        quick.remove(held)
        quick.exhausted(WORN, START)
        looks.append(counted.looks)

    assert looks[0] == looks[1]


class Counting(dict):
    """A dictionary that counts how often it is asked."""

    looks = 0

    def get(self, *key):
        self.looks += 1
        return super().get(*key)

    def values(self):
        self.looks += len(self)
        return super().values()
