"""Money counts only on the payment's own checkout, for the whole amount."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import (
    Captured,
    Money,
    PaymentStatus,
    Transaction,
)
from penstock.domain.payment import Payment
from tests.unit.pipeline.approving import SUCCEEDED, approved
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import CAPTURE, NOON


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
