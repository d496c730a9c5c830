"""What a buyer approves is captured once, by whichever way the news of it arrives."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from penstock.api import (
    GatewayUnavailable,
    PaymentStatus,
    Standing,
)
from penstock.domain.operation import OperationKind
from penstock.domain.rules.buyer import Standpoint
from tests.unit.pipeline.approving import SUCCEEDED, approved, opened, paid, standpoint
from tests.unit.pipeline.till import PAYMENT


async def test_a_buyer_who_returns_is_captured_through_the_queue_and_sees_it_is_paid():
    store = await approved()

    waiting = await standpoint(store, arrived=True)
    assert [] == store.till.captures
    await store.work()

    assert (Standpoint.waiting, Standpoint.paid) == (waiting, await standpoint(store))
    held = await paid(store)
    assert held.payer is not None
    assert ("ann@example.org", "order-7") == (held.payer.email, held.order.reference)
    assert held.due_at is None
    assert SUCCEEDED == await store.told()


async def test_a_buyer_who_closes_the_browser_is_captured_by_the_notification_and_the_sweep():
    store = await approved()

    await store.tell("approved")
    assert [] == await store.work()
    store.clock.advance(61)
    await store.sweep()
    await store.work()

    await paid(store)
    assert SUCCEEDED == await store.told()


async def test_the_request_id_is_the_operations_own():
    store = await approved()
    await store.back()

    await store.work()

    (capture,) = await store.captures()
    (request,) = store.till.captures
    assert (capture.id, PAYMENT, "C-1") == (
        request.operation_id,
        request.payment_id,
        request.reference,
    )
    assert (await store.payment()).operation_id(OperationKind.capture, 1) == capture.id


async def test_returns_and_notifications_in_any_number_reserve_one_capture():
    store = await approved()

    async def page(number: int) -> None:
        store.clock.advance(6)
        await store.back(arrived=bool(number % 2))

    await asyncio.gather(
        *(page(number) for number in range(6)),
        *(store.tell("approved", number) for number in range(6)),
    )
    await store.sweep()
    store.clock.advance(61)
    await store.sweep()
    while await store.work():
        pass

    assert 1 == len(await store.captures())
    assert 1 == len(store.till.captures)
    await paid(store)


async def test_before_the_approval_nothing_is_captured():
    store = await opened()

    assert Standpoint.waiting is await standpoint(store, arrived=True)
    await store.tell("approved")

    assert ([], []) == (await store.captures(), await store.work())


async def test_the_page_asks_the_gateway_at_most_every_five_seconds():
    store = await opened()

    for _ in range(4):
        await store.back(arrived=False)
        store.clock.advance(2)

    assert 2 == store.till.reads


async def test_a_gateway_that_does_not_answer_leaves_the_page_as_it_was():
    store = await approved()
    store.till.down = GatewayUnavailable("no answer")

    assert Standpoint.waiting is await standpoint(store, arrived=True)
    assert [] == await store.captures()


@pytest.mark.parametrize("token", ["p-" + "0" * 32 + "-" + "1" * 32, "p-x", "p-"])
async def test_a_wrong_token_shows_nothing_and_asks_nothing(token: str):
    store = await approved()

    assert None is await store.returning(token, arrived=True)
    assert None is await store.returning(store.token[:-1] + "g", arrived=True)
    assert 0 == store.till.reads


async def test_a_token_is_good_for_a_day():
    store = await opened()
    store.clock.advance(24 * 3600)

    assert None is await store.back()


async def test_an_approval_that_was_taken_back_before_the_capture_waits_for_another():
    store = await approved()
    await store.back()
    store.till.held["C-1"] = replace(store.till.held["C-1"], standing=Standing.open)
    await store.work()
    assert PaymentStatus.approval_pending is (await store.payment()).status

    store.till.approve()
    store.clock.advance(6)
    await store.back()
    await store.work()

    await paid(store)
    assert SUCCEEDED == await store.told()
