"""A checkout that nobody approves in time expires once."""

from __future__ import annotations

from penstock.api import (
    Closed,
    GatewayUnavailable,
    PaymentStatus,
    Unanswered,
)
from penstock.domain.rules.buyer import Standpoint
from tests.unit.pipeline.approving import approved, opened, paid, standpoint
from tests.unit.pipeline.till import LIFE


class TestAnAbandonedCheckout:
    async def test_expires_when_its_time_is_up_and_says_so_once(self):
        store = await opened()
        store.clock.advance(LIFE.total_seconds() + 240)
        assert [] == await store.sweep()
        store.clock.advance(120)

        await store.sweep()
        await store.sweep()

        held = await store.payment()
        assert (PaymentStatus.expired, None) == (held.status, held.due_at)
        assert ["payment.expired"] == await store.told()

    async def test_is_read_first_and_captured_if_the_buyer_has_approved(self):
        store = await approved()
        store.clock.advance(LIFE.total_seconds() + 400)
        await store.sweep()
        store.clock.advance(61)
        await store.sweep()

        await store.work()

        await paid(store)

    async def test_that_the_gateway_shows_no_longer_expires(self):
        store = await opened()
        store.till.held.clear()
        store.clock.advance(LIFE.total_seconds() + 400)

        await store.sweep()

        assert PaymentStatus.expired is (await store.payment()).status

    async def test_waits_for_a_gateway_that_does_not_answer(self):
        store = await opened()
        store.till.down = GatewayUnavailable("no answer")
        store.clock.advance(LIFE.total_seconds() + 400)

        await store.sweep()

        assert PaymentStatus.approval_pending is (await store.payment()).status
        store.till.down = None
        store.clock.advance(120)
        await store.sweep()
        assert PaymentStatus.expired is (await store.payment()).status

    async def test_is_not_captured_by_an_approval_that_comes_later(self):
        store = await opened()
        store.clock.advance(LIFE.total_seconds() + 400)
        await store.sweep()

        store.till.approve()
        await store.tell("approved")
        shown = await standpoint(store, arrived=True)
        store.clock.advance(61)
        await store.sweep()
        await store.work()

        assert (Standpoint.expired, []) == (shown, store.till.captures)
        assert ["payment.expired"] == await store.told()

    async def test_that_the_gateway_closes_expires_at_the_notification(self):
        store = await opened()
        store.till.close()

        await store.tell("approved")

        assert PaymentStatus.expired is (await store.payment()).status
        assert ["payment.expired"] == await store.told()

    async def test_that_is_closed_while_it_is_captured_expires(self):
        store = await approved()
        store.till.capture_answers = [Closed("ORDER_EXPIRED")]
        await store.back()

        await store.work()

        held = await store.payment()
        assert (PaymentStatus.expired, "ORDER_EXPIRED") == (held.status, held.reason)

    async def test_does_not_expire_while_its_capture_is_in_doubt(self):
        store = await approved()
        store.till.capture_answers = [Unanswered("lost")]
        store.till.captures_before_answering = True
        await store.back()
        await store.work()
        store.till.down = GatewayUnavailable("no answer")
        for _ in range(5):
            store.clock.advance(3600)
            await store.sweep()
        assert PaymentStatus.unknown is (await store.payment()).status

        store.till.down = None
        store.clock.advance(3600)
        await store.sweep()

        await paid(store)
