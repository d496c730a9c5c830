"""A capture whose answer is lost, turned down or written by somebody else."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
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
    Unconfirmable,
)
from penstock.domain.change import change
from penstock.domain.operation import OperationState
from penstock.domain.restriction import RestrictionKind
from penstock.errors import LedgerConflict, NotShownYet
from tests.unit.operators.restricting import restrict
from tests.unit.pipeline.approving import paid
from tests.unit.pipeline.capturing import asked, lost, reserved, stage
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import DECLINED
from tests.unit.pipeline.world import LEASE

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


@pytest.mark.parametrize("conflicts", [9, 10])
async def test_an_answer_to_a_capture_is_kept_though_others_write_up_to_ten_times(conflicts: int):
    store = await reserved()
    capture, taking = store.till.capture_checkout, stage(store)

    async def crowded(request: CaptureRequest) -> CaptureAnswer:
        answer = await capture(request)
        object.__setattr__(taking, "ledger", Contended(store, conflicts))
        return answer

    store.till.capture_checkout = crowded  # type: ignore[method-assign]  # a crowd comes with it

    with nullcontext() if conflicts < 10 else pytest.raises(LedgerConflict, match="try again"):
        await taking(await asked(store))

    left = OperationState.succeeded if conflicts < 10 else OperationState.submitting
    assert left is (await store.captures())[0].state


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
