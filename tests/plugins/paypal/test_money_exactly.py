"""Money re-read at PayPal: each answer just beside the one that decides, decides otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Contradicted,
    Critical,
    Declined,
    EntityKind,
    GatewayUnavailable,
    Implied,
    Money,
    Notification,
    NotSent,
    NotYet,
    Payer,
    PaymentStatus,
    Ref,
    RefundRequest,
    Succeeded,
    Transaction,
    Unanswered,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.money.refund import Refund
from penstock_paypal.money.sale import Sale, differences
from tests.plugins.paypal.invoices import ID, SHOW, invoice_body
from tests.plugins.paypal.sales import (
    AGREEMENT,
    CAPTURE_PATH,
    OLD_AGREEMENT_PATH,
    REFUND,
    REFUND_PATH,
    SALE,
    SALE_PATH,
    SUBSCRIPTION_PATH,
    confirmed,
    notification,
    refund,
    sale,
)
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.told import Told, problem

QUARTER = timedelta(minutes=15)
PAYMENT = "PAY-3ML43826KS5034829LBHYDOI"
PAYMENT_PATH = f"/v1/payments/payment/{PAYMENT}"
PAYER = {"payer": {"payer_info": {"payer_id": "GYDYPD4J6NW2N"}}}
PAID = Ref(EntityKind.payment, f"paypal-{SALE}")
ASKED = RefundRequest("op-1", f"paypal-{SALE}", SALE, Money(500, "USD"), note="sorry")


def of_v2(value: str = "12.50", **changes: Any) -> dict[str, Any]:
    amount = {"value": value, "currency_code": "USD"}
    return {"id": SALE, "status": "COMPLETED", "amount": amount, **changes}


def captured(told: Told, **shown: Any) -> None:
    """PayPal knows a capture of that id, and no sale."""
    told.at(SALE_PATH, problem(404))
    told.at(CAPTURE_PATH, response(200, of_v2(**shown)))


def of_checkout(entity: str, **more: Any) -> Notification:
    known = {"amount": {"value": "12.50", "currency_code": "USD"}, "billing_agreement_id": None}
    return notification("PAYMENT.CAPTURE.COMPLETED", entity=entity, **{**known, **more})


@pytest.fixture
def own() -> str:
    """An id of ours, as a checkout's payment has it."""
    from tests.plugins.paypal.ordering import PAYMENT_ID

    return PAYMENT_ID


@pytest.mark.parametrize("end", ["0", "z", "A"])
async def test_a_capture_that_names_another_payment_than_the_event_contradicts(
    told: Told, own: str, end: str
) -> None:
    captured(told, custom_id=f"{own[:-1]}{end}" if own[-1] != end else f"{own[:-1]}5")
    answer = await told.paypal.confirm(of_checkout(own), NOON)

    assert isinstance(answer, Contradicted)
    assert ("custom_id",) == answer.fields


async def test_a_capture_that_does_not_name_its_payment_yet_is_waited_for(
    told: Told, own: str
) -> None:
    captured(told)

    assert NotYet(10.0) == await told.paypal.confirm(of_checkout(own), NOON)
    old = replace(of_checkout(own), occurred_at=NOON - QUARTER)
    with pytest.raises(Unconfirmable, match=r"^PayPal does not show whose capture it is$"):
        await told.paypal.confirm(old, NOON)


async def test_what_a_capture_claims_is_compared_as_a_sales_is(told: Told, own: str) -> None:
    captured(told, custom_id=own, value="12.49")
    answer = await told.paypal.confirm(of_checkout(own), NOON)

    assert isinstance(answer, Contradicted)
    assert ("amount",) == answer.fields


@pytest.mark.parametrize(
    ("kind", "hold", "implies"),
    [
        ("PAYMENT.SALE.COMPLETED", None, (Implied.decided,)),
        ("PAYMENT.SALE.COMPLETED", "released", (Implied.decided, Implied.released)),
        ("PAYMENT.SALE.COMPLETED", "HELD", (Implied.decided,)),
        ("PAYMENT.SALE.COMPLETED", "ZERO", (Implied.decided,)),
        ("PAYMENT.SALE.DENIED", None, (Implied.decided,)),
        ("PAYMENT.SALE.PENDING", "RELEASED", (Implied.released,)),
        ("PAYMENT.SALE.PENDING", None, ()),
        ("PAYMENT.SALE.REFUNDED", "RELEASED", ()),
    ],
)
async def test_what_an_event_decides_no_older_copy_takes_back(
    told: Told, kind: str, hold: str | None, implies: tuple[Implied, ...]
) -> None:
    told.at(SALE_PATH, response(200, sale()))
    told.at(REFUND_PATH, response(200, refund()))
    about = {"id": REFUND} if kind.endswith("REFUNDED") else {}
    claim = notification(kind, payment_hold_status=hold, **about)
    answer: Any = await told.paypal.confirm(claim, NOON)

    assert implies == answer.implies


@pytest.mark.parametrize("kind", ["COMPLETED", "PENDING", "DENIED", "DECLINED"])
async def test_each_event_about_a_capture_is_decided_but_a_pending_one(
    told: Told, own: str, kind: str
) -> None:
    captured(told, custom_id=own)
    claim = replace(of_checkout(own), type=f"PAYMENT.CAPTURE.{kind}")
    answer: Any = await told.paypal.confirm(claim, NOON)

    assert (() if kind == "PENDING" else (Implied.decided,)) == answer.implies


async def test_a_refund_of_an_unknown_state_is_for_people_and_kept_as_it_was_when_read_again(
    told: Told,
) -> None:
    told.at(REFUND_PATH, response(200, refund(state="odd")))
    with pytest.raises(Unconfirmable, match=r"^PayPal, show refund: a refund without an id"):
        await told.paypal.confirm(notification("PAYMENT.SALE.REFUNDED", id=REFUND), NOON)
    known = Transaction(REFUND, "refund", PaymentStatus.refunded, Money(500, "USD"), NOON)
    answer: Any = await told.paypal.reread(PAID, [known], NOON)

    assert (known,) == answer.refunds
    assert ("warning", "paypal.refund_unreadable", REFUND) == (
        *told.log.lines[-1][:2],
        told.log.lines[-1][2]["refund"],
    )


@pytest.mark.parametrize(
    "shown",
    [
        refund(id=None),
        refund(state=None),
        refund(state="odd"),
        refund(amount=None),
    ],
)
def test_a_refund_without_an_id_an_amount_or_a_known_state_is_none(shown: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a refund without an id, an amount or a state"):
        Refund.of(shown, NOON)


@pytest.mark.parametrize(
    ("rel", "sale_id"), [("sale", SALE), ("capture", SALE), ("up", SALE), ("self", None)]
)
def test_a_refund_names_its_sale_by_a_field_or_by_one_of_three_links(
    rel: str, sale_id: str | None
) -> None:
    href = f"https://api.paypal.com/v2/payments/captures/{SALE}"
    links = [{"rel": rel, "href": "https://api.paypal.com/x"}, {"rel": rel, "href": href}]

    assert sale_id == Refund.of(refund(sale_id=None, links=links), NOON).sale
    assert "CAP-1" == Refund.of(refund(sale_id=None, capture_id="CAP-1", links=links), NOON).sale


@pytest.mark.parametrize("sales", [[], ["SALE-1"], ["SALE-1", "SALE-2"], ["SALE-1", "SALE-1"]])
async def test_a_payment_names_the_sale_of_its_refund_if_there_is_one_only(
    told: Told, sales: list[str]
) -> None:
    named = notification("PAYMENT.SALE.REFUNDED", entity=None, id=REFUND)
    told.at(REFUND_PATH, response(200, refund(sale_id=None, parent_payment=PAYMENT)))
    parts = [{"sale": {"id": one}} for one in sales]
    told.at(PAYMENT_PATH, response(200, {"transactions": [{"related_resources": parts}]}))
    if len(set(sales)) == 1:
        assert "paypal-SALE-1" == await told.paypal.locate(named, NOON)
    else:
        with pytest.raises(Unconfirmable, match="PayPal does not say of which sale"):
            await told.paypal.locate(named, NOON)
    told.at(PAYMENT_PATH, problem(404))
    with pytest.raises(Unconfirmable, match="PayPal does not say of which sale"):
        await told.paypal.locate(named, NOON)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 422])
async def test_only_paypals_own_404_of_a_capture_leads_to_its_sale(
    told: Told, status: int
) -> None:
    told.at(CAPTURE_PATH, problem(status))
    told.at(SALE_PATH, response(200, sale()))
    answer = await told.paypal.route_refund(ASKED)

    assert (status != 404) is isinstance(answer, NotSent)


async def test_what_is_no_id_of_paypals_is_no_payment(told: Told) -> None:
    odd = replace(ASKED, transaction="../x")

    assert Declined("PayPal holds no such payment") == await told.paypal.route_refund(odd)
    assert [] == told.asked


V2 = f"{CAPTURE_PATH}/refund"


async def test_a_refund_is_asked_for_whole_so_that_its_amount_is_in_the_answer() -> None:
    scripted = Scripted(response(201, {**of_v2("5.00"), "id": REFUND}))

    assert Succeeded(REFUND) == await scripted.paypal.refund(replace(ASKED, path=V2))
    assert "return=representation" == scripted.sent[0].headers["Prefer"]


@pytest.mark.parametrize(
    ("value", "means"), [("4.99", Critical), ("5.00", Succeeded), ("5.01", Critical)]
)
async def test_a_refund_of_another_amount_is_for_people(
    told: Told, value: str, means: type
) -> None:
    told.at(V2, response(201, {**of_v2(value), "id": REFUND}))

    assert means is type(await told.paypal.refund(replace(ASKED, path=V2)))


@pytest.mark.parametrize(
    "answers",
    [
        {V2: response(201, {"id": REFUND}), REFUND_PATH: problem(500)},
        {V2: response(201, {"id": REFUND}), REFUND_PATH: problem(400)},
        {V2: response(201, {"id": REFUND}), REFUND_PATH: response(200, refund(state="odd"))},
        {V2: response(201, {**of_v2("5.00"), "status": "ODD"})},
        {V2: response(201, {})},
    ],
)
async def test_an_answer_that_does_not_say_what_went_back_leaves_it_open(
    told: Told, answers: dict[str, Any]
) -> None:
    for path, answer in answers.items():
        told.at(path, answer)

    assert isinstance(await told.paypal.refund(replace(ASKED, path=V2)), Unanswered)


@pytest.mark.parametrize("answer", [problem(400), response(200, refund(state="odd"))])
async def test_a_pending_refund_that_cannot_be_read_is_asked_for_again(
    told: Told, answer: Any
) -> None:
    told.at(REFUND_PATH, answer)
    with pytest.raises(GatewayUnavailable, match=r"^PayPal, show refund: "):
        await told.paypal.read_refund(replace(ASKED, reference=REFUND))


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
    ("rel", "order"), [("up", "ORDER-1"), ("self", None), ("via", None), ("refund", None)]
)
def test_a_capture_names_its_order_by_its_id_or_by_the_link_up(
    rel: str, order: str | None
) -> None:
    links = [{"rel": rel, "href": "https://api.paypal.com/v2/checkout/orders/ORDER-1"}]
    related = {"related_ids": {"order_id": "ORDER-2"}}

    assert order == Sale.of(of_v2(links=[{"rel": "up"}, *links]), NOON).order
    assert "ORDER-2" == Sale.of(of_v2(links=links, supplementary_data=related), NOON).order


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


async def test_of_many_refunds_the_twenty_newest_are_read_again_five_at_a_time(
    told: Told,
) -> None:
    known = [
        Transaction(
            f"REF-{number:02}",
            "refund",
            PaymentStatus.refunded,
            Money(1, "USD"),
            NOON + timedelta(minutes=number * 7 % 22),
        )
        for number in range(22)
    ]
    asking, most = 0, 0

    plain = told.http.request

    async def counted(method: str, url: str, **more: Any) -> Any:
        nonlocal asking, most
        if "/refund" not in url:
            return await plain(method, url, **more)
        asking, most = asking + 1, max(most, asking + 1)
        for _ in range(3):
            await asyncio.sleep(0)
        asking -= 1
        return problem(404)

    told.http.request = counted  # type: ignore[method-assign] # the port, counting
    first = Transaction(SALE, "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
    answer: Any = await told.paypal.reread(PAID, [first, *known], NOON)

    assert 5 == most
    assert sorted((one.at for one in known), reverse=True)[:20] == [
        one.at for one in answer.refunds
    ]


@pytest.mark.parametrize("other", ["000", "ZZZ"])
async def test_what_went_back_is_read_by_ids_beside_the_sales_own(told: Told, other: str) -> None:
    known = Transaction(other, "refund", PaymentStatus.refunded, Money(1, "USD"), NOON)
    step = replace(known, id=SALE, kind="sale")
    for path in (f"/v1/payments/refund/{other}", f"/v2/payments/refunds/{other}"):
        told.at(path, problem(404))
    answer: Any = await told.paypal.reread(PAID, [step, known], NOON)

    assert (known,) == answer.refunds


async def test_what_is_no_sale_is_asked_for_again(told: Told) -> None:
    told.at(SALE_PATH, response(200, {"id": SALE}))
    with pytest.raises(GatewayUnavailable, match=r"^PayPal, show sale: a sale without an id or a"):
        await told.paypal.reread(PAID, [], NOON)


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


def about_invoice(age: timedelta = timedelta(seconds=5), entity: str | None = None) -> Any:
    known = notification("INVOICING.INVOICE.PAID", entity=entity, age=age)
    return replace(known, resource={"invoice": {"id": ID}})


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Unconfirmable),
        (401, GatewayUnavailable),
        (402, Unconfirmable),
        (403, None),
        (409, GatewayUnavailable),
        (422, Unconfirmable),
        (500, GatewayUnavailable),
    ],
)
async def test_an_invoice_that_may_not_be_read_is_none_of_ours_and_any_other_refusal_is_said(
    told: Told, status: int, error: type[Exception] | None
) -> None:
    told.at(SHOW, problem(status))
    for age in (timedelta(), QUARTER):
        if error is None:
            assert None is await told.paypal.locate(about_invoice(age), NOON)
        else:
            with pytest.raises(error):
                await told.paypal.locate(about_invoice(age), NOON)


async def test_an_invoice_that_is_not_shown_is_none_of_ours_after_a_quarter_of_an_hour(
    told: Told,
) -> None:
    told.at(SHOW, problem(404))
    young = QUARTER - timedelta(seconds=1)
    with pytest.raises(GatewayUnavailable, match="PayPal does not show the invoice yet") as later:
        await told.paypal.locate(about_invoice(young), NOON)

    assert 2.0 == later.value.retry_after
    assert None is await told.paypal.locate(about_invoice(QUARTER), NOON)
    ours = f"paypal-{SALE}"
    assert NotYet(2.0) == await told.paypal.confirm(about_invoice(young, ours), NOON)
    with pytest.raises(Unconfirmable, match=r"^PayPal shows no such invoice$"):
        await told.paypal.confirm(about_invoice(QUARTER, ours), NOON)


@pytest.mark.parametrize(("reference", "entity"), [(SALE, f"paypal-{SALE}"), (None, None)])
async def test_an_invoice_concerns_the_sale_that_paypal_shows_as_its_reference(
    told: Told, reference: str | None, entity: str | None
) -> None:
    told.at(SHOW, response(200, invoice_body("PAID", reference=reference)))

    assert entity == await told.paypal.locate(about_invoice(), NOON)


@pytest.mark.parametrize(("by", "twice"), [(SALE, False), ("8E2904407M872241P", True)])
async def test_an_invoice_whose_only_payment_is_the_sale_is_not_paid_twice(
    told: Told, by: str, twice: bool
) -> None:
    paid = {"type": "PAYPAL", "payment_id": by}
    told.at(SHOW, response(200, invoice_body("PAID", paid)))
    answer: Any = await told.paypal.confirm(about_invoice(entity=f"paypal-{SALE}"), NOON)

    assert (twice, False) == (answer.observation.paid_twice, answer.observation.cancelled)
    told.at(SHOW, response(200, invoice_body("CANCELLED")))
    answer = await told.paypal.confirm(about_invoice(entity=f"paypal-{SALE}"), NOON)

    assert (False, True) == (answer.observation.paid_twice, answer.observation.cancelled)
