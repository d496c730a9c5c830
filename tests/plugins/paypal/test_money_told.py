"""What is told of a sale besides its state: why it waits, what is held, who paid, how much."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import Implied, Money, PaymentStatus, Unconfirmable
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played
from tests.plugins.paypal.sales import SALE_PATH, confirmed, notification, sale
from tests.plugins.paypal.told import Told, problem

USD = {"total": "15.00", "currency": "USD"}


async def test_fee_net_and_the_time_of_the_last_change_are_read(told: Told) -> None:
    shown = sale(
        transaction_fee={"value": "0.74", "currency": "USD"},
        receivable_amount={"value": "9.11", "currency": "EUR"},
        update_time="2026-11-02T11:59:30Z",
    )
    told.at(SALE_PATH, response(200, shown))
    seen = await confirmed(told, notification())

    assert (Money(74, "USD"), Money(911, "EUR")) == (seen.fee, seen.net)
    assert NOON - timedelta(seconds=30) == seen.as_of


@pytest.mark.parametrize("stamp", [None, "", "2018-19-12T22:20:32.000Z", "yesterday", 7])
async def test_an_unreadable_time_orders_nothing(told: Told, stamp: object) -> None:
    told.at(SALE_PATH, response(200, sale(update_time=stamp)))

    assert (await confirmed(told, notification())).as_of is None


@pytest.mark.parametrize("name", ["reason_code", "pending_reason"])
async def test_a_pending_sale_says_why(told: Told, name: str) -> None:
    told.at(SALE_PATH, response(200, sale(state="pending", **{name: "ECHECK"})))
    seen = await confirmed(told, notification("PAYMENT.SALE.PENDING"))

    assert (PaymentStatus.pending, "ECHECK", None) == (seen.status, seen.reason, seen.hold)


@pytest.mark.parametrize(
    ("why", "hold"),
    [
        ({"reason_code": "PAYMENT_REVIEW"}, "PAYMENT_REVIEW"),
        (
            {"payment_hold_reasons": [{"payment_hold_reason": "NEW_SELLER_PAYMENT_HOLD"}]},
            "NEW_SELLER_PAYMENT_HOLD",
        ),
        ({"payment_hold_reasons": ["odd"]}, "held"),
        ({}, "held"),
    ],
)
async def test_money_paypal_holds_back_has_been_paid_and_is_on_hold(
    told: Told, why: dict[str, Any], hold: str
) -> None:
    told.at(SALE_PATH, response(200, sale(payment_hold_status="HELD", **why)))
    seen = await confirmed(told, notification("PAYMENT.SALE.PENDING"))

    assert (PaymentStatus.succeeded, hold, None) == (seen.status, seen.hold, seen.reason)


@pytest.mark.parametrize(
    ("event", "resource", "implies"),
    [
        ("PAYMENT.SALE.COMPLETED", {}, (Implied.decided,)),
        ("PAYMENT.SALE.DENIED", {}, (Implied.decided,)),
        ("PAYMENT.SALE.PENDING", {}, ()),
        (
            "PAYMENT.SALE.COMPLETED",
            {"payment_hold_status": "RELEASED"},
            (Implied.decided, Implied.released),
        ),
        ("PAYMENT.SALE.REFUNDED", {}, ()),
        ("PAYMENT.SALE.REVERSED", {"payment_hold_status": "RELEASED"}, ()),
    ],
)
async def test_what_an_event_implies_of_the_sale(
    told: Told, event: str, resource: dict[str, Any], implies: tuple[Implied, ...]
) -> None:
    told.at(SALE_PATH, response(200, sale(state="refunded")))
    told.at("/v1/payments/refund/5CS38179PL895402Y", problem(404))
    told.at("/v2/payments/refunds/5CS38179PL895402Y", problem(404))
    old = notification(event, age=timedelta(hours=1), **resource)
    answer: Any = await told.paypal.confirm(old, NOON)

    assert implies == answer.implies


async def test_a_hold_and_its_release_are_told(stage: Stage) -> None:
    """
    A held sale has succeeded; a second COMPLETED says that the money is free.
    """
    played, one = Played.on(stage), "SALE0000000HLD111"
    held = {"id": one, "amount": USD, "payment_hold_status": "HELD", "reason_code": "ECHECK"}
    await played.trigger("PAYMENT.SALE.COMPLETED", **held)
    await played.trigger(
        "PAYMENT.SALE.COMPLETED", id=one, amount=USD, payment_hold_status="RELEASED"
    )

    assert [
        ("payment.succeeded", None),
        ("payment.on_hold", None),
        ("subscription.renewed", None),
        ("invoice.paid", None),
        ("payment.released", None),
    ] == played.platform.said()


async def test_a_release_that_the_api_does_not_show_yet_is_waited_for(stage: Stage) -> None:
    played, one = Played.on(stage), "SALE0000000HLD222"
    await played.trigger("PAYMENT.SALE.COMPLETED", id=one, amount=USD, payment_hold_status="HELD")
    stale = [("sales", one, {"payment_hold_status": "HELD"})]
    await played.trigger(
        "PAYMENT.SALE.COMPLETED", stale, id=one, amount=USD, payment_hold_status="RELEASED"
    )
    assert [] == played.platform.said("payment.released")

    await played.books(("sales", one, {"payment_hold_status": None}))
    played.later(minutes=2)
    await played.platform.sweep()

    assert [("payment.released", None)] == played.platform.said("payment.released")


async def test_an_echeck_is_pending_for_six_days_and_has_one_invoice_then(stage: Stage) -> None:
    played, one = Played.on(stage), "SALE0000000ECH111"
    amount = {"total": "25.00", "currency": "USD"}
    await played.trigger("PAYMENT.SALE.PENDING", id=one, amount=amount)

    assert [("payment.pending", None)] == played.platform.said()
    assert "ECHECK" == played.platform.events[0].data["reason"]

    played.later(days=6)
    await played.trigger("PAYMENT.SALE.COMPLETED", id=one, amount=amount)
    await played.trigger("PAYMENT.SALE.COMPLETED", id=one, amount=amount)

    assert [
        ("payment.pending", None),
        ("payment.succeeded", None),
        ("subscription.renewed", None),
        ("invoice.paid", None),
    ] == played.platform.said()
    assert 1 == len(await stage.invoices())


async def test_a_completed_sale_that_the_api_still_shows_as_pending_is_asked_for_again(
    stage: Stage,
) -> None:
    played, one = Played.on(stage), "SALE0000000ECH222"
    stale = [("sales", one, {"state": "pending"})]
    await played.trigger("PAYMENT.SALE.COMPLETED", stale, id=one, amount=USD)
    assert [] == played.platform.said()

    await played.books(("sales", one, {"state": "completed"}))
    played.later(minutes=2)
    await played.platform.sweep()

    assert [
        ("payment.succeeded", None),
        ("subscription.renewed", None),
        ("invoice.paid", None),
    ] == played.platform.said()


async def test_a_one_off_sale_is_invoiced_to_the_payer_of_its_parent_payment(
    stage: Stage,
) -> None:
    played = Played.on(stage)
    one_off = {
        "id": "SALE0000000ONE111",
        "state": "completed",
        "amount": USD,
        "parent_payment": "PAYID-ONEOFF0000000001",
    }
    await played.body("PAYMENT.SALE.COMPLETED", one_off)

    assert [("payment.succeeded", None), ("invoice.paid", None)] == played.platform.said()
    assert ["buyer@example.com"] == [one["recipient"] for one in await stage.invoices()]


async def test_a_payer_that_paypal_will_not_show_holds_up_no_news_of_money(told: Told) -> None:
    told.at(SALE_PATH, response(200, sale(billing_agreement_id=None, parent_payment="PAY-1234")))
    told.at("/v1/payments/payment/PAY-1234", problem(403, "PERMISSION_DENIED"))
    seen = await confirmed(told, notification(billing_agreement_id=None))

    assert (PaymentStatus.succeeded, None) == (seen.status, seen.payer)


async def test_an_agreement_that_appears_after_days_brings_the_invoice(stage: Stage) -> None:
    """
    PayPal once left it out for days (PayPal-PHP-SDK issue 1201).
    """
    played, one = Played.on(stage), "SALE0000000MIS111"
    bare = {"id": one, "state": "completed", "amount": USD}
    await played.body("PAYMENT.SALE.COMPLETED", bare)
    assert [("payment.succeeded", None), ("invoice.withheld", None)] == played.platform.said()

    played.later(days=3)
    await played.trigger("BILLING.SUBSCRIPTION.ACTIVATED", id="I-LATEAGREE001")
    await played.trigger(
        "PAYMENT.SALE.COMPLETED", id=one, amount=USD, billing_agreement_id="I-LATEAGREE001"
    )

    assert [("invoice.paid", None)] == played.platform.said("invoice.paid")


UNREADABLE = [
    ("-5.00", "USD"),
    ("1,234.50", "USD"),
    ("1e3", "USD"),
    (None, "USD"),
    ("12.505", "USD"),
    ("5.00", "usd"),
    ("5.00", "DOLLARS"),
    ("5.00", None),
    (True, "USD"),
    ("", "USD"),
    ("0.999", "JPY"),
]


@pytest.mark.odd_answers
@pytest.mark.parametrize(("total", "currency"), UNREADABLE)
async def test_an_amount_that_cannot_be_read_is_parked_at_once(
    stage: Stage, total: object, currency: object
) -> None:
    """
    Waiting does not help; the reason says what is wrong.
    """
    played, one = Played.on(stage), "SALE0000000ODD111"
    odd = {"id": one, "state": "completed", "amount": {"total": total, "currency": currency}}
    result = await played.body("PAYMENT.SALE.COMPLETED", odd)

    assert ("parked", True) == (result.status, "amount" in (result.error or ""))


@pytest.mark.odd_answers
@pytest.mark.parametrize(
    ("total", "currency", "minor"),
    [
        # Two decimals by ISO 4217. PayPal's list of currencies without decimals (HUF, JPY, TWD)
        # is about what it is sent: what it shows is read as it is written.
        ("2490.50", "HUF", 249_050),
        ("0.00", "USD", 0),
        (0, "USD", 0),
        (5, "USD", 500),
        # A number with a point keeps its digits: no float is made of it.
        (5.5, "USD", 550),
        ("12.50000", "USD", 1250),
        ("99999999999999999999.99", "USD", 9999999999999999999999),
    ],
)
async def test_an_odd_amount_that_can_be_read_is_read_exactly(
    stage: Stage, total: object, currency: str, minor: int
) -> None:
    played, one = Played.on(stage), "SALE0000000ODD222"
    odd = {"id": one, "state": "completed", "amount": {"total": total, "currency": currency}}
    await played.body("PAYMENT.SALE.COMPLETED", odd)
    payment = await played.platform.payment(one)

    assert payment is not None
    assert Money(minor, currency) == payment.order.amount


@pytest.mark.parametrize(
    "amount", [{"total": "1e3", "currency": "USD"}, {"total": "-1.00", "currency": "USD"}, None]
)
async def test_a_fetched_amount_that_cannot_be_read_is_for_people(
    told: Told, amount: object
) -> None:
    told.at(SALE_PATH, response(200, sale(amount=amount)))
    with pytest.raises(Unconfirmable, match="amount"):
        await told.paypal.confirm(notification(), NOON)
