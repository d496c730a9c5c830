"""The HTTP contract against a kept baseline: a change that breaks callers is named."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.api_baseline import BASELINE
from tests.contract.baseline import Change

Document = dict[str, Any]


def test_no_change_of_the_contract_breaks_those_who_call_us():
    """
    Renew the baseline (`make api-baseline`) at a release, or for a change announced as breaking.
    """
    assert [] == BASELINE.broken()


def post_payments(document: Document) -> Any:
    return document["paths"]["/payments"]["post"]


def list_events(document: Document) -> Any:
    return document["paths"]["/events"]["get"]


def schema(document: Document, name: str) -> Any:
    return document["components"]["schemas"][name]


def no_operation(document: Document) -> None:
    del document["paths"]["/events"]["get"]


def no_path(document: Document) -> None:
    del document["paths"]["/payments/{id}/refunds"]


def other_id(document: Document) -> None:
    post_payments(document)["operationId"] = "pay"


def other_scope(document: Document) -> None:
    list_events(document)["x-penstock-scope"] = "operate"


def token(document: Document) -> None:
    document["paths"]["/health"]["get"]["security"] = [{"bearer": []}]


def no_answer(document: Document) -> None:
    del post_payments(document)["responses"]["202"]


def no_media(document: Document) -> None:
    content = list_events(document)["responses"]["200"]["content"]
    content["text/json"] = content.pop("application/json")


def no_field(document: Document) -> None:
    del schema(document, "Payment")["properties"]["status"]


def no_field_of_a_part(document: Document) -> None:
    del schema(document, "Refund")["properties"]["because"]


def no_longer_given(document: Document) -> None:
    schema(document, "Payment")["required"].remove("status")


def fewer_values(document: Document) -> None:
    schema(document, "PaymentStatus")["enum"].remove("succeeded")


def other_type(document: Document) -> None:
    schema(document, "Money")["properties"]["minor"]["type"] = "string"


def no_parameter(document: Document) -> None:
    list_events(document)["parameters"] = [
        one for one in list_events(document)["parameters"] if one.get("name") != "subject"
    ]


def parameter_required(document: Document) -> None:
    for one in list_events(document)["parameters"]:
        if one.get("name") == "subject":
            one["required"] = True


def new_parameter_required(document: Document) -> None:
    list_events(document)["parameters"].append(
        {"name": "tenant", "in": "query", "required": True, "schema": {"type": "string"}}
    )


def field_required(document: Document) -> None:
    schema(document, "Order")["required"].append("reference")


def takes_less(document: Document) -> None:
    schema(document, "RefundNote")["maxLength"] = 10


def no_request_field(document: Document) -> None:
    del schema(document, "Order")["properties"]["description"]


BREAKING: dict[str, tuple[Change, str]] = {
    "an operation is gone": (no_operation, "GET /events: the operation is gone"),
    "a path is gone": (no_path, "POST /payments/{id}/refunds: the operation is gone"),
    "another operationId": (other_id, "POST /payments: has another operationId"),
    "another scope": (other_scope, "GET /events: needs another scope: read became operate"),
    "a token": (token, "GET /health: needs a token, and did not"),
    "a status is gone": (no_answer, "POST /payments: 202 is gone"),
    "another media type": (no_media, "GET /events: 200: application/json is gone"),
    "a field of an answer is gone": (no_field, "GET /payments/{id}: 200.status is gone"),
    "a field of a part of an answer is gone": (
        no_field_of_a_part,
        "POST /payments/{id}/refunds: 202.because is gone",
    ),
    "a field of an answer may be left out": (
        no_longer_given,
        "GET /payments/{id}: 200.status is not required any more",
    ),
    "a value of an answer is gone": (
        fewer_values,
        "GET /payments/{id}: 200.status is never 'succeeded' any more",
    ),
    "another type": (
        other_type,
        "GET /payments/{id}: 200.amount.minor has another type: 'integer' became 'string'",
    ),
    "a parameter is gone": (no_parameter, "GET /events: query.subject is gone"),
    "a parameter becomes required": (
        parameter_required,
        "GET /events: query.subject is required, and was not",
    ),
    "a new parameter is required": (
        new_parameter_required,
        "GET /events: query.tenant is required, and was not there",
    ),
    "a field of a request becomes required": (
        field_required,
        "POST /payments: body.order.reference is required, and was not",
    ),
    "a field of a request takes less": (
        takes_less,
        "POST /payments/{id}/refunds: body.note has another maxLength: 255 became 10",
    ),
    "a field of a request is gone": (
        no_request_field,
        "POST /payments: body.order.description is gone",
    ),
}


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_named_with_its_operation_and_field(name: str):
    change, said = BREAKING[name]

    assert said in BASELINE.broken_by(change)


def new_operation(document: Document) -> None:
    document["paths"]["/blessings"] = {"get": {"operationId": "bless", "responses": {}}}


def new_answer(document: Document) -> None:
    post_payments(document)["responses"]["418"] = {"description": "A teapot"}


def new_field(document: Document) -> None:
    schema(document, "Payment")["properties"]["colour"] = {"type": "string"}


def new_request_field(document: Document) -> None:
    schema(document, "Order")["properties"]["colour"] = {"type": "string"}


def new_parameter(document: Document) -> None:
    list_events(document)["parameters"].append(
        {"name": "tenant", "in": "query", "schema": {"type": "string"}}
    )


def takes_more(document: Document) -> None:
    for one in list_events(document)["parameters"]:
        if one.get("name") == "limit":
            one["schema"]["maximum"] = 1000


def asks_less(document: Document) -> None:
    schema(document, "PaymentRequest")["required"].remove("provider")


@pytest.mark.parametrize(
    "change",
    [
        new_operation,
        new_answer,
        new_field,
        new_request_field,
        new_parameter,
        takes_more,
        asks_less,
    ],
)
def test_what_is_only_added_breaks_nobody(change: Change):
    assert [] == BASELINE.broken_by(change)
