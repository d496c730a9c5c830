"""An approved order is captured: what each answer means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.api import (
    Captured,
    Closed,
    Critical,
    Declined,
    NotApproved,
    PaymentStatus,
    Refused,
    Response,
    Unanswered,
)
from penstock.testing.http import response
from tests.plugins.paypal.ordering import (
    CAPTURE,
    CAPTURE_ID,
    OPERATION,
    ORDER_ID,
    capture,
    order,
    refused,
)
from tests.plugins.paypal.orders import WHERE
from tests.plugins.paypal.subscribing import Scripted


class TestCapturing:
    async def test_the_request_id_is_the_operations(self) -> None:
        scripted = Scripted(response(201, order("COMPLETED", capture())))
        await scripted.paypal.capture_checkout(CAPTURE)
        (sent,) = scripted.sent

        assert (f"{WHERE}/{ORDER_ID}/capture", OPERATION, {}) == (
            sent.url,
            sent.headers["PayPal-Request-Id"],
            sent.json,
        )

    @pytest.mark.parametrize(
        ("status", "becomes"),
        [
            ("COMPLETED", PaymentStatus.succeeded),
            ("PENDING", PaymentStatus.pending),
            ("DECLINED", PaymentStatus.declined),
            ("FAILED", PaymentStatus.declined),
        ],
    )
    async def test_what_becomes_of_its_money(self, status: str, becomes: PaymentStatus) -> None:
        details = {"status_details": {"reason": "ECHECK"}}
        answer = await Scripted(
            response(201, order("COMPLETED", capture(status, **details)))
        ).paypal.capture_checkout(CAPTURE)

        assert isinstance(answer, Captured)
        assert answer.seen.money is not None
        assert (becomes, CAPTURE_ID) == (
            answer.seen.money.status,
            answer.seen.money.transaction.id,
        )

    @pytest.mark.parametrize(
        ("issue", "status", "means"),
        [
            ("INSTRUMENT_DECLINED", 422, Declined("INSTRUMENT_DECLINED")),
            ("TRANSACTION_REFUSED", 422, Declined("TRANSACTION_REFUSED")),
            ("ORDER_NOT_APPROVED", 422, NotApproved()),
            ("PAYER_ACTION_REQUIRED", 422, NotApproved()),
            ("ORDER_EXPIRED", 422, Closed("ORDER_EXPIRED")),
            (
                "MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED",
                422,
                Closed("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED"),
            ),
            (
                "INVALID_RESOURCE_ID",
                404,
                Closed("PayPal does not show the order any more"),
            ),
        ],
    )
    async def test_what_an_issue_means(self, issue: str, status: int, means: object) -> None:
        assert means == await Scripted(refused(issue, status)).paypal.capture_checkout(CAPTURE)

    @pytest.mark.parametrize(
        "answer",
        [
            response(404, "<html>not here</html>"),
            response(404, ""),
            response(400, "<html>bad request</html>"),
            response(422, "<html>"),
            refused("DUPLICATE_REQUEST_ID"),
            refused("PREVIOUS_REQUEST_IN_PROGRESS", 409),
            refused("ORDER_COMPLETION_IN_PROGRESS"),
        ],
        ids=["404 page", "empty 404", "400 page", "422 page", "id used", "id in use", "at it"],
    )
    async def test_what_may_have_captured_is_no_verdict(self, answer: Response) -> None:
        """
        A proxy's page says nothing of the order, and an id that was used before may have captured.
        """
        assert isinstance(await Scripted(answer).paypal.capture_checkout(CAPTURE), Unanswered)

    async def test_an_issue_that_is_not_known_here_needs_a_person(self) -> None:
        answer = await Scripted(refused("SETUP_ERROR_FOR_BANK")).paypal.capture_checkout(CAPTURE)

        assert isinstance(answer, Refused)

    @pytest.mark.parametrize(
        ("then", "means"),
        [
            ([response(200, order("COMPLETED", capture())), response(200, capture())], Captured),
            ([response(503)], Unanswered),
            ([refused("INVALID_RESOURCE_ID", 404)], Unanswered),
            ([response(200, order("APPROVED"))], Unanswered),
        ],
        ids=["shown", "no answer", "not shown", "no capture"],
    )
    async def test_one_that_is_captured_already_is_read_before_it_is_a_success(
        self, then: list[Response], means: type
    ) -> None:
        scripted = Scripted(refused("ORDER_ALREADY_CAPTURED"), *then)

        assert means is type(await scripted.paypal.capture_checkout(CAPTURE))

    @pytest.mark.parametrize(
        "shown",
        [
            order("COMPLETED", capture(custom_id="pay-" + "0" * 32)),
            order("COMPLETED", capture(custom_id="order-7")),
        ],
    )
    async def test_a_capture_of_another_payment_needs_a_person(
        self, shown: dict[str, Any]
    ) -> None:
        answer = await Scripted(response(201, shown)).paypal.capture_checkout(CAPTURE)

        assert isinstance(answer, Critical)

    async def test_an_answer_about_another_order_leaves_it_unknown(self) -> None:
        other = {**order("COMPLETED", capture()), "id": "OTHER0000000000AB"}

        answer = await Scripted(response(201, other)).paypal.capture_checkout(CAPTURE)

        assert isinstance(answer, Unanswered)


def test_request_ids_are_kept_for_six_hours() -> None:
    assert timedelta(hours=6).total_seconds() == Scripted().paypal.checkout_keys_kept
