"""A capture's answer counts for its own checkout; what is in doubt is read first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from penstock.api import (
    CaptureAnswer,
    Captured,
    CaptureRequest,
    Closed,
    GatewayUnavailable,
    NotApproved,
    PaymentStatus,
    Refused,
    Standing,
    Unanswered,
    Unconfirmable,
)
from penstock.domain.change import Change, change
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment
from penstock.domain.restriction import RestrictionKind
from penstock.errors import NotShownYet, PaymentConflict
from penstock.pipeline.capture import Capture
from penstock.pipeline.orders import Action, ActionMessage
from tests.unit.operators.restricting import restrict
from tests.unit.pipeline.approving import approved, paid
from tests.unit.pipeline.test_kill import Killed
from tests.unit.pipeline.till import CAPTURE, DECLINED, PAYMENT, Store
from tests.unit.pipeline.world import LEASE


def stage(store: Store) -> Capture:
    found = store.dispatch.stages[Action.capture]
    assert isinstance(found, Capture)
    return found


async def asked(store: Store) -> ActionMessage:
    """The message of the payment's newest capture."""
    return ActionMessage(PAYMENT, "till", Action.capture, (await store.captures())[-1].id)


async def reserved() -> Store:
    store = await approved()
    await store.back()
    store.till.reads = 0
    return store


async def lost(*, taken: bool = False) -> Store:
    """A capture whose answer was lost, beyond its lease."""
    store = await reserved()
    store.till.capture_answers = [Unanswered("lost")]
    store.till.captures_before_answering = taken
    await store.work()
    store.clock.advance(200)
    store.till.captures_before_answering = False
    return store


async def test_a_capture_says_what_became_of_its_payment():
    store = await reserved()

    handled = await stage(store)(await asked(store))

    assert (PAYMENT, "succeeded", None) == (handled.entity, handled.outcome, handled.because)


async def test_a_capture_that_is_held_says_so_and_why():
    store = await reserved()
    await restrict(store, RestrictionKind.gateway, "till")

    handled = await stage(store)(await asked(store))

    assert ("restricted", "held: the gateway is restricted") == (handled.outcome, handled.because)


@pytest.mark.parametrize("provider", ["acme", "zoo"])
async def test_a_message_of_another_gateway_is_refused_and_captures_nothing(provider: str):
    store = await reserved()

    with pytest.raises(PaymentConflict, match="no such capture"):
        await stage(store)(replace(await asked(store), provider=provider))
    assert [] == store.till.captures


@pytest.mark.parametrize("reference", ["C-0", "C-2", None])
async def test_a_capture_of_another_checkout_than_the_payments_is_never_sent(
    reference: str | None,
):
    store = await reserved()
    held, (capture,) = await store.payment(), await store.captures()
    after = held.with_operation(replace(capture, reference=reference))
    await store.ledger.commit(change(held, after, now=store.clock.now(), new_id=store.ids.new))

    with pytest.raises(PaymentConflict, match="not of the payment's checkout"):
        await stage(store)(await asked(store))
    assert [] == store.till.captures


async def test_the_first_attempt_is_sent_unasked_and_its_refusal_read_before_it_is_believed():
    """A ledger that was restored may have forgotten an attempt that took the money."""
    store = await reserved()
    store.till.capture_answers = [DECLINED]

    await store.work()

    assert (1, 1, PaymentStatus.declined) == (
        len(store.till.captures),
        store.till.reads,
        (await store.payment()).status,
    )


async def test_a_lost_one_is_read_at_once_though_its_lease_still_runs():
    store = await reserved()
    store.till.capture_answers = [Unanswered("lost")]
    store.till.captures_before_answering = True
    await store.work()

    await stage(store)(await asked(store))

    assert 1 == store.till.reads
    await paid(store)


async def test_while_a_worker_may_be_at_it_nobody_reads_or_sends_it():
    store = await reserved()

    async def dies(_: CaptureRequest) -> CaptureAnswer:
        raise Killed

    capture, store.till.capture_checkout = store.till.capture_checkout, dies  # type: ignore[method-assign]  # the host dies
    with pytest.raises(Killed):
        await stage(store)(await asked(store))
    store.till.capture_checkout = capture  # type: ignore[method-assign]  # the next host
    store.clock.advance(LEASE.total_seconds() - 1)
    await store.sweep()
    with pytest.raises(Exception, match="the capture may still be under way"):
        await stage(store)(await asked(store))
    assert (0, []) == (store.till.reads, store.till.captures)

    store.clock.advance(1)
    await stage(store)(await asked(store))

    await paid(store)


async def test_the_time_of_the_first_attempt_is_kept():
    store = await lost()
    first = (await store.captures())[0].began_at

    await store.work()

    assert (store.clock.now().timestamp() - 200, 2) == (
        first and first.timestamp(),
        (await store.captures())[0].attempts,
    )
    assert first == (await store.captures())[0].began_at


Meanwhile = Callable[[Store], None]


def nothing(store: Store) -> None:
    pass


def gone(store: Store) -> None:
    store.till.held.clear()


def away(store: Store) -> None:
    store.till.down = GatewayUnavailable("away")


def odd(store: Store) -> None:
    store.till.down = Unconfirmable("a state that is not known here")


@pytest.mark.parametrize(
    ("answer", "meanwhile", "status"),
    [
        (DECLINED, nothing, PaymentStatus.declined),
        (DECLINED, gone, PaymentStatus.declined),
        (DECLINED, away, PaymentStatus.unknown),
        (DECLINED, odd, PaymentStatus.unknown),
        (NotApproved(), nothing, PaymentStatus.approval_pending),
        (NotApproved(), away, PaymentStatus.unknown),
        (Closed("over"), nothing, PaymentStatus.expired),
        (Closed("over"), away, PaymentStatus.unknown),
        (Refused("no"), nothing, PaymentStatus.parked),
        (Refused("no"), away, PaymentStatus.unknown),
    ],
)
async def test_a_repeat_that_is_turned_down_counts_once_nothing_was_taken_for_sure(
    answer: CaptureAnswer, meanwhile: Meanwhile, status: PaymentStatus
):
    store = await lost()

    async def turned_down(_: CaptureRequest) -> CaptureAnswer:
        meanwhile(store)
        return answer

    store.till.capture_checkout = turned_down  # type: ignore[method-assign]  # this answer

    await store.work()

    assert status is (await store.payment()).status


@pytest.mark.parametrize("answer", [NotApproved(), Closed("over"), Refused("no")])
async def test_a_repeat_that_is_turned_down_after_money_was_taken_is_paid(answer: CaptureAnswer):
    store = await lost()
    capture = store.till.capture_checkout

    async def taken(request: CaptureRequest) -> CaptureAnswer:
        await capture(request)
        return answer

    store.till.capture_checkout = taken  # type: ignore[method-assign]  # this answer

    await store.work()

    await paid(store)


@pytest.mark.parametrize(
    ("standing", "status"),
    [
        (Standing.open, PaymentStatus.approval_pending),
        (Standing.closed, PaymentStatus.expired),
        (None, PaymentStatus.expired),
    ],
)
async def test_a_lost_capture_ends_with_what_its_checkout_shows(
    standing: Standing | None, status: PaymentStatus
):
    store = await lost()
    if standing is None:
        store.till.held.clear()
    else:
        store.till.held["C-1"] = replace(store.till.held["C-1"], standing=standing)

    await store.work()

    assert (status, 1) == ((await store.payment()).status, len(store.till.captures))


async def test_an_answer_that_shows_no_capture_yet_is_waited_for():
    store = await reserved()
    store.till.capture_answers = [Captured(store.till.held["C-1"])]

    with pytest.raises(NotShownYet):
        await stage(store)(await asked(store))
    assert (await store.captures())[0].open


async def test_an_answer_to_a_capture_that_somebody_else_wrote_is_a_conflict():
    """
    Another worker has begun the next attempt: this one's answer is not its.
    """
    store = await reserved()
    capture = store.till.capture_checkout

    async def overtaken(request: CaptureRequest) -> CaptureAnswer:
        held, (operation,) = await store.payment(), await store.captures()
        theirs = operation.submit(store.clock.now(), LEASE)
        await store.ledger.commit(
            change(held, held.with_operation(theirs), now=store.clock.now(), new_id=store.ids.new)
        )
        return await capture(request)

    store.till.capture_checkout = overtaken  # type: ignore[method-assign]  # somebody writes
    with pytest.raises(Exception, match="not at the expected version"):
        await stage(store)(await asked(store))

    (left,) = await store.captures()
    assert (2, OperationState.submitting) == (left.attempts, left.state)


@pytest.mark.parametrize("state", [OperationState.unknown, OperationState.submitting])
async def test_the_sweep_reads_a_lost_capture_only_after_its_lease(state: OperationState):
    store = await reserved()
    now = store.clock.now()
    held, (operation,) = await store.payment(), await store.captures()
    begun = replace(operation.submit(now, LEASE), state=state, due_at=now)
    decided = change(held, held.with_operation(begun), now=now, new_id=store.ids.new)
    await store.ledger.commit(decided)

    assert decided.entity == await stage(store).resume(decided.entity, begun)
    assert 0 == store.till.reads
    store.clock.advance(LEASE.total_seconds())
    await stage(store).resume(decided.entity, begun)
    assert (1, []) == (store.till.reads, store.till.captures)


async def test_a_lost_capture_that_is_held_keeps_its_reason_and_is_read_ever_more_seldom():
    store = await lost()
    await restrict(store, RestrictionKind.gateway, "till")
    await store.work()
    held = (await store.captures())[0]
    assert (OperationState.unknown, True) == (held.state, held.restricted_at is not None)
    waits: list[float] = []
    for _ in range(3):
        due_at = (await store.captures())[0].due_at
        assert due_at is not None
        waits.append((due_at - store.clock.now()).total_seconds())
        store.clock.advance(waits[-1])
        await store.sweep()

    last = (await store.captures())[0]
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert ("held: the gateway is restricted", 1) == (last.reason, len(store.till.captures))


async def test_a_lost_capture_that_is_not_held_is_left_as_it_is_by_a_read():
    store = await lost()
    held, (operation,) = await store.payment(), await store.captures()

    assert held == await stage(store).resume(held, operation)


class TestACheckoutThatIsRead:
    async def test_of_another_payment_is_refused(self):
        store = await approved()
        store.till.held["C-1"] = replace(store.till.held["C-1"], payment_id="pay-0")

        for other in ("pay-0", "pay-z"):
            store.till.held["C-1"] = replace(store.till.held["C-1"], payment_id=other)
            with pytest.raises(Unconfirmable, match="another payment's id"):
                await store.checkouts.read(await store.payment())

    @pytest.mark.parametrize("reference", ["C-0", "C-2"])
    async def test_of_another_name_is_refused(self, reference: str):
        store = await approved()
        store.till.held["C-1"] = replace(store.till.held["C-1"], reference=reference)

        with pytest.raises(Unconfirmable, match="another checkout than"):
            await store.checkouts.read(await store.payment())

    @pytest.mark.parametrize("minor", [1249, 1251])
    async def test_of_another_amount_is_refused(self, minor: int):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        seen = store.till.held["C-1"]
        assert seen.money is not None
        sale = seen.money.transaction
        other = replace(sale, amount=replace(sale.amount, minor=minor))
        store.till.held["C-1"] = replace(seen, money=replace(seen.money, transaction=other))

        with pytest.raises(Unconfirmable, match="another amount than"):
            await store.checkouts.read(await store.payment())

    async def test_is_none_where_the_payment_has_no_checkout_yet(self):
        store = Store()
        store.till.answers = [Unanswered("lost")]
        with pytest.raises(GatewayUnavailable):
            await store.pay()
        held = await store.payment()

        assert await store.checkouts.read(held) is None
        assert await store.checkouts.read(replace(held, approval=None)) is None
        assert held == await store.checkouts.look(held, anew=True)
        without = replace(held, approval=None)
        assert without == await store.checkouts.look(without, anew=True)
        assert 0 == store.till.reads

    async def test_right_after_it_was_opened_may_not_be_shown_yet(self):
        store = await approved()
        store.till.held.clear()
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    @pytest.mark.parametrize(
        ("seconds", "status"),
        [(-1, PaymentStatus.approval_pending), (0, PaymentStatus.expired)],
    )
    async def test_is_over_at_its_end(self, seconds: float, status: PaymentStatus):
        store = Store()
        held = await store.pay()
        assert held.approval is not None
        assert held.approval.expires_at is not None
        until = held.approval.expires_at - store.clock.now()
        store.clock.advance(until.total_seconds() + seconds)

        assert status is (await store.checkouts.look(held, anew=True)).status

    async def test_does_not_expire_twice(self):
        store = Store()
        await store.pay()
        store.till.close()
        over = await store.checkouts.look(await store.payment(), anew=True)

        assert PaymentStatus.expired is over.status
        assert over == await store.checkouts.look(over, anew=True)

    async def test_with_money_is_left_to_a_capture_that_is_under_way(self):
        store = await lost(taken=True)
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    async def test_that_is_closed_is_left_to_a_capture_that_is_under_way(self):
        store = await lost()
        store.till.close()
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    async def test_whose_capture_is_under_way_when_it_is_due_is_looked_at_an_hour_later(self):
        store = await lost()
        held, reads = await store.payment(), store.till.reads

        after = await store.checkouts.due(held)

        checkout = [one for one in after.operations if one.kind == "checkout"][-1]
        assert checkout.due_at is not None
        assert (3600, reads) == (
            (checkout.due_at - store.clock.now()).total_seconds(),
            store.till.reads,
        )

    async def test_that_is_paid_is_done_without_a_read_when_it_is_due(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        await store.tell("completed")
        held: Payment = await store.payment()
        checkout = [one for one in held.operations if one.kind == "checkout"][-1]
        opened = replace(checkout, state=OperationState.pending, due_at=store.clock.now())
        before = replace(held.with_operation(opened), version=held.version + 1)
        await store.ledger.commit(Change(before, held.version))
        reads = store.till.reads

        after = await store.checkouts.due(before)

        assert (OperationState.succeeded, reads) == (
            [one for one in after.operations if one.kind == "checkout"][-1].state,
            store.till.reads,
        )
        assert after == await store.checkouts.due(after)

    async def test_of_a_payment_that_is_paid_expires_no_more(self):
        store = await approved()
        await store.back()
        await store.work()
        held = await paid(store)
        store.till.held["C-1"] = replace(store.till.held["C-1"], standing=Standing.closed)

        assert held == await store.checkouts.look(held, anew=True)
