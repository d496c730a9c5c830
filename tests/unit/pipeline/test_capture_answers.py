"""A capture: what is sent, and what its answer says of the payment."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import CaptureAnswer, CaptureRequest, PaymentStatus, Unanswered
from penstock.domain.change import change
from penstock.domain.restriction import RestrictionKind
from penstock.errors import PaymentConflict
from tests.unit.operators.restricting import restrict
from tests.unit.pipeline.approving import paid
from tests.unit.pipeline.capturing import asked, lost, reserved, stage
from tests.unit.pipeline.test_kill import Killed
from tests.unit.pipeline.till import DECLINED, PAYMENT
from tests.unit.pipeline.world import LEASE


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
