"""An order at PayPal: opened and read, and whose money it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import (
    GatewayUnavailable,
    HttpNotSent,
    HttpUnanswered,
    Invalid,
    Money,
    NotSent,
    Opened,
    PaymentStatus,
    Refused,
    Response,
    Standing,
    Unanswered,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.disputes.shown import observation
from penstock_paypal.money.sale import Sale
from tests.plugins.paypal.ordering import (
    APPROVE,
    BOOK,
    CAPTURE_ID,
    OPERATION,
    ORDER_ID,
    PAYMENT_ID,
    REQUEST,
    capture,
    created,
    order,
    refused,
)
from tests.plugins.paypal.orders import WHERE
from tests.plugins.paypal.subscribing import Scripted
from tests.plugins.paypal.told import API


class TestOpening:
    async def test_what_is_sent_is_an_order_with_the_payments_id_and_nothing_of_the_merchants(
        self,
    ) -> None:
        scripted = Scripted(response(200, created()))
        await scripted.paypal.open_checkout(REQUEST)
        (sent,) = scripted.sent

        assert ("POST", WHERE, OPERATION, "return=representation") == (
            sent.method,
            sent.url,
            sent.headers["PayPal-Request-Id"],
            sent.headers["Prefer"],
        )
        assert {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "custom_id": PAYMENT_ID,
                    "amount": {"currency_code": "USD", "value": "12.50"},
                    "description": "A book",
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "user_action": "PAY_NOW",
                        "shipping_preference": "NO_SHIPPING",
                        "return_url": "https://penstock.test/return/secret",
                        "cancel_url": "https://penstock.test/cancel/secret",
                        "brand_name": "Acme",
                    }
                }
            },
        } == sent.json

    @pytest.mark.parametrize("rel", ["payer-action", "approve"])
    async def test_the_buyer_has_three_hours_from_the_orders_creation(self, rel: str) -> None:
        scripted = Scripted(response(201, created(rel=rel)))

        assert Opened(
            ORDER_ID, APPROVE, datetime(2026, 11, 2, 15, tzinfo=UTC)
        ) == await scripted.paypal.open_checkout(REQUEST)

    @pytest.mark.parametrize(
        "address",
        [
            f"https://www.sandbox.paypal.com.evil.test/checkoutnow?token={ORDER_ID}",
            "https://evil.test/",
            "javascript:alert(1)",
        ],
    )
    async def test_no_buyer_is_sent_to_a_page_that_is_not_paypals(self, address: str) -> None:
        scripted = Scripted(response(201, created(address)))

        answer = await scripted.paypal.open_checkout(REQUEST)

        assert isinstance(answer, Refused)
        assert "evil" not in repr(answer)

    @pytest.mark.parametrize(
        ("money", "field"),
        [
            (Money(1250, "KWD"), "order.currency"),
            (Money(1250, "RUB"), "order.currency"),
            (Money(1250, "TWD"), "order.amount"),
        ],
    )
    async def test_money_that_paypal_does_not_take_is_refused_unsent(
        self, money: Money, field: str
    ) -> None:
        scripted = Scripted()

        answer = await scripted.paypal.open_checkout(
            replace(REQUEST, order=replace(BOOK, amount=money))
        )

        assert isinstance(answer, Invalid)
        assert (field, []) == (answer.field, scripted.sent)

    @pytest.mark.parametrize(
        ("answer", "means"),
        [
            (HttpNotSent("no connection"), NotSent),
            (HttpUnanswered("lost"), Unanswered),
            (response(500), Unanswered),
            (refused("PREVIOUS_REQUEST_IN_PROGRESS", 409), Unanswered),
            (response(429, "", {"Retry-After": "7"}), NotSent),
            (response(403, {"name": "NOT_AUTHORIZED"}), NotSent),
            (refused("PAYEE_ACCOUNT_RESTRICTED"), Refused),
            (refused("INVALID_CURRENCY_CODE"), Invalid),
            (response(201, {"id": ORDER_ID, "links": []}), Unanswered),
            (response(400, "<html>"), Unanswered),
            (refused("DUPLICATE_REQUEST_ID"), Unanswered),
        ],
    )
    async def test_what_an_answer_means(self, answer: Response | Exception, means: type) -> None:
        assert means is type(await Scripted(answer).paypal.open_checkout(REQUEST))


class TestReading:
    async def test_a_captured_order_is_read_with_its_capture_as_it_stands_by_itself(self) -> None:
        scripted = Scripted(
            response(200, order("COMPLETED", capture("PENDING"))),
            response(200, capture("COMPLETED")),
        )

        seen = await scripted.paypal.read_checkout(ORDER_ID, NOON)

        assert seen is not None
        assert seen.money is not None
        assert (Standing.captured, PAYMENT_ID, PaymentStatus.succeeded) == (
            seen.standing,
            seen.payment_id,
            seen.money.status,
        )
        assert seen.money.payer is not None
        assert (ORDER_ID, None, "ada@example.test") == (
            seen.money.checkout,
            seen.money.reference,
            seen.money.payer.email,
        )
        assert [f"{WHERE}/{ORDER_ID}", f"{API}/v2/payments/captures/{CAPTURE_ID}"] == [
            one.url for one in scripted.sent
        ]

    @pytest.mark.parametrize(
        ("status", "standing"),
        [
            ("CREATED", Standing.open),
            ("PAYER_ACTION_REQUIRED", Standing.open),
            ("APPROVED", Standing.approved),
            ("VOIDED", Standing.closed),
        ],
    )
    async def test_an_order_without_a_capture(self, status: str, standing: Standing) -> None:
        scripted = Scripted(response(200, order(status)))

        seen = await scripted.paypal.read_checkout(ORDER_ID, NOON)

        assert seen is not None
        assert (standing, None) == (seen.standing, seen.money)

    async def test_an_order_that_paypal_shows_no_longer_is_none(self) -> None:
        scripted = Scripted(refused("INVALID_RESOURCE_ID", 404))

        assert None is await scripted.paypal.read_checkout(ORDER_ID, NOON)

    @pytest.mark.parametrize("page", ["<html>not here</html>", ""])
    async def test_a_proxys_404_does_not_say_that_an_order_is_gone(self, page: str) -> None:
        with pytest.raises(GatewayUnavailable):
            await Scripted(response(404, page)).paypal.read_checkout(ORDER_ID, NOON)

    @pytest.mark.parametrize(
        "shown",
        [
            order("NEW"),
            order("COMPLETED"),
            order("COMPLETED", capture(), capture()),
            {**order("CREATED"), "id": "OTHER0000000000AB"},
            {**order("CREATED"), "purchase_units": [{}, {}]},
        ],
        ids=["status", "no capture", "two captures", "another order", "two units"],
    )
    async def test_an_order_that_cannot_be_ours_is_not_guessed_at(
        self, shown: dict[str, Any]
    ) -> None:
        with pytest.raises((Unconfirmable, GatewayUnavailable)):
            await Scripted(response(200, shown)).paypal.read_checkout(ORDER_ID, NOON)


class TestWhoseMoneyItIs:
    @pytest.mark.parametrize(
        "named",
        [
            {"supplementary_data": {"related_ids": {"order_id": ORDER_ID}}},
            {"links": [{"rel": "up", "href": f"{API}/v2/checkout/orders/{ORDER_ID}"}]},
        ],
        ids=["field", "link"],
    )
    def test_a_capture_names_its_order(self, named: dict[str, Any]) -> None:
        assert ORDER_ID == Sale.of(capture(**named), NOON).order

    def test_a_dispute_over_a_checkout_is_about_our_payment(self) -> None:
        transaction = {"seller_transaction_id": CAPTURE_ID, "custom": PAYMENT_ID}
        told = {"status": "OPEN", "disputed_transactions": [transaction]}

        assert (PAYMENT_ID,) == observation(told, "paypal", "PP-D-1", NOON, "").payments
