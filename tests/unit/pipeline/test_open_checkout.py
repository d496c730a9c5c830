"""Open a checkout: one key opens one, however often it is sent and whatever dies."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from penstock.api import Invalid, Money, NotSent, PaymentStatus, Refused, Unanswered
from penstock.domain.operation import OperationKind, OperationState
from penstock.errors import (
    GatewayUnavailable,
    LedgerConflict,
    MissingCapability,
    OperationInFlight,
    PaymentConflict,
    RequestRefused,
    TransientError,
)
from tests.unit.pipeline.store import CALLER, Store
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.till import BOOK, KEYS, LIFE, NOON, PAYMENT, Till


async def test_a_checkout_waits_for_its_buyer_and_says_where_and_until_when():
    store = Store()

    opened = await store.pay()

    assert (PAYMENT, PaymentStatus.approval_pending) == (opened.id, opened.status)
    assert opened.approval is not None
    assert ("C-1", "https://till.test/approve/C-1", NOON + LIFE) == (
        opened.approval.checkout,
        opened.approval.url,
        opened.approval.expires_at,
    )
    assert [] == await store.told()


async def test_the_gateway_gets_our_id_of_the_payment_and_the_merchants_reference_stays_here():
    store = Store()

    await store.pay()

    (request,) = store.till.requests
    assert (PAYMENT, BOOK, "Ann's") == (request.payment_id, request.order, request.brand)
    assert "order-7" == (await store.payment()).order.reference


async def test_the_same_key_and_request_is_the_same_checkout_and_asks_the_gateway_once():
    store = Store()

    first, again = await store.pay(), await store.pay()

    assert first.approval == again.approval
    assert 1 == len(store.till.requests)


@pytest.mark.parametrize(
    "changes", [{"amount": Money(1251, "EUR")}, {"reference": "order-8"}, {"description": None}]
)
async def test_the_same_key_with_another_order_is_refused_and_nothing_is_sent(
    changes: dict[str, object],
):
    store = Store()
    await store.pay()

    with pytest.raises(PaymentConflict):
        await store.pay(replace(BOOK, **changes))  # type: ignore[arg-type]  # one field of it

    assert 1 == len(store.till.requests)


@pytest.mark.parametrize("another", ["another", "zoo"])
async def test_the_same_key_for_another_provider_is_refused_and_nothing_is_sent(another: str):
    store = Store()
    await store.pay()
    other = Till(store.clock, another)
    checkouts = replace(store.checkouts, gateways={"till": store.till, another: other})

    with pytest.raises(PaymentConflict):
        await replace(store.open, checkouts=checkouts)("key-1", another, BOOK, CALLER)

    assert [] == other.requests


async def test_a_lost_answer_is_503_and_the_same_key_resumes_under_the_same_operation_id():
    store = Store()
    store.till.answers, store.till.opens_before_answering = [Unanswered("lost")], True

    with pytest.raises(GatewayUnavailable) as lost:
        await store.pay()
    with pytest.raises(OperationInFlight):
        await store.pay()
    store.clock.advance(lost.value.retry_after or 0)
    opened = await store.pay()

    first, second = store.till.requests
    assert first == second
    assert ({"C-1"}, PaymentStatus.approval_pending) == (set(store.till.held), opened.status)


async def test_after_the_gateway_has_forgotten_the_id_another_one_is_sent():
    store = Store()
    store.till.answers = [Unanswered("lost")]
    with pytest.raises(GatewayUnavailable):
        await store.pay()
    store.clock.advance(KEYS - 1)
    store.till.answers = [NotSent("later")]
    with pytest.raises(GatewayUnavailable):
        await store.pay()
    store.clock.advance(1)

    opened = await store.pay()

    ids = [one.operation_id for one in store.till.requests]
    assert ids[0] == ids[1] != ids[2]
    assert 1 == len({one.return_url for one in store.till.requests})
    assert PaymentStatus.approval_pending is opened.status


async def test_a_key_whose_ids_were_all_forgotten_is_refused():
    store = Store()
    for _ in range(4):
        store.till.answers = [Unanswered("lost")]
        with pytest.raises(GatewayUnavailable):
            await store.pay()
        store.clock.advance(KEYS)

    with pytest.raises(RequestRefused) as told:
        await store.pay()

    assert ("key-too-old", 4) == (told.value.kind.name, len(store.till.requests))


async def test_what_was_certainly_not_sent_is_503_and_may_be_sent_again_at_once():
    store = Store()
    store.till.answers = [NotSent("rate limit", 7)]

    with pytest.raises(GatewayUnavailable) as told:
        await store.pay()
    opened = await store.pay()

    assert (7, PaymentStatus.approval_pending) == (told.value.retry_after, opened.status)


async def test_a_refused_field_is_named_and_the_same_key_gives_the_same_refusal():
    store = Store()
    store.till.answers = [Invalid("order.currency", "is not taken")]

    told: list[RequestRefused] = []
    for _ in range(2):
        with pytest.raises(RequestRefused) as caught:
            await store.pay()
        told.append(caught.value)

    assert [("body.order.currency", "is not taken")] == list(told[0].fields)
    assert told[0].fields == told[1].fields
    assert 1 == len(store.till.requests)
    assert (PaymentStatus.declined, None) == (
        (await store.payment()).status,
        (await store.payment()).due_at,
    )


async def test_what_the_gateway_refuses_as_a_whole_works_under_the_same_key_once_mended():
    store = Store()
    store.till.answers = [Refused("the account may not")]

    with pytest.raises(RequestRefused) as told:
        await store.pay()
    opened = await store.pay()

    assert ("provider-refused", PaymentStatus.approval_pending) == (
        told.value.kind.name,
        opened.status,
    )


async def test_a_gateway_without_a_checkout_is_refused():
    store = Store()
    store.till = object()  # type: ignore[assignment]  # a gateway that can do nothing

    with pytest.raises(MissingCapability):
        await store.open("key-1", "till", BOOK, CALLER)


async def test_only_the_hash_of_the_buyers_secret_is_kept_once_the_checkout_is_open():
    store = Store()

    opened = await store.pay()

    assert opened.approval is not None
    secret = store.token.rpartition("-")[2]
    assert (32, None) == (len(secret), opened.approval.return_secret)
    assert opened.approval.returns(secret, opened.created_at, store.clock.now())
    assert secret not in repr(opened)
    assert "till.test" not in repr(opened)


async def test_a_checkout_the_gateway_never_answered_expires_after_a_day():
    store = Store()
    store.till.answers = [Unanswered("lost")]
    with pytest.raises(GatewayUnavailable):
        await store.pay()
    store.clock.advance(24 * 3600 - 60)
    assert [] == await store.sweep()
    store.clock.advance(120)

    await store.sweep()

    held = await store.payment()
    assert (PaymentStatus.expired, None) == (held.status, held.due_at)
    assert ["payment.expired"] == await store.told()


async def test_requests_at_the_same_moment_open_one_checkout():
    store = Store()

    async def attempt() -> str | None:
        try:
            return (await store.pay()).id
        except (LedgerConflict, OperationInFlight):
            return None

    told = await asyncio.gather(*(attempt() for _ in range(20)))

    assert PAYMENT in told
    assert (1, 1) == (len(store.till.requests), len(store.till.held))


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", range(1, 7))
async def test_killed_at_any_step_the_same_key_opens_one_checkout(step: int, after: bool):
    dying = Dying(step, after=after)
    store = Store(wrap=dying)

    opened = None
    for _ in range(6):
        try:
            opened = await store.pay()
        except Killed:
            continue
        except TransientError:
            store.clock.advance(30)

    assert opened is not None
    assert (PaymentStatus.approval_pending, {"C-1"}) == (opened.status, set(store.till.held))
    assert 1 == len({(one.operation_id, one.return_url) for one in store.till.requests})
    operation = opened.operation(OperationKind.checkout)
    assert operation is not None
    assert OperationState.pending is operation.state


async def test_the_steps_above_cover_every_call_of_opening():
    never = Dying(10_000, after=False)
    store = Store(wrap=never)

    await store.pay()

    assert 6 >= 10_000 - never._left
