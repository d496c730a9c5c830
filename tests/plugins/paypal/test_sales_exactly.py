"""A sale re-read at PayPal: its amount, its hold, its payer and its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    Declined,
    GatewayUnavailable,
    Money,
    NotYet,
    Payer,
    PaymentStatus,
    Transaction,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.money.sale import Sale, differences
from tests.plugins.paypal.captures import ASKED, PAID, PAYMENT, PAYMENT_PATH, QUARTER, of_v2
from tests.plugins.paypal.sales import (
    AGREEMENT,
    OLD_AGREEMENT_PATH,
    SALE,
    SALE_PATH,
    SUBSCRIPTION_PATH,
    confirmed,
    notification,
    sale,
)
from tests.plugins.paypal.told import Told, problem

PAYER = {"payer": {"payer_info": {"payer_id": "GYDYPD4J6NW2N"}}}


async def test_what_is_no_id_of_paypals_is_no_payment(told: Told) -> None:
    odd = replace(ASKED, transaction="../x")

    assert Declined("PayPal holds no such payment") == await told.paypal.route_refund(odd)
    assert [] == told.asked


SEEN = Sale.of(sale(), NOON)


@pytest.mark.parametrize(
    ("claimed", "differs"),
    [
        ({}, ()),
        ({"id": SALE}, ()),
        ({"id": "0"}, ("id",)),
        ({"id": "Z"}, ("id",)),
        ({"amount": {"total": "12.49", "currency": "USD"}}, ("amount",)),
        ({"amount": {"total": "12.51", "currency": "USD"}}, ("amount",)),
        ({"amount": {"total": "12.50"}}, ()),
        ({"amount": {"total": "x"}}, ("amount",)),
        ({"amount": {"currency": "USD"}}, ()),
        ({"amount": {"currency": "AUD"}}, ("currency",)),
        ({"amount": {"currency": "ZAR"}}, ("currency",)),
        ({"amount": {"total": "12.50", "currency": "EUR"}}, ("currency",)),
        ({"billing_agreement_id": AGREEMENT}, ()),
        ({"billing_agreement_id": "A-1"}, ("agreement",)),
        ({"billing_agreement_id": "Z-1"}, ("agreement",)),
    ],
)
def test_a_claim_differs_by_each_other_value_and_by_no_missing_one(
    claimed: dict[str, Any], differs: tuple[str, ...]
) -> None:
    assert differs == differences(claimed, SEEN)
    assert () == differences({"billing_agreement_id": "I-1"}, replace(SEEN, agreement=None))


@pytest.mark.parametrize(("total", "minor"), [("0.00", 0), ("0.01", 1), ("-0.01", None)])
def test_a_sale_is_of_nothing_or_more(total: str, minor: int | None) -> None:
    shown = sale(amount={"total": total, "currency": "USD"})
    if minor is None:
        with pytest.raises(ValueError, match="a sale with an amount below zero"):
            Sale.of(shown, NOON)
    else:
        assert minor == Sale.of(shown, NOON).amount.minor


@pytest.mark.parametrize(
    ("shown", "hold"),
    [
        ({"payment_hold_status": "held"}, "held"),
        ({"payment_hold_status": "HELD", "reason_code": "WHY"}, "WHY"),
        (
            {
                "payment_hold_status": "HELD",
                "payment_hold_reasons": [{}, {"payment_hold_reason": "NEW"}],
            },
            "NEW",
        ),
        ({"payment_hold_status": "A"}, None),
        ({"payment_hold_status": "RELEASED", "reason_code": "WHY"}, None),
        ({"reason_code": "WHY"}, None),
    ],
)
def test_a_sale_is_held_back_while_paypal_says_so(shown: dict[str, Any], hold: str | None) -> None:
    assert hold == Sale.of(sale(**shown), NOON).hold


@pytest.mark.parametrize(
    ("shown", "reason"),
    [
        ({"reason_code": "A", "pending_reason": "B", "status_details": {"reason": "C"}}, "A"),
        ({"pending_reason": "B", "status_details": {"reason": "C"}}, "B"),
        ({"status_details": {"reason": "C"}}, "C"),
    ],
)
def test_a_sale_that_is_not_paid_says_why(shown: dict[str, Any], reason: str) -> None:
    pending, paid = (Sale.of(sale(state=one, **shown), NOON) for one in ("pending", "completed"))

    assert (reason, None) == (pending.reason, paid.reason)


def test_what_paypal_took_is_read_in_either_generations_words() -> None:
    usd = {"value": "1.00", "currency_code": "USD"}
    breakdown = {"paypal_fee": usd, "net_amount": {**usd, "value": "11.50"}}
    v2 = Sale.of(of_v2(seller_receivable_breakdown=breakdown), NOON)
    v1 = Sale.of(sale(transaction_fee=usd, receivable_amount={**usd, "value": "11.50"}), NOON)

    assert (Money(100, "USD"), Money(1150, "USD")) == (v1.fee, v1.net) == (v2.fee, v2.net)


async def test_a_sale_without_a_date_keeps_the_one_by_which_it_is_known(told: Told) -> None:
    told.at(SALE_PATH, response(200, sale(create_time=None)))
    known = [
        Transaction(SALE, "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON - QUARTER),
        Transaction("none of PayPal's", "refund", PaymentStatus.refunded, Money(1, "USD"), NOON),
    ]
    answer: Any = await told.paypal.reread(PAID, known, NOON)

    assert (NOON - QUARTER, ()) == (answer.transaction.at, answer.refunds)
    answer = await told.paypal.reread(PAID, [], NOON + QUARTER)

    assert NOON + QUARTER == answer.transaction.at


@pytest.mark.parametrize(
    ("status", "seen"),
    [
        (200, True),
        (400, False),
        (401, None),
        (402, False),
        (403, False),
        (404, False),
        (409, None),
        (422, False),
        (500, None),
    ],
)
async def test_news_of_money_wait_for_no_permission_to_see_the_payer_but_for_an_answer(
    told: Told, status: int, seen: bool | None
) -> None:
    told.at(SALE_PATH, response(200, sale(billing_agreement_id=None, parent_payment=PAYMENT)))
    told.at(PAYMENT_PATH, response(200, PAYER) if status == 200 else problem(status))
    claim = notification(billing_agreement_id=None)
    if seen is None:
        with pytest.raises(GatewayUnavailable, match=rf"^PayPal, show payment: {status}"):
            await told.paypal.confirm(claim, NOON)
        return
    assert (Payer("GYDYPD4J6NW2N") if seen else None) == (await confirmed(told, claim)).payer
    # That it is missing is part of what a 404 says, and nothing to be logged.
    not_shown = [fields for _, name, fields in told.log.lines if name == "paypal.not_shown"]
    assert ([] if seen else [{"what": "show payment", "status": status}]) == not_shown


async def test_an_agreement_that_is_not_shown_has_its_payer_looked_for_elsewhere(
    told: Told,
) -> None:
    """
    While the event is young the agreement may yet be shown, unless the payer is known already.
    """
    told.at(SALE_PATH, response(200, sale(parent_payment=PAYMENT)))
    told.at(SUBSCRIPTION_PATH, problem(404))
    told.at(OLD_AGREEMENT_PATH, problem(404))
    told.at(PAYMENT_PATH, response(200, PAYER))

    assert Payer("GYDYPD4J6NW2N") == (await confirmed(told, notification())).payer
    told.at(PAYMENT_PATH, problem(404))
    assert NotYet(10.0) == await told.paypal.confirm(notification(), NOON)
    assert None is (await confirmed(told, notification(age=QUARTER))).payer
    assert ("warning", "paypal.subscription_missing", {"subscription": AGREEMENT}) == (
        told.log.lines[-1]
    )


async def test_an_old_agreement_names_its_plan_if_it_has_one(told: Told) -> None:
    told.at(SUBSCRIPTION_PATH, problem(404))
    told.at(OLD_AGREEMENT_PATH, response(200, {"plan": {"id": "P-OLD", "name": "Old"}, **PAYER}))
    found = await confirmed(told, notification())

    assert ("P-OLD", "Old") == (found.plan.id, found.plan.name)
    told.at(OLD_AGREEMENT_PATH, response(200, {"plan": {"name": "Old"}, **PAYER}))
    found = await confirmed(told, notification())

    assert (None, Payer("GYDYPD4J6NW2N")) == (found.plan, found.payer)
