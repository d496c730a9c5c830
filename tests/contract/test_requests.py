"""Requests under the contract: found by path, checked, and refused without echoing them."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from penstock.contracts import Contract, load, loads
from penstock.errors import RequestRefused

SECRET = "hunter2-secret"  # noqa: S105 - stands for what a caller should not have sent


@pytest.fixture(scope="module")
def contract() -> Contract:
    return load()


def check(contract: Contract, operation: str, **request: Any) -> Any:
    given = {"path": {}, "query": [], "headers": {}, "body": b"", **request}
    return contract.operations[operation].checks(**given)


def pay(contract: Contract, body: Any, **headers: str) -> Any:
    headers = {"content-type": "application/json", "idempotency-key": "k-1", **headers}
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return check(contract, "createPayment", headers=headers, body=body)


def least(**order: Any) -> dict[str, Any]:
    return {"provider": "example", "order": {"amount": 500, "currency": "JPY", **order}}


class TestFinding:
    def test_a_path_is_matched_segment_by_segment_and_unquoted(self, contract: Contract):
        operation, parameters = contract.find("GET", "/payments/pay%2D1")

        assert "getPayment" == operation.id
        assert {"id": "pay-1"} == parameters

    @pytest.mark.parametrize("path", ["/", "/payments/", "/payments/1/2", "/nope", "payments", ""])
    def test_another_path_is_404(self, contract: Contract, path: str):
        with pytest.raises(RequestRefused) as refused:
            contract.find("GET", path if path != "/payments/" else "/payments/x/")

        assert 404 == refused.value.status

    def test_another_method_is_405_and_says_which_are_there(self, contract: Contract):
        with pytest.raises(RequestRefused) as refused:
            contract.find("DELETE", "/payments")

        assert (405, {"allow": "GET, POST"}) == (refused.value.status, refused.value.headers)

    def test_a_route_key_of_the_api_gateway_is_an_operation(self, contract: Contract):
        found = contract.by_route("POST /webhooks/{gateway}")

        assert found is not None
        assert "receiveWebhook" == found.id


class TestParameters:
    def test_a_default_is_filled_in(self, contract: Contract):
        assert {
            "limit": 20,
            "cursor": None,
            "type": None,
            "subject": None,
            "since": None,
        } == check(contract, "listEvents").parameters

    def test_an_integer_is_read_as_one(self, contract: Contract):
        assert 7 == check(contract, "listEvents", query=[("limit", "7")]).parameters["limit"]

    @pytest.mark.parametrize(
        ("query", "complaint"),
        [
            ([("limit", SECRET)], ("query.limit", "is a text; must be an integer")),
            ([("limit", "0")], ("query.limit", "is an integer; must be at least 1")),
            ([("limit", "1"), ("limit", "2")], ("query.limit", "is given more than once; …")),
            ([("cursor", f"{SECRET}/")], ("query.cursor", "is a text; must match …")),
            ([("type", SECRET)], ("query.type", "is a text; must be one of …")),
            ([("since", SECRET)], ("query.since", "is a text; must be a date-time or a date")),
            ([("since", "2026-02-30")], ("query.since", "is a text; must be a date-time or …")),
            ([(SECRET, "1")], ("query", "has 1 unknown parameter(s); it may have type, …")),
        ],
    )
    def test_a_wrong_one_is_named_with_its_kind_and_remedy(
        self, contract: Contract, query: list[tuple[str, str]], complaint: tuple[str, str]
    ):
        with pytest.raises(RequestRefused) as refused:
            check(contract, "listEvents", query=query)

        field, detail = refused.value.fields[0]
        assert complaint[0] == field
        assert re.match(re.escape(complaint[1]).replace("…", ".*"), detail)
        assert SECRET not in repr(refused.value.fields)

    def test_a_missing_header_is_named(self, contract: Contract):
        with pytest.raises(RequestRefused) as refused:
            check(
                contract,
                "createPayment",
                headers={"content-type": "application/json"},
                body=json.dumps(least()).encode(),
            )

        assert (("header.Idempotency-Key", "is missing; it must be given"),) == (
            refused.value.fields
        )


class TestBodies:
    def test_a_body_that_keeps_to_the_contract_is_handed_on(self, contract: Contract):
        assert least() == pay(contract, least()).body

    def test_an_integer_written_with_a_point_is_an_integer(self, contract: Contract):
        body = json.dumps(least()).replace("500", "500.0").encode()

        assert int is type(pay(contract, body).body["order"]["amount"])

    @pytest.mark.parametrize(
        ("body", "complaint"),
        [
            ([], ("body", "is a list; must be an object")),
            ({"order": {"amount": 1, "currency": "USD"}}, ("body.provider", "is missing; …")),
            (least(amount=SECRET), ("body.order.amount", "is a text; must be an integer")),
            (least(amount=True), ("body.order.amount", "is true or false; must be an integer")),
            (least(amount=0), ("body.order.amount", "is an integer; must be at least 1")),
            (
                least(currency=SECRET),
                ("body.order.currency", "is a text; must be one of the 155 …"),
            ),
            (least(payer=None), ("body.order.payer", "is null; must be an object")),
            (
                least(payer={SECRET: 1}),
                ("body.order.payer", "has 1 unknown field(s); it may have reference, name, email"),
            ),
            (
                least(metadata={SECRET: 1}),
                ("body.order.metadata.*", "is an integer; must be a text"),
            ),
            (
                least(metadata={SECRET * 10: "x"}),
                ("body.order.metadata", "has a field whose name is not accepted; shorten it"),
            ),
        ],
    )
    def test_a_wrong_field_is_named_with_its_kind_and_remedy(
        self, contract: Contract, body: Any, complaint: tuple[str, str]
    ):
        with pytest.raises(RequestRefused) as refused:
            pay(contract, body)

        field, detail = refused.value.fields[0]
        assert complaint[0] == field
        assert re.match(re.escape(complaint[1]).replace("…", ".*"), detail)
        assert SECRET not in repr(refused.value.fields)

    @pytest.mark.parametrize("media", ["text/plain", "", "application/jsonp"])
    def test_another_content_type_is_415(self, contract: Contract, media: str):
        with pytest.raises(RequestRefused) as refused:
            pay(contract, least(), **{"content-type": media})

        assert 415 == refused.value.status

    def test_a_content_type_may_have_parameters_and_capitals(self, contract: Contract):
        checked = pay(contract, least(), **{"content-type": "Application/JSON; charset=utf-8"})

        assert least() == checked.body


class TestHostileJson:
    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b"\xff\xfe",
            b"\xef\xbb\xbf{}",
            b"NaN",
            b'{"a": -Infinity}',
            b"1e999",
            b"9" * 19,
            b"9" * 5000,
            b'{"a": 1, "a": 2}',
            b'{"a": "\\ud800"}',
            b'{"\\udfff": 1}',
            b'["\\uD800\\u0041"]',
            b'"\\\\\\uDFFF"',
            b'{"a": 1} {}',
            b"\x0b{}",
            b"[" * 100_000,
            b"[" * 40 + b"]" * 40,
            b'{"a":' * 40 + b"1" + b"}" * 40,
            b'[{"a":' * 17 + b"1" + b"}]" * 17,
        ],
        ids=lambda body: repr(body[:20]),
    )
    def test_it_is_400_and_not_echoed(self, body: bytes):
        with pytest.raises(RequestRefused) as refused:
            loads(body)

        assert 400 == refused.value.status
        assert refused.value.__cause__ is None or not isinstance(
            refused.value.__cause__, json.JSONDecodeError
        )

    @pytest.mark.parametrize(
        "text",
        [
            "[[1.5, true, null]]",
            '{"a": "é\\ud83d\\ude00"}',
            "-12",
            '\r\n\t {"a": ["\\\\ud800"]} \n',
            "[" * 32 + "]" * 32,
            f"[{'[],' * 40}[]]",
        ],
    )
    def test_honest_json_is_read_as_ever(self, text: str):
        assert json.loads(text) == loads(text.encode())

    @pytest.mark.parametrize(
        ("body", "place"),
        [(b'\n\n  {"a": x}', "line 3, column 9"), (b"\n 1 2 \n", "line 2, column 3")],
    )
    def test_the_place_of_an_error_is_told_as_it_was_sent(self, body: bytes, place: str):
        with pytest.raises(RequestRefused) as refused:
            loads(body)

        assert refused.value.detail.endswith(place)


def test_a_check_is_compiled_with_what_it_refers_to_and_no_more():
    """
    With the whole contract, compiling the checks took forty times as long as reading it.
    """
    held = {
        name: set(operation.checks.body_schema.get("components", {}).get("schemas", ()))
        for name, operation in load().operations.items()
        if operation.checks.body is not None
    }

    assert "Order" in held["createPayment"]
    assert [] == [name for name, schemas in held.items() if "Event" in schemas]
