"""A capture that is pending or declined, and what the buyer can do about it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import (
    PaymentStatus,
)
from penstock.domain.events import Event
from penstock.domain.rules.buyer import Standpoint
from tests.unit.pipeline.approving import approved, paid
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import DECLINED, LIFE


async def test_a_pending_capture_is_told_and_later_succeeds_by_its_notification():
    store = await approved()
    store.till.takes = PaymentStatus.pending
    await store.back()
    await store.work()
    returned = await store.back(arrived=False)
    assert returned is not None
    pending = (returned.view.standpoint, returned.view.because)

    store.till.settle(PaymentStatus.succeeded)
    await store.tell("completed")

    assert (Standpoint.pending, "ECHECK") == pending
    await paid(store)
    assert ["payment.pending", "payment.succeeded"] == await store.told()


async def test_a_pending_capture_that_is_denied_is_declined_for_good():
    store = await approved()
    store.till.takes = PaymentStatus.pending
    await store.back()
    await store.work()
    store.till.settle(PaymentStatus.declined)

    await store.tell("denied")
    store.clock.advance(6)
    returned = await store.back()

    assert returned is not None
    assert (Standpoint.failed, None) == (returned.view.standpoint, returned.approve)
    assert ["payment.pending", "payment.declined"] == await store.told()
    assert 1 == len(store.till.captures)


async def test_a_capture_that_is_declined_at_once_is_declined_for_good():
    store = await approved()
    store.till.takes = PaymentStatus.declined
    await store.back()

    await store.work()

    assert (PaymentStatus.declined, None) == (
        (await store.payment()).status,
        (await store.payment()).due_at,
    )
    assert ["payment.declined"] == await store.told()


class TestADeclinedMeansOfPayment:
    async def declined(self) -> Store:
        store = await approved()
        store.till.capture_answers = [DECLINED]
        await store.back()
        await store.work()
        return store

    async def test_is_told_with_the_time_until_which_the_buyer_may_try_again(self):
        store = await self.declined()

        (message,) = await store.events.receive(10, 0)
        event = Event.loads(message.body)
        held = await store.payment()
        assert held.approval is not None
        assert held.approval.expires_at is not None
        until = held.approval.expires_at.isoformat().replace("+00:00", "Z")
        assert ("payment.declined", "INSTRUMENT_DECLINED", until) == (
            event.type,
            event.data["reason"],
            event.data["retry_until"],
        )

    async def test_leaves_the_address_of_approval_on_the_page(self):
        store = await self.declined()

        returned = await store.back(arrived=False)

        assert returned is not None
        assert (Standpoint.failed, "https://till.test/approve/C-1") == (
            returned.view.standpoint,
            returned.approve,
        )

    async def test_is_not_tried_again_by_a_page_that_looks_for_news(self):
        store = await self.declined()

        for _ in range(3):
            store.clock.advance(6)
            await store.back(arrived=False)
        await store.tell("approved", at=store.clock.now() - timedelta(minutes=5))

        assert 1 == len(await store.captures())

    @pytest.mark.parametrize("by", ["return", "notification"])
    async def test_is_captured_under_another_id_once_the_buyer_approves_again(self, by: str):
        store = await self.declined()
        store.clock.advance(30)

        if by == "return":
            await store.back(arrived=True)
        else:
            await store.tell("approved")
            store.clock.advance(61)
            await store.sweep()
        await store.work()

        first, second = store.till.captures
        assert first.operation_id != second.operation_id
        await paid(store)
        assert ["payment.declined", "payment.succeeded"] == await store.told()

    async def test_is_tried_ten_times_at_most(self):
        store = await approved()
        for _ in range(15):
            store.till.capture_answers = [DECLINED]
            store.clock.advance(30)
            await store.back(arrived=True)
            await store.work()

        returned = await store.back(arrived=True)

        assert returned is not None
        assert (10, None) == (len(store.till.captures), returned.approve)

    async def test_expires_with_its_checkout(self):
        store = await self.declined()
        store.clock.advance(LIFE.total_seconds() + 600)

        await store.sweep()

        assert PaymentStatus.expired is (await store.payment()).status
        assert ["payment.declined", "payment.expired"] == await store.told()
