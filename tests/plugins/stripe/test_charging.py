"""What becomes of charges at Stripe: paid, declined, late, lost, refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    Critical,
    Declined,
    Money,
    NotFound,
    NotSent,
    Payer,
    Pending,
    Refused,
    Response,
    Succeeded,
    Unanswered,
)
from penstock.testing.context import FixedSecrets
from penstock.testing.http import Lossy, ScriptedHttp, response
from tests.plugins.stripe.account import PAYMENT, Account, charge

EMPTY = response(200, {"object": "list", "data": [], "has_more": False})


def error(status: int, type: str, code: str | None = None) -> Response:
    """An answer of Stripe's with its error object."""
    said = {"type": type, "message": "Ada's card hunter2"} | ({"code": code} if code else {})
    return response(status, {"error": said})


def posts(method: str, _: str) -> bool:
    """Requests that move money."""
    return method == "POST"


async def test_the_order_is_at_stripe_with_our_ids(stripe_account: Account):
    request = charge(reference="order-7", description="Gold")

    answer = await stripe_account.gateway.charge(request)

    (intent,) = stripe_account.simulator.books.intents.values()
    assert Succeeded(intent["id"]) == answer
    assert (1250, "usd", "cus_ada", "pm_card_visa", "Gold") == tuple(
        intent[name]
        for name in ("amount", "currency", "customer", "payment_method", "description")
    )
    assert {
        "team": "blue",
        "penstock_payment": PAYMENT,
        "penstock_operation": "op-1",
        "penstock_reference": "order-7",
    } == intent["metadata"]


async def test_each_request_names_the_api_version(stripe_account: Account):
    await stripe_account.gateway.charge(charge())

    assert {"2026-10-28.endive"} == stripe_account.simulator.gate.versions


@pytest.mark.parametrize(
    ("amount", "theirs"),
    [
        (Money(500, "JPY"), 500),
        (Money(5120, "KWD"), 5120),
        (Money(5, "ISK"), 500),
        (Money(5, "UGX"), 500),
        (Money(1200, "MGA"), 12),
    ],
    ids=str,
)
async def test_amounts_of_any_digits_are_charged_exactly(
    stripe_account: Account, amount: Money, theirs: int
):
    answer = await stripe_account.gateway.charge(charge(amount=amount))

    (intent,) = stripe_account.simulator.books.intents.values()
    assert Succeeded(intent["id"]) == answer
    assert theirs == intent["amount"]


@pytest.mark.parametrize(
    ("changed", "because"),
    [
        ({"amount": Money(5124, "KWD")}, "Stripe takes amounts in KWD whose last digit is 0 only"),
        ({"amount": Money(1250, "MGA")}, "Stripe takes no decimals in MGA"),
        ({"payer": None}, "the order's payer.reference is no customer of Stripe's (cus_…)"),
        (
            {"payer": Payer("customer/7")},
            "the order's payer.reference is no customer of Stripe's (cus_…)",
        ),
        ({"method": "visa"}, "the order's metadata.payment_method is no payment method (pm_…)"),
    ],
)
async def test_an_order_that_stripe_cannot_take_is_declined_unsent(
    stripe_account: Account, changed: dict[str, Any], because: str
):
    gateway = stripe_account.bench.build(http=ScriptedHttp())

    assert Declined(because) == await gateway.charge(charge(**changed))


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
async def test_a_decline_is_final_and_names_stripes_code(
    stripe_account: Account, method: str, code: str
):
    gateway, request = stripe_account.gateway, charge(method=method)
    declined = Declined(f"Stripe declined it: {code}")

    assert [declined] * 2 == [await gateway.charge(request) for _ in "12"]
    assert declined == await gateway.look_up(request)
    assert 1 == len(stripe_account.simulator.books.intents)


async def test_a_bank_debit_is_pending_until_it_is_paid(stripe_account: Account):
    gateway, request = stripe_account.gateway, charge(method="pm_usBankAccount_success")

    first = await gateway.charge(request)

    assert isinstance(first, Pending)
    assert Succeeded(first.reference) == await gateway.look_up(request)


async def test_a_bank_debit_that_comes_back_unpaid_is_declined(stripe_account: Account):
    gateway = stripe_account.gateway
    request = charge(method="pm_usBankAccount_insufficientFunds")

    first = await gateway.charge(request)

    assert isinstance(first, Pending)
    assert Declined("Stripe declined it: insufficient_funds") == await gateway.look_up(request)


async def test_a_charge_whose_answer_was_lost_is_made_once(stripe_account: Account):
    bench, request = stripe_account.bench, charge()

    lost = await bench.build(http=Lossy(bench.http, posts)).charge(request)
    again = await bench.build().charge(request)

    (intent,) = stripe_account.simulator.books.intents.values()
    assert (Unanswered("Stripe's answer was lost"), Succeeded(intent["id"])) == (lost, again)


async def test_a_key_that_stripe_has_forgotten_charges_nobody_twice(stripe_account: Account):
    """
    A ledger that is restored from a backup of days ago repeats an old key.
    """
    gateway, request = stripe_account.gateway, charge()
    first = await gateway.charge(request)
    stripe_account.simulator.gate.kept.clear()

    assert first == await gateway.charge(request)
    assert 1 == len(stripe_account.simulator.books.intents)


async def test_the_oldest_charge_of_a_busy_customer_is_found(stripe_account: Account):
    gateway, request = stripe_account.gateway, charge()
    first = await gateway.charge(request)
    other = {"amount": "100", "currency": "usd", "customer": "cus_ada", "metadata": {}}
    for _ in range(100):
        stripe_account.simulator.intents.make(other)

    assert first == await gateway.look_up(request)


async def test_a_customer_that_stripe_does_not_know_was_charged_nothing(stripe_account: Account):
    request = charge(payer=Payer("cus_unknown"))

    assert NotFound() == await stripe_account.gateway.look_up(request)
    assert Refused("Stripe refused the request: 400 resource_missing") == (
        await stripe_account.gateway.charge(request)
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (error(400, "invalid_request_error", "parameter_missing"), Refused),
        (error(404, "invalid_request_error", "resource_missing"), Refused),
        (error(400, "idempotency_error"), Critical),
        (error(409, "idempotency_error", "idempotency_key_in_use"), Unanswered),
        (error(401, "invalid_request_error"), NotSent),
        (error(403, "invalid_request_error"), NotSent),
        (error(424, "api_error"), Unanswered),
        (error(429, "invalid_request_error", "rate_limit"), NotSent),
        (error(500, "api_error"), Critical),
        (error(503, "api_error"), Unanswered),
        (response(400, "<html>"), Unanswered),
        (response(402, "<html>"), Unanswered),
        (response(404, "<html>"), Unanswered),
    ],
    ids=lambda one: repr(one)[:40],
)
async def test_what_each_answer_means(
    stripe_account: Account, answer: Response, expected: type[Any]
):
    gateway = stripe_account.bench.build(http=ScriptedHttp(EMPTY, answer))

    said = await gateway.charge(charge())

    assert isinstance(said, expected)
    assert "hunter2" not in repr(said)


async def test_an_intent_in_a_status_not_known_here_is_neither_paid_nor_free(
    stripe_account: Account,
):
    strange = {
        "id": "pi_1",
        "status": "requires_magic",
        "metadata": {"penstock_operation": "op-1"},
    }
    listed = response(200, {"object": "list", "data": [strange], "has_more": False})
    gateway = stripe_account.bench.build(http=ScriptedHttp(listed))

    assert Critical(
        "the charge cannot be looked up: Stripe shows it in a status not known here"
    ) == await gateway.charge(charge())


async def test_a_charge_that_can_never_be_looked_up_is_parked_at_once(stripe_account: Account):
    """
    Whether an earlier attempt moved the money is unknown, and waiting does not change that.
    """
    refused = ScriptedHttp(error(400, "invalid_request_error", "parameter_invalid"))
    gateway = stripe_account.bench.build(http=refused)

    assert Critical(
        "the charge cannot be looked up: Stripe, look up charge: 400 parameter_invalid"
    ) == await gateway.charge(charge())
    assert ["GET"] == [one.method for one in refused.requests]


async def test_a_charge_of_a_customer_that_was_deleted_since_is_found(stripe_account: Account):
    gateway, request = stripe_account.gateway, charge()
    first = await gateway.charge(request)
    stripe_account.simulator.books.deleted.add("cus_ada")

    assert first == await gateway.look_up(request)
    assert NotFound() == await gateway.look_up(charge("op-2"))


async def test_a_key_without_the_right_to_charge_is_told_which_right_it_lacks(
    stripe_account: Account,
):
    message = (
        "The provided key 'rk_test_*Kgd' does not have the required permissions. Having the "
        "'rak_payment_intent_write' permission would allow this request to continue."
    )
    denied = response(403, {"error": {"type": "invalid_request_error", "message": message}})
    gateway = stripe_account.bench.build(http=ScriptedHttp(EMPTY, denied))

    assert NotSent(
        "Stripe refuses our credentials (403): the API key lacks rak_payment_intent_write"
    ) == await gateway.charge(charge())


async def test_a_rolled_api_key_is_tried_in_both_versions(stripe_account: Account):
    good = stripe_account.bench.secret
    kept = FixedSecrets({**good, "api_key": "sk_test_newer"}, good)

    answer = await stripe_account.bench.build(secrets=kept).charge(charge())

    assert isinstance(answer, Succeeded)


async def test_a_key_of_the_other_mode_is_not_tried(stripe_account: Account):
    """What it does not find says nothing of live money."""
    good = stripe_account.bench.secret
    kept = FixedSecrets({**good, "api_key": "sk_live_newer"}, good)

    answer = await stripe_account.bench.build(secrets=kept).charge(charge())

    assert isinstance(answer, NotSent)


async def test_without_an_api_key_nothing_is_sent(stripe_account: Account):
    gateway = stripe_account.bench.build(secrets=FixedSecrets())

    assert NotSent("no api_key is set in the secret of stripe") == await gateway.charge(charge())


async def test_another_order_under_the_key_is_for_people(stripe_account: Account):
    gateway, request = stripe_account.gateway, charge()
    await gateway.charge(request)
    elsewhere = replace(request.order, payer=Payer("cus_bob"))

    assert Critical("Stripe holds another request under the charge's idempotency key") == (
        await gateway.charge(replace(request, order=elsewhere))
    )
