"""Late, repeated and shuffled events end in the same rows, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from penstock.api import Attempt, Delivered, Event
from penstock.testing import NOON
from tests.depth import examples
from tests.plugins.postgres.conftest import Make
from tests.plugins.postgres.lifecycles import lifecycles
from tests.plugins.postgres.tables import dump, empty, read

pytestmark = pytest.mark.postgres
FIRST = Attempt(1)
# The fixtures are the same for all examples: each begins with empty tables.
_SHARED = [HealthCheck.function_scoped_fixture]


@settings(max_examples=examples(60), deadline=None, suppress_health_check=_SHARED)
@given(told=lifecycles(), data=st.data())
async def test_late_repeated_and_shuffled_events_end_in_the_same_rows(
    make: Make, database: Any, schema: str, told: Sequence[Event], data: st.DataObject
) -> None:
    # Closed however an example ends: hypothesis gives some up half-way.
    async with AsyncExitStack() as opened:
        sink, *others = [made(make, opened) for _ in range(3)]
        await begin(sink, database, schema)
        for event in told:
            assert Delivered() == await sink.deliver(event, FIRST)
        in_order = await dump(database, schema)
        repeated = data.draw(st.lists(st.sampled_from(told), max_size=len(told)), "repeated")
        shuffled = data.draw(st.permutations([*told, *repeated]), "shuffled")
        await empty(database, schema)

        # Several at once, as groups of a batch are handled and as two hosts would.
        for at in range(0, len(shuffled), 4):
            answers = await asyncio.gather(
                *(
                    others[number % 2].deliver(event, FIRST)
                    for number, event in enumerate(shuffled[at : at + 4])
                )
            )
            assert {Delivered()} == set(answers)

        assert in_order == await dump(database, schema)


@settings(max_examples=examples(30), deadline=None, suppress_health_check=_SHARED)
@given(told=lifecycles(restored=False))
async def test_what_went_back_adds_up_to_what_the_payment_says(
    make: Make, database: Any, schema: str, told: Sequence[Event]
) -> None:
    async with AsyncExitStack() as opened:
        sink = made(make, opened)
        await begin(sink, database, schema)
        for event in reversed(told):
            await sink.deliver(event, FIRST)
    newest = {event.entity: event.data for event in told}

    refunds = await read(database, schema, "refunds")
    for payment in await read(database, schema, "payments"):
        signs = {"refunded": 1, "reversed": 1, "restored": -1}
        own = [one for one in refunds if one["payment_id"] == payment["id"]]
        shown = newest[payment["id"]]

        assert payment["refunded"] == sum(signs[one["kind"]] * one["amount"] for one in own)
        assert shown["status"] == payment["status"]
        assert paid_at(told, payment["id"]) == payment["paid_at"]
        assert shown["amount"] == {"minor": payment["amount"], "currency": payment["currency"]}


def paid_at(told: Sequence[Event], payment: str) -> datetime | None:
    """When the first event said that the money is there."""
    without = ("pending", "declined")
    own = [one for one in told if one.entity == payment and one.data["status"] not in without]
    return min((one.time for one in own), default=None)


def made(make: Make, opened: AsyncExitStack) -> Any:
    """A sink that is closed with the rest."""
    sink = make()
    opened.push_async_callback(sink.close)
    return sink


async def begin(sink: Any, database: Any, schema: str) -> None:
    """Empty tables; the first delivery makes them."""
    event = Event("first", "thing.unheard_of", "thing-1", "example", 1, NOON, {})
    assert Delivered() == await sink.deliver(event, FIRST)
    await empty(database, schema)
