"""Changing subscriptions: what is sent to PayPal, and what its answers mean."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import (
    Done,
    HttpNotSent,
    HttpUnanswered,
    Invalid,
    NotSent,
    Refused,
    Response,
    Revised,
    Unanswered,
)
from tests.plugins.paypal.subscribing import (
    APPROVE,
    PLAN_ID,
    REQUEST,
    SUBSCRIPTION_ID,
    Scripted,
    answered,
    error,
    opened,
    subscription,
)
from tests.plugins.paypal.told import API

RETURN, CANCEL = REQUEST.return_url, REQUEST.cancel_url
WHERE = f"{API}/v1/billing/subscriptions/{SUBSCRIPTION_ID}"


def shown(status: str) -> Response:
    """The subscription, read in that status."""
    return answered(200, subscription(status))


async def change(scripted: Scripted, verb: str, reason: str = "asked for") -> Any:
    """Make one of the three calls."""
    return await getattr(scripted.paypal, f"{verb}_subscription")(SUBSCRIPTION_ID, reason)


async def revise(scripted: Scripted) -> Any:
    """Ask for the plan."""
    return await scripted.paypal.revise_subscription(SUBSCRIPTION_ID, PLAN_ID, RETURN, CANCEL)


CHANGES = [("cancel", "cancel"), ("suspend", "suspend"), ("resume", "activate")]


@pytest.mark.parametrize(("verb", "path"), CHANGES)
class TestChange:
    async def test_it_is_done_with_its_reason(self, verb: str, path: str) -> None:
        scripted = Scripted(answered(204))

        assert Done() == await change(scripted, verb, "too dear")
        (sent,) = scripted.sent
        assert ("POST", f"{WHERE}/{path}") == (sent.method, sent.url)
        assert {"reason": "too dear"} == sent.json
        # PayPal keeps none for these.
        assert "PayPal-Request-Id" not in sent.headers

    @pytest.mark.parametrize("reason", ["", " ", "x" * 129, "a\nb"])
    async def test_a_reason_that_paypal_would_not_take_is_named_and_nothing_is_sent(
        self, verb: str, path: str, reason: str
    ) -> None:
        scripted = Scripted()
        answer = await change(scripted, verb, reason)

        assert isinstance(answer, Invalid)
        assert "reason" == answer.field
        assert [] == scripted.http.requests

    async def test_a_status_that_does_not_allow_it_is_a_refusal(
        self, verb: str, path: str
    ) -> None:
        """
        PayPal says so of a cancelled one that is cancelled again, too.
        """
        refused = error(422, {"issue": "SUBSCRIPTION_STATUS_INVALID"})

        assert Refused(
            f"PayPal, {path} subscription: 422 SUBSCRIPTION_STATUS_INVALID, X_NAME"
        ) == await change(Scripted(refused), verb)

    @pytest.mark.parametrize(
        "lost", [HttpUnanswered("timeout"), error(500), error(503), error(409)]
    )
    async def test_a_lost_answer_leaves_it_unknown(self, verb: str, path: str, lost: Any) -> None:
        """
        Nothing is repeated: PayPal keeps no request ids for these.
        """
        scripted = Scripted(lost)

        assert isinstance(await change(scripted, verb), Unanswered)
        assert 1 == len(scripted.sent)

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            (error(404), Refused("PayPal knows no such subscription")),
            (
                error(400, {"field": "/reason", "issue": "INVALID_STRING_MAX_LENGTH"}),
                Invalid("reason", "PayPal refuses it: INVALID_STRING_MAX_LENGTH"),
            ),
            (HttpNotSent("no connection"), NotSent("no connection")),
        ],
    )
    async def test_other_refusals_are_final_or_not_sent(
        self, verb: str, path: str, answer: Any, expected: object
    ) -> None:
        scripted = Scripted(answer)

        assert expected == await change(scripted, verb)
        assert 1 == len(scripted.sent)

    async def test_a_proxys_404_does_not_say_that_paypal_knows_no_such_subscription(
        self, verb: str, path: str
    ) -> None:
        scripted = Scripted(answered(404, "<html>"))

        assert isinstance(await change(scripted, verb), Unanswered)

    async def test_refused_credentials_mean_that_nothing_happened(
        self, verb: str, path: str
    ) -> None:
        assert NotSent(f"PayPal, {path} subscription: 403 X_NAME") == (
            await change(Scripted(error(403)), verb)
        )


@pytest.mark.parametrize("verb", ["cancel", "suspend", "resume"])
async def test_what_is_no_id_of_paypals_is_not_asked_for(verb: str) -> None:
    scripted = Scripted()
    call = getattr(scripted.paypal, f"{verb}_subscription")

    assert Refused("PayPal knows no such subscription") == await call("../x", "asked for")
    assert [] == scripted.http.requests


class TestRevise:
    async def test_the_buyer_approves_the_new_plan(self) -> None:
        scripted = Scripted(answered(200, opened()))

        assert Revised(APPROVE) == await revise(scripted)
        (sent,) = scripted.sent
        assert ("POST", f"{WHERE}/revise") == (sent.method, sent.url)
        assert {
            "plan_id": PLAN_ID,
            "application_context": {
                "user_action": "SUBSCRIBE_NOW",
                "shipping_preference": "NO_SHIPPING",
                "return_url": RETURN,
                "cancel_url": CANCEL,
            },
        } == sent.json

    @pytest.mark.parametrize(
        ("answers", "expected"),
        [
            (
                [error(422, {"issue": "PLAN_PRODUCT_NOT_COMPATIBLE"})],
                Invalid("plan", "it is of another product than the subscription's plan"),
            ),
            (
                [error(422, {"issue": "CURRENCY_MISMATCH"})],
                Invalid("plan", "its currency is not the subscription's"),
            ),
            ([error(404), shown("ACTIVE")], Invalid("plan", "PayPal knows no such plan")),
            ([error(404), error(404)], Refused("PayPal knows no such subscription")),
            (
                [error(422, {"issue": "SUBSCRIPTION_STATUS_INVALID"})],
                Refused("PayPal, revise subscription: 422 SUBSCRIPTION_STATUS_INVALID, X_NAME"),
            ),
            ([error(503)], Unanswered("PayPal, revise subscription: 503 X_NAME")),
            ([error(403)], NotSent("PayPal, revise subscription: 403 X_NAME")),
            ([HttpNotSent("no connection")], NotSent("no connection")),
            ([HttpUnanswered("timeout")], Unanswered("timeout")),
            (
                [answered(200, opened(approve=None))],
                Unanswered(
                    "PayPal, revise subscription: answered without an id or an approval link"
                ),
            ),
            (
                [answered(200, opened(approve="https://evil.test/x"))],
                Refused(
                    "PayPal, revise subscription: the approval link is not one of PayPal's own"
                    " pages"
                ),
            ),
        ],
    )
    async def test_each_refusal_has_its_answer(self, answers: list[Any], expected: object) -> None:
        assert expected == await revise(Scripted(*answers))

    async def test_a_plan_that_can_be_none_of_paypals_is_named(self) -> None:
        scripted = Scripted()
        answer = await scripted.paypal.revise_subscription(SUBSCRIPTION_ID, "../x", RETURN, CANCEL)

        assert isinstance(answer, Invalid)
        assert "plan" == answer.field
        assert [] == scripted.http.requests
