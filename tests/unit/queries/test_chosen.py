"""Events of a period, all of them, and new ones as they come."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.events import Event
from penstock.domain.money import Money
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.queries.chosen import Chosen, Following, chosen_events, in_parts
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.ports.samples import accepted, first, step

DAY = timedelta(days=1)


def declined(number: int) -> list[Change[Payment]]:
    """A payment that was declined at noon, `number` hours later."""
    at = NOON + timedelta(hours=number)
    name = f"p-{number:03}"
    first = rules.accept(
        name, "acme", Order(Money(1250, "USD")), now=at, new_id=lambda: f"e-{name}"
    )
    charge = first.entity.operation(OperationKind.charge)
    assert charge is not None
    second = rules.settle(
        first.entity,
        charge.settle(OperationState.declined, reason="no"),
        PaymentStatus.declined,
        now=at,
        new_id=lambda: f"e-{name}",
        reason="no",
    )
    return [first, second]


async def archive(count: int) -> MemoryLedger:
    ledger = MemoryLedger()
    for number in range(count):
        for change in declined(number):
            await ledger.commit(change)
    return ledger


async def ids(ledger: MemoryLedger, chosen: Chosen) -> list[str]:
    return [event.id async for event in chosen_events(ledger, chosen)]


@pytest.mark.parametrize("size", [1, 7, 50, 100, 1000])
async def test_parts_hold_each_event_once_oldest_first(size: int):
    ledger = await archive(100)
    since, until = NOON + timedelta(hours=5), NOON + timedelta(hours=94)
    parts = [part async for part in in_parts(ledger, Chosen(since, until), size)]

    found = [event.id for part in parts for event in part]
    assert [f"e-p-{number:03}" for number in range(5, 95)] == found
    assert 2 * size >= max(map(len, parts))


async def test_nothing_chosen_is_one_empty_part():
    parts = [part async for part in in_parts(await archive(1), Chosen(until=NOON - DAY), 1)]

    assert [[]] == parts


async def test_a_part_has_an_earlier_event_of_an_entity_whose_host_had_a_fast_clock():
    ledger, payment = await archive(4), accepted("p-x")
    hour = timedelta(hours=1)
    first_change = first(payment)
    await ledger.commit(first_change)
    fast = step(first_change.entity, 1, at=hour + timedelta(seconds=30))
    await ledger.commit(fast)
    await ledger.commit(step(fast.entity, 1, at=hour))
    parts = [part async for part in in_parts(ledger, Chosen(), 2)]

    found = [event.id for part in parts for event in part]
    assert 1 < len(parts)
    assert ["p-x/1", "p-x/2"] == [one for one in found if one.startswith("p-x")]
    assert 6 == len(found) == len(set(found))


async def test_all_pages_of_the_archive_are_gone_through():
    ledger = await archive(250)

    found = await ids(ledger, Chosen())

    assert (250, "e-p-249", "e-p-000") == (len(found), found[0], found[-1])


async def test_a_period_holds_its_two_ends():
    ledger = await archive(10)
    since, until = NOON + timedelta(hours=2), NOON + timedelta(hours=4)

    assert ["e-p-004", "e-p-003", "e-p-002"] == await ids(ledger, Chosen(since, until))


@pytest.mark.parametrize(("subject", "expected"), [("p-003", 1), ("payment#p-003", 1), ("x", 0)])
async def test_a_subjects_history_is_enough(subject: str, expected: int):
    ledger = await archive(10)

    assert expected == len(await ids(ledger, Chosen(subject=subject)))


async def test_types_leave_out_the_others():
    ledger = await archive(3)

    assert [] == await ids(ledger, Chosen(types=["invoice.paid"]))
    assert 3 == len(await ids(ledger, Chosen(types=["payment.declined", "invoice.paid"])))


async def test_new_events_are_followed_each_once():
    ledger, clock, stop = await archive(1), FrozenClock(), asyncio.Event()
    seen: list[Event] = []

    async def watch() -> None:
        async for event in Following(ledger, clock, Chosen()).until(stop):
            seen.append(event)

    watching = asyncio.create_task(watch())
    await clock.asleep()
    clock.advance(3600 * 5)
    for change in declined(5):
        await ledger.commit(change)
    clock.advance(2)
    await clock.asleep()
    clock.advance(2)
    await clock.asleep()
    stop.set()
    clock.advance(2)
    await watching

    assert ["e-p-000", "e-p-005"] == [one.id for one in seen]
