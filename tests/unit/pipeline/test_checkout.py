"""A checkout from the buyer's approval to its end: captured once, told apart, expired."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    Closed,
    Critical,
    GatewayUnavailable,
    Money,
    NotSent,
    PaymentStatus,
    Refused,
    Standing,
    Transaction,
    Unanswered,
)
from penstock.domain.change import change
from penstock.domain.events import Event
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.rules.buyer import Standpoint
from penstock.pipeline.capture import Capture
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.pipeline.till import CAPTURE, DECLINED, LIFE, NOON, PAYMENT, Store

SUCCEEDED = ["payment.succeeded"]


async def opened() -> Store:
    store = Store()
    await store.pay()
    return store


async def approved() -> Store:
    store = await opened()
    store.till.approve()
    return store


async def standpoint(store: Store, *, arrived: bool = False) -> Standpoint:
    returned = await store.back(arrived=arrived)
    assert returned is not None
    return returned.view.standpoint


async def paid(store: Store) -> Payment:
    """The payment, which must have been captured once."""
    held = await store.payment()
    assert (PaymentStatus.succeeded, ["CAP-1"]) == (held.status, store.till.moved)
    assert ["CAP-1"] == [one.id for one in held.transactions]
    return held


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


@pytest.mark.parametrize("changed", ["checkout", "payment", "amount"])
async def test_a_capture_that_is_not_certainly_the_payments_is_no_success(changed: str):
    store = await approved()
    await store.back()
    await store.till.capture_checkout(CAPTURE)
    seen = store.till.held["C-1"]
    assert seen.money is not None
    other = replace(seen.money.transaction, amount=Money(1, "EUR"))
    wrong = {
        "checkout": replace(seen, reference="C-9"),
        "payment": replace(seen, payment_id="pay-9"),
        "amount": replace(seen, money=replace(seen.money, transaction=other)),
    }[changed]
    store.till.capture_answers = [Captured(wrong)]

    (result,) = await store.work()

    held = await store.payment()
    assert ("parked", PaymentStatus.parked, ()) == (
        result.status,
        held.status,
        held.transactions,
    )


async def test_money_of_another_checkout_counts_for_nothing():
    store = await approved()
    store.till.requests.append(replace(store.till.requests[0], operation_id="other"))
    await store.till.open_checkout(store.till.requests[-1])
    store.till.approve("C-2")
    await store.till.capture_checkout(replace(CAPTURE, reference="C-2"))

    await store.tell("completed", checkout="C-2")

    held = await store.payment()
    assert (PaymentStatus.approval_pending, ()) == (held.status, held.transactions)
    assert "payment.succeeded" not in await store.told()


async def test_what_goes_back_of_the_own_capture_counts_though_it_names_no_checkout():
    store = await approved()
    await store.back()
    await store.work()
    store.till.refunds = (
        Transaction("RE-1", "refund", PaymentStatus.refunded, Money(500, "EUR"), NOON),
    )

    await store.tell("refunded", shown=None)

    held = await store.payment()
    assert (PaymentStatus.partially_refunded, Money(500, "EUR")) == (held.status, held.refunded)
    assert [*SUCCEEDED, "payment.refunded"] == await store.told()


async def test_a_notification_of_another_amount_than_the_payments_counts_for_nothing():
    store = await approved()
    await store.till.capture_checkout(CAPTURE)
    seen = store.till.held["C-1"]
    assert seen.money is not None
    less = replace(seen.money.transaction, amount=Money(1, "EUR"))
    store.till.held["C-1"] = replace(seen, money=replace(seen.money, transaction=less))

    await store.tell("completed")

    held = await store.payment()
    assert (PaymentStatus.approval_pending, ()) == (held.status, held.transactions)
    assert "payment.succeeded" not in await store.told()


async def test_a_notification_makes_no_payment_of_an_id_that_is_ours():
    store = Store()
    stranger = "pay-" + "0" * 32

    await store.tell("completed", payment=stranger)

    assert await store.ledger.load(Payment, stranger) is None
    assert 0 == store.till.reads


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
