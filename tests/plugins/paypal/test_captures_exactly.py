"""A capture re-read at PayPal: whose it is, and what an event of it decides."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    Contradicted,
    GatewayUnavailable,
    Implied,
    Money,
    Notification,
    NotSent,
    NotYet,
    PaymentStatus,
    Transaction,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.money.sale import Sale
from tests.plugins.paypal.captures import ASKED, PAID, QUARTER, of_v2
from tests.plugins.paypal.sales import (
    CAPTURE_PATH,
    REFUND,
    REFUND_PATH,
    SALE,
    SALE_PATH,
    notification,
    refund,
    sale,
)
from tests.plugins.paypal.told import Told, problem


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


@pytest.mark.parametrize("status", [400, 403, 404, 405, 422])
async def test_only_paypals_own_404_of_a_capture_leads_to_its_sale(
    told: Told, status: int
) -> None:
    told.at(CAPTURE_PATH, problem(status))
    told.at(SALE_PATH, response(200, sale()))
    answer = await told.paypal.route_refund(ASKED)

    assert (status != 404) is isinstance(answer, NotSent)


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


async def test_a_checkout_is_read_again_by_its_first_transaction(told: Told, own: str) -> None:
    captured(told, custom_id=own)
    paid = Transaction(SALE, "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
    other = replace(paid, id="none of PayPal's", kind="refund")
    answer: Any = await told.paypal.reread(replace(PAID, id=own), [paid, other], NOON)

    assert (SALE, None) == (answer.transaction.id, answer.reference)
    assert NotYet() == await told.paypal.reread(replace(PAID, id=own), [], NOON)


async def test_what_is_no_sale_is_asked_for_again(told: Told) -> None:
    told.at(SALE_PATH, response(200, {"id": SALE}))
    with pytest.raises(GatewayUnavailable, match=r"^PayPal, show sale: a sale without an id or a"):
        await told.paypal.reread(PAID, [], NOON)
