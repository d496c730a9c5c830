"""Opening subscriptions: what is sent to PayPal, and what its answers mean."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import (
    HttpNotSent,
    HttpUnanswered,
    Invalid,
    NotSent,
    Refused,
    Subscribed,
    Subscriber,
    SubscriptionRequest,
    Unanswered,
)
from penstock.testing.http import response
from tests.plugins.paypal.subscribing import (
    APPROVE,
    OPERATION,
    PLAN_ID,
    REQUEST,
    SUBSCRIPTION_ID,
    Scripted,
    answered,
    error,
    opened,
)
from tests.plugins.paypal.told import API

RETURN, CANCEL = REQUEST.return_url, REQUEST.cancel_url
ADA = REQUEST.subscriber


class TestCreate:
    async def test_what_is_sent_is_what_paypals_page_needs(self) -> None:
        scripted = Scripted(answered(201, opened()))
        await scripted.paypal.create_subscription(REQUEST)
        (sent,) = scripted.sent

        assert {
            "plan_id": PLAN_ID,
            "custom_id": "customer-12",
            "subscriber": {
                "name": {"given_name": "Ada", "surname": "Lovelace"},
                "email_address": "ada@example.test",
            },
            "application_context": {
                "brand_name": "Acme",
                "locale": "zh-TW",
                "user_action": "SUBSCRIBE_NOW",
                "shipping_preference": "NO_SHIPPING",
                "return_url": RETURN,
                "cancel_url": CANCEL,
            },
        } == sent.json
        assert ("POST", f"{API}/v1/billing/subscriptions") == (sent.method, sent.url)
        assert OPERATION == sent.headers["PayPal-Request-Id"]

    async def test_brand_and_language_are_paypals_own_unless_given(self) -> None:
        scripted = Scripted(answered(201, opened()))
        await scripted.paypal.create_subscription(replace(REQUEST, brand=None, locale=None))

        assert {"user_action", "shipping_preference", "return_url", "cancel_url"} == set(
            scripted.sent[0].json["application_context"]
        )

    @pytest.mark.parametrize("status", [200, 201])
    async def test_it_waits_for_the_buyer_also_when_the_request_is_repeated(
        self, status: int
    ) -> None:
        scripted = Scripted(answered(status, opened()))

        assert Subscribed(SUBSCRIPTION_ID, APPROVE) == (
            await scripted.paypal.create_subscription(REQUEST)
        )

    async def test_an_approval_link_has_2048_characters_at_most(self) -> None:
        longest = "https://www.sandbox.paypal.com/".ljust(2048, "x")
        scripted = Scripted(answered(201, opened(approve=longest)))

        assert Subscribed(SUBSCRIPTION_ID, longest) == (
            await scripted.paypal.create_subscription(REQUEST)
        )

    @pytest.mark.parametrize(
        "address",
        [
            "http://www.sandbox.paypal.com/x",
            "https://www.paypal.com/x",
            "https://evil.test/x",
            "https://www.sandbox.paypal.com.evil.test/x",
            "https://www.sandbox.paypal.com@evil.test/x",
            "https://evil.test\\@www.sandbox.paypal.com/x",
            "https://user@www.sandbox.paypal.com/x",
            "https://www.sandbox.paypal.com:8443/x",
            "https://www.sandbox.paypal.com /x",
            "https://www.sandbox.paypal.com/\t//evil.test",
            "//www.sandbox.paypal.com/x",
            "javascript:alert(1)",
            "https://www.sandbox.paypal.com/".ljust(2049, "x"),
            "https://[www.sandbox.paypal.com/x",
            "",
        ],
    )
    async def test_the_buyer_is_sent_to_paypal_only(self, address: str) -> None:
        scripted = Scripted(answered(201, opened(approve=address)))
        answer = await scripted.paypal.create_subscription(REQUEST)

        assert (
            Refused(
                "PayPal, create subscription: the approval link is not one of PayPal's own pages"
            )
            == answer
        )
        assert ["paypal.foreign_link"] == [event for _, event, _ in scripted.log.lines]
        # Nobody followed it.
        assert 1 == len(scripted.sent)

    @pytest.mark.parametrize(
        "body", [opened(approve=None), {**opened(), "id": "../x"}, {}, {"links": "none"}]
    )
    async def test_an_answer_without_an_id_or_a_link_is_asked_for_again(
        self, body: dict[str, Any]
    ) -> None:
        """
        The same request id has PayPal show what it opened.
        """
        scripted = Scripted(answered(201, body))

        assert isinstance(await scripted.paypal.create_subscription(REQUEST), Unanswered)

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            (replace(REQUEST, plan=""), "plan"),
            (replace(REQUEST, plan="../plans"), "plan"),
            (replace(REQUEST, plan="P-" + "1" * 49), "plan"),
            (replace(REQUEST, reference=""), "reference"),
            (replace(REQUEST, reference="x" * 128), "reference"),
            (replace(REQUEST, reference="Café"), "reference"),
            (replace(REQUEST, reference="a\nb"), "reference"),
            (
                replace(REQUEST, subscriber=Subscriber("", "Lovelace", ADA.email)),
                "subscriber.given_name",
            ),
            (
                replace(REQUEST, subscriber=Subscriber("Ada", "x" * 141, ADA.email)),
                "subscriber.surname",
            ),
            (
                replace(REQUEST, subscriber=Subscriber("Ada", "Lovelace", "ada")),
                "subscriber.email",
            ),
            (
                replace(REQUEST, subscriber=Subscriber("Ada", "Lovelace", "a@" + "b" * 253)),
                "subscriber.email",
            ),
            (replace(REQUEST, return_url="http://a"), "return_url"),
            (replace(REQUEST, cancel_url="https://a/" + "x" * 4000), "cancel_url"),
            (replace(REQUEST, brand=""), "brand"),
            (replace(REQUEST, brand="x" * 128), "brand"),
            (replace(REQUEST, locale="english"), "locale"),
        ],
    )
    async def test_a_field_that_paypal_would_not_take_is_named_and_nothing_is_sent(
        self, wrong: SubscriptionRequest, field: str
    ) -> None:
        scripted = Scripted()
        answer = await scripted.paypal.create_subscription(wrong)

        assert isinstance(answer, Invalid)
        assert field == answer.field
        assert [] == scripted.http.requests

    @pytest.mark.parametrize(
        "right",
        [
            replace(REQUEST, reference="x"),
            replace(REQUEST, reference=" ~" + "x" * 125),
            replace(REQUEST, subscriber=Subscriber("张", "三 O'Neil", ADA.email)),
            replace(REQUEST, locale="en"),
            replace(REQUEST, locale="zh-Hant-TW"),
        ],
    )
    async def test_what_paypal_takes_is_sent(self, right: SubscriptionRequest) -> None:
        scripted = Scripted(answered(201, opened()))

        assert isinstance(await scripted.paypal.create_subscription(right), Subscribed)

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (
                error(422, {"issue": "PLAN_STATUS_INVALID"}),
                Invalid("plan", "it is not active"),
            ),
            (
                error(404, {"issue": "INVALID_RESOURCE_ID"}),
                Invalid("plan", "PayPal knows no such plan"),
            ),
            (
                error(
                    400,
                    {"field": "/subscriber/email_address", "issue": "INVALID_PARAMETER_SYNTAX"},
                ),
                Invalid("subscriber.email", "PayPal refuses it: INVALID_PARAMETER_SYNTAX"),
            ),
            (
                error(400, {"field": "/custom_id", "issue": "INVALID_STRING_MAX_LENGTH"}),
                Invalid("reference", "PayPal refuses it: INVALID_STRING_MAX_LENGTH"),
            ),
            (
                error(400, {"field": "/start_time", "issue": "INVALID_PARAMETER_VALUE"}),
                Invalid("start_time", "PayPal refuses it: INVALID_PARAMETER_VALUE"),
            ),
            (
                error(422, {"issue": "USER_ACCOUNT_CLOSED"}),
                Refused("PayPal, create subscription: 422 USER_ACCOUNT_CLOSED, X_NAME"),
            ),
            (error(415), Refused("PayPal, create subscription: 415 X_NAME")),
            (
                error(409, name="PREVIOUS_REQUEST_IN_PROGRESS"),
                Unanswered("PayPal, create subscription: 409 PREVIOUS_REQUEST_IN_PROGRESS"),
            ),
            (error(500), Unanswered("PayPal, create subscription: 500 X_NAME")),
            (error(503), Unanswered("PayPal, create subscription: 503 X_NAME")),
            (error(403), NotSent("PayPal, create subscription: 403 X_NAME")),
            (HttpNotSent("no connection"), NotSent("no connection")),
            (HttpUnanswered("timeout"), Unanswered("timeout")),
            (answered(404, "<html>"), Unanswered("PayPal, create subscription: 404")),
        ],
    )
    async def test_each_refusal_has_its_answer(self, answer: Any, expected: object) -> None:
        scripted = Scripted(answer)

        assert expected == await scripted.paypal.create_subscription(REQUEST)

    async def test_a_rate_limit_says_when_to_come_back(self) -> None:
        limited = response(429, {"name": "RATE_LIMIT_REACHED"}, {"Retry-After": "7"})
        answer = await Scripted(limited).paypal.create_subscription(REQUEST)

        assert isinstance(answer, NotSent)
        assert 7 <= (answer.retry_after or 0) < 9

    async def test_no_address_and_no_name_is_in_an_answer_or_a_log(self) -> None:
        said = {"field": "/subscriber/email_address", "issue": "X", "value": "ada@example.test"}
        scripted = Scripted(error(400, said))
        answer = await scripted.paypal.create_subscription(REQUEST)

        assert "ada@" not in repr((answer, scripted.log.lines))
