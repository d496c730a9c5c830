"""What becomes of refunds at Stripe."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import (
    Critical,
    Declined,
    Money,
    Pending,
    RefundRequest,
    Routed,
    Succeeded,
)
from penstock.testing.http import ScriptedHttp, response
from tests.plugins.stripe.account import PAYMENT, Account, charge

EMPTY = response(200, {"object": "list", "data": [], "has_more": False})


async def paid(account: Account, method: str = "pm_card_visa", **rest: object) -> RefundRequest:
    """A refund of 5 dollars of a payment that was made."""
    charged = await account.gateway.charge(charge("op-0", method=method))
    return RefundRequest("re-0", PAYMENT, charged.reference, Money(500, "USD"), "refunds")


async def test_a_refund_carries_our_ids(stripe_account: Account):
    answer = await stripe_account.gateway.refund(await paid(stripe_account))

    (refund,) = stripe_account.simulator.books.refunds.values()
    assert Succeeded(refund["id"]) == answer
    assert {"penstock_payment": PAYMENT, "penstock_operation": "re-0"} == refund["metadata"]


async def test_a_key_that_stripe_has_forgotten_refunds_nobody_twice(stripe_account: Account):
    request = await paid(stripe_account)
    first = await stripe_account.gateway.refund(request)
    stripe_account.simulator.gate.kept.clear()

    assert first == await stripe_account.gateway.refund(replace(request, doubted=True))
    assert 1 == len(stripe_account.simulator.books.refunds)


async def test_a_pending_refund_is_read_until_it_is_done(stripe_account: Account):
    request = await paid(stripe_account, "pm_card_pendingRefund")

    first = await stripe_account.gateway.refund(request)

    assert isinstance(first, Pending)
    assert Succeeded(first.reference) == await stripe_account.gateway.read_refund(
        replace(request, reference=first.reference)
    )


async def test_a_refund_that_the_bank_sends_back_has_failed(stripe_account: Account):
    request = await paid(stripe_account, "pm_card_refundFail")
    first = await stripe_account.gateway.refund(request)

    assert Declined("Stripe could not send it back: lost_or_stolen_card") == (
        await stripe_account.gateway.read_refund(replace(request, reference=first.reference))
    )


@pytest.mark.parametrize("doubted", [False, True])
async def test_a_refund_that_can_never_be_looked_up_is_parked_at_once(
    stripe_account: Account, doubted: bool
):
    said = {"type": "invalid_request_error", "code": "parameter_invalid"}
    refused = ScriptedHttp(response(400, {"error": said}))
    gateway = stripe_account.bench.build(http=refused)
    request = RefundRequest("re-0", PAYMENT, "pi_1", Money(500, "USD"), "refunds", doubted=doubted)

    assert Critical(
        "the refund cannot be looked up: Stripe, list refunds: 400 parameter_invalid"
    ) == await gateway.refund(request)
    assert ["GET"] == [one.method for one in refused.requests]


async def test_a_refund_of_ours_in_a_status_not_known_here_is_parked_at_once(
    stripe_account: Account,
):
    strange = {"id": "re_1", "status": "magic", "metadata": {"penstock_operation": "re-0"}}
    listed = response(200, {"object": "list", "data": [strange], "has_more": False})
    gateway = stripe_account.bench.build(http=ScriptedHttp(listed))
    request = RefundRequest("re-0", PAYMENT, "pi_1", Money(500, "USD"), "refunds")

    assert Critical(
        "the refund cannot be looked up: Stripe shows it in a status not known here"
    ) == await gateway.refund(request)


@pytest.mark.parametrize("status", ["requires_action", "pending"])
async def test_a_refund_that_waits_is_pending(stripe_account: Account, status: str):
    made = response(200, {"id": "re_1", "object": "refund", "status": status})
    gateway = stripe_account.bench.build(http=ScriptedHttp(EMPTY, made))
    request = RefundRequest("re-0", PAYMENT, "pi_1", Money(500, "USD"), "refunds")

    assert Pending("re_1") == await gateway.refund(request)


async def test_a_doubted_refund_of_what_stripe_does_not_know_is_refused(stripe_account: Account):
    request = RefundRequest("re-0", PAYMENT, "pi_unknown", Money(500, "USD"), "refunds")

    assert Declined("Stripe refused the refund: resource_missing") == (
        await stripe_account.gateway.refund(replace(request, doubted=True))
    )


async def test_a_refund_of_more_than_is_left_is_in_doubt_after_a_lost_answer(
    stripe_account: Account,
):
    request = await paid(stripe_account)
    much = replace(request, amount=Money(5000, "USD"))

    assert Declined("Stripe refused the refund: amount_too_large") == (
        await stripe_account.gateway.refund(much)
    )
    assert Critical("Stripe refused the refund: amount_too_large") == (
        await stripe_account.gateway.refund(replace(much, doubted=True))
    )


@pytest.mark.parametrize(
    ("transaction", "amount", "because"),
    [
        ("PAYPAL-1", Money(500, "USD"), "transaction is no payment intent of Stripe's (pi_…)"),
        ("pi_1", Money(5, "BHD"), "Stripe takes amounts in BHD whose last digit is 0 only"),
    ],
)
async def test_what_stripe_cannot_refund_has_no_route(
    stripe_account: Account, transaction: str, amount: Money, because: str
):
    request = RefundRequest("re-0", PAYMENT, transaction, amount)

    answer = await stripe_account.gateway.route_refund(request)

    assert isinstance(answer, Declined)
    assert because in answer.because


async def test_a_route_is_the_same_for_all(stripe_account: Account):
    request = RefundRequest("re-0", PAYMENT, "pi_1", Money(500, "ISK"))

    assert Routed("refunds") == await stripe_account.gateway.route_refund(request)
