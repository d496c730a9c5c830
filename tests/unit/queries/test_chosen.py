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
from penstock.queries.chosen import Chosen, Following, chosen_events
from penstock.testing.clock import NOON, FrozenClock


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
