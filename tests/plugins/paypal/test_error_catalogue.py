"""PayPal's error catalogue in our terms: retried or final, with the fields and issues it names."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import GatewayUnavailable, Unconfirmable
from penstock.testing.clock import NOON
from penstock.testing.context import CountingIds
from penstock.testing.http import response
from penstock_paypal.client.answer import Answer
from penstock_paypal.client.pace import Pace

DEBUG_ID = "90957fca61718"


def error(status: int, name: str, *details: dict[str, str]) -> Answer:
    """An error as PayPal's specifications describe it."""
    body = {"name": name, "message": "words", "debug_id": DEBUG_ID, "details": details}
    return Answer.of(response(status, body), NOON, Pace(CountingIds()))


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (error(400, "INVALID_REQUEST"), Unconfirmable),
        (error(400, "VALIDATION_ERROR"), Unconfirmable),
        (error(401, "AUTHENTICATION_FAILURE"), GatewayUnavailable),
        (error(403, "NOT_AUTHORIZED", {"issue": "PERMISSION_DENIED"}), GatewayUnavailable),
        (error(409, "PREVIOUS_REQUEST_IN_PROGRESS"), GatewayUnavailable),
        (error(409, "RESOURCE_CONFLICT"), GatewayUnavailable),
        (error(415, "UNSUPPORTED_MEDIA_TYPE"), Unconfirmable),
        (error(422, "UNPROCESSABLE_ENTITY", {"issue": "PLAN_STATUS_INVALID"}), Unconfirmable),
        (error(429, "RATE_LIMIT_REACHED"), GatewayUnavailable),
        (error(400, "RATE_LIMIT_REACHED"), GatewayUnavailable),
        (error(500, "INTERNAL_SERVER_ERROR"), GatewayUnavailable),
        (error(503, "SERVICE_UNAVAILABLE"), GatewayUnavailable),
    ],
    ids=lambda one: f"{one.status} {one.issues[-1]}" if isinstance(one, Answer) else "",
)
def test_an_error_is_retried_or_final_and_names_its_debug_id(
    answer: Answer, raised: type[Exception]
) -> None:
    told = answer.unread("show plan")

    assert raised is type(told)
    assert f"PayPal, show plan: {answer.why} (debug_id {DEBUG_ID})" == str(told)


@pytest.mark.parametrize(
    "answer",
    [
        error(404, "RESOURCE_NOT_FOUND"),
        error(404, "RESOURCE_NOT_FOUND", {"issue": "INVALID_RESOURCE_ID"}),
        error(422, "UNPROCESSABLE_ENTITY", {"issue": "INVALID_RESOURCE_ID"}),
    ],
)
def test_an_unknown_id_means_that_there_is_no_such_thing(answer: Answer) -> None:
    assert answer.missing


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("/plan_id", "plan_id"),
        ("plan_id", "plan_id"),
        ("/subscriber/email_address", "subscriber.email_address"),
        ("/plan/billing_cycles/0/frequency", "plan.billing_cycles.0.frequency"),
        ("$.application_context.return_url", "application_context.return_url"),
        ("items[0].name", "items[0].name"),
    ],
)
@pytest.mark.parametrize("status", [400, 422])
def test_the_fields_that_paypal_refuses_are_named(status: int, where: str, name: str) -> None:
    issue = {"field": where, "issue": "INVALID_PARAMETER_VALUE", "value": "secret"}
    answer = error(status, "INVALID_REQUEST", issue, issue)

    assert ((name, "INVALID_PARAMETER_VALUE"),) == answer.fields


@pytest.mark.parametrize(
    "detail",
    [
        {"issue": "NO_FIELD"},
        {"field": "/plan_id"},
        {"field": "", "issue": "X"},
        {"field": "buyer@example.com", "issue": "X"},
        {"field": "/a b", "issue": "X"},
        {"field": "/" + "a" * 128, "issue": "X"},
        {"field": 7, "issue": "X"},
        # Nothing here may take a time that grows with each letter: the worker would hang.
        {"field": "/" + "a" * 60 + "-", "issue": "X"},
        {"field": "/" + "a[b]." * 20 + "!", "issue": "X"},
        "prose",
    ],
)
def test_what_is_no_field_names_none(detail: Any) -> None:
    assert () == error(400, "INVALID_REQUEST", detail).fields


def test_details_of_an_answer_that_is_no_error_are_no_refusal() -> None:
    """
    PayPal's simulator and its webhooks API put details into good answers too.
    """
    answer = error(200, "RATE_LIMIT_REACHED", {"field": "/a", "issue": "INVALID_RESOURCE_ID"})

    assert ((), (), False, False) == (
        answer.issues,
        answer.fields,
        answer.missing,
        answer.throttled,
    )
