"""A capture whose answer was lost or refused is read before it is repeated."""

from __future__ import annotations

import pytest

from penstock.api import (
    CaptureAnswer,
    CaptureRequest,
    Critical,
    NotSent,
    PaymentStatus,
    Refused,
    Unanswered,
)
from penstock.domain.change import change
from penstock.domain.operation import OperationKind, OperationState
from penstock.pipeline.capture import Capture
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.pipeline.approving import SUCCEEDED, approved, paid, standpoint
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import DECLINED, PAYMENT


class TestALostAnswer:
    async def lost(self, *, taken: bool) -> Store:
        store = await approved()
        store.till.capture_answers = [Unanswered("lost")]
        store.till.captures_before_answering = taken
        await store.back()
        await store.work()
        return store

    async def test_is_unknown_until_the_checkout_is_read(self):
        store = await self.lost(taken=True)
        assert PaymentStatus.unknown is (await store.payment()).status
        store.clock.advance(200)

        await store.work()

        assert 1 == len(store.till.captures)
        await paid(store)
        assert SUCCEEDED == await store.told()

    async def test_is_captured_under_the_same_id_if_nothing_was_taken(self):
        store = await self.lost(taken=False)
        store.clock.advance(200)

        await store.work()

        first, second = store.till.captures
        assert first == second
        await paid(store)

    async def test_is_found_by_the_sweep_which_submits_nothing(self):
        store = await self.lost(taken=False)
        for _ in range(4):
            store.clock.advance(600)
            await store.sweep()
        assert 1 == len(store.till.captures)

        store = await self.lost(taken=True)
        store.clock.advance(600)
        await store.sweep()

        assert 1 == len(store.till.captures)
        await paid(store)

    async def test_that_a_notification_overtakes_is_told_once(self):
        store = await self.lost(taken=True)

        await store.tell("completed")
        store.clock.advance(200)
        await store.work()

        await paid(store)
        (capture,) = await store.captures()
        assert OperationState.succeeded is capture.state
        assert SUCCEEDED == await store.told()

    async def test_whose_repeat_is_turned_down_is_read_before_it_is_believed(self):
        store = await self.lost(taken=False)
        store.till.captures_before_answering = True
        store.till.capture_answers = [DECLINED]
        store.clock.advance(200)

        await store.work()

        await paid(store)


async def test_what_was_certainly_not_sent_comes_back_under_the_same_id():
    store = await approved()
    store.till.capture_answers = [NotSent("rate limit", 7)]
    await store.back()
    await store.work()
    assert PaymentStatus.approval_pending is (await store.payment()).status
    store.clock.advance(200)

    await store.work()

    assert 1 == len({one.operation_id for one in store.till.captures})
    await paid(store)


@pytest.mark.parametrize("answer", [Refused("no permission"), Critical("not ours")])
async def test_what_people_must_look_at_is_parked_and_said(answer: Refused | Critical):
    store = await approved()
    store.till.capture_answers = [answer]
    await store.back()

    (result,) = await store.work()

    assert ("parked", PaymentStatus.parked) == (result.status, (await store.payment()).status)
    assert ["payment.parked"] == await store.told()


async def test_a_message_for_a_capture_that_is_not_there_is_parked():
    store = await approved()
    stage = store.dispatch.stages[Action.capture]
    assert isinstance(stage, Capture)
    for asked in (
        ActionMessage(PAYMENT, "till", Action.capture, "none"),
        ActionMessage("pay-9", "till", Action.capture, "none"),
    ):
        with pytest.raises(Exception, match="no such capture"):
            await stage(asked)


@pytest.mark.parametrize(
    ("ours", "left"), [(True, OperationState.succeeded), (False, OperationState.declined)]
)
async def test_an_answer_stands_though_somebody_wrote_the_payment_unless_they_wrote_the_capture(
    ours: bool, left: OperationState
):
    store = await approved()
    await standpoint(store, arrived=True)
    capture = store.till.capture_checkout

    async def interrupted(request: CaptureRequest) -> CaptureAnswer:
        held = await store.payment()
        operation = held.operation(OperationKind.capture)
        assert operation is not None
        theirs = operation if ours else operation.settle(OperationState.declined)
        decided = change(
            held, held.with_operation(theirs), now=store.clock.now(), new_id=store.ids.new
        )
        await store.ledger.commit(decided)
        return await capture(request)

    store.till.capture_checkout = interrupted  # type: ignore[method-assign]  # somebody writes meanwhile
    (result,) = await store.work()

    (operation,) = await store.captures()
    assert ("done", 1, left) == (result.status, len(store.till.captures), operation.state)
