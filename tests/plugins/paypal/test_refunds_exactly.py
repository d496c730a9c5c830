"""Refunds re-read at PayPal and asked for there: one answer decides, the next one otherwise."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Critical,
    GatewayUnavailable,
    Money,
    PaymentStatus,
    Succeeded,
    Transaction,
    Unanswered,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.money.refund import Refund
from tests.plugins.paypal.captures import ASKED, PAID, PAYMENT, PAYMENT_PATH, of_v2
from tests.plugins.paypal.sales import (
    CAPTURE_PATH,
    REFUND,
    REFUND_PATH,
    SALE,
    notification,
    refund,
)
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.told import Told, problem


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
