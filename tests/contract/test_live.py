"""The served API keeps to its contract, whatever is sent: schemathesis against a live port."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS
from schemathesis.generation import GenerationMode

from penstock import contracts
from tests.contract.exceptions import excluded
from tests.contract.living import Live
from tests.depth import examples

CONTRACT = contracts.load()
SCHEMA = schemathesis.openapi.from_dict(json.loads(json.dumps(CONTRACT.published)))
# The functions are tried in the coverage phase, too, by `make contract-deep`.
WITHOUT_COVERAGE = schemathesis.openapi.from_dict(json.loads(json.dumps(CONTRACT.published)))
WITHOUT_COVERAGE.config.phases.coverage.enabled = False
TOKEN_NEEDED = {one.id for one in CONTRACT.operations.values() if not one.public}

CURSORS = {"listSubscriptions": {200}, "listSubscriptionPayments": {200, 404}}
"""What lists answer that refuse a cursor which they never handed out, and nothing else."""


def unsent(case: Any, answer: Any) -> list[Any]:
    """A parameter whose value is an empty list is not in the address: nothing is to be refused."""
    sent = {name for name, _ in parse_qsl(urlsplit(answer.request.url).query, True)}
    lost = set(case.query or {}) - sent
    return [CHECKS.get_one("negative_data_rejection")] if lost else []


def search(most: int, deep: int) -> settings:
    # The same ones each time; `make contract-deep` tries others.
    return settings(
        max_examples=examples(most, deep=deep),
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


@SCHEMA.parametrize()
@search(20, deep=400)
def test_every_answer_keeps_to_the_contract(case: Any, live: Live):
    ask(case, live.url, live.token)


@pytest.mark.slow
@WITHOUT_COVERAGE.parametrize()
@search(8, deep=100)
def test_every_answer_of_the_functions_keeps_to_the_contract(case: Any, live: Live):
    ask(case, live.functions, live.token)


def ask(case: Any, url: str, token: str) -> None:
    operation = case.operation.definition.raw["operationId"]
    answer = case.call(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    case.validate_response(answer, excluded_checks=[*excluded(operation), *unsent(case, answer)])

    if case.meta.generation.mode is GenerationMode.POSITIVE:
        if operation == "createPayment":
            assert answer.status_code in {201, 202, 422}
        if operation == "listEvents" and not {"cursor", "subject"} & {*(case.query or {})}:
            assert 200 == answer.status_code
        if CONTRACT.operations[operation].function == "operate":
            assert answer.status_code in {200, 404, 409, 422}
        if operation == "listPayments":
            assert answer.status_code in {200, 400}
        if operation in CURSORS and "cursor" not in (case.query or {}):
            assert answer.status_code in CURSORS[operation]


@pytest.fixture
def http() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


@pytest.mark.parametrize("name", sorted(CONTRACT.operations))
def test_exactly_the_operations_that_say_so_need_a_token(
    live: Live, http: requests.Session, name: str
):
    operation = CONTRACT.operations[name]
    given = {"gateway": "paypal", **dict.fromkeys(("id", "token", "name"), "x")}
    path = operation.path.format_map(given)

    answer = http.request(operation.method, live.url + path, timeout=10)

    assert (name in TOKEN_NEEDED) is (answer.status_code == 401)


def test_a_payment_asked_for_over_http_ends(live: Live, http: requests.Session):
    http.headers["Authorization"] = f"Bearer {live.token}"
    asked = {"provider": "example", "order": {"amount": 1250, "currency": "USD"}}
    accepted = http.post(
        f"{live.url}/payments", json=asked, headers={"Idempotency-Key": "end"}, timeout=10
    )
    events = f"{live.url}/events"
    payment = accepted.json()["id"]

    def subjects() -> set[str]:
        return {event["subject"] for event in http.get(events, timeout=10).json()["events"]}

    while payment not in subjects():
        pass

    where = urljoin(accepted.url, accepted.headers["location"])
    read = http.get(where, timeout=10).json()
    assert "succeeded" == read["status"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/payments/", 400),
        ("GET", "/payments/a/b", 404),
        ("DELETE", "/events", 405),
        ("HEAD", "/health", 405),
        ("OPTIONS", "/payments", 405),
        ("GET", "//health", 404),
        ("GET", "/%0A", 404),
        ("GET", "/webhooks/paypal", 405),
    ],
)
def test_what_is_not_served_is_a_problem(
    live: Live, http: requests.Session, method: str, path: str, status: int
):
    answer = http.request(
        method, live.url + path, headers={"Authorization": f"Bearer {live.token}"}, timeout=10
    )

    assert status == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    assert (status == 405) is ("allow" in answer.headers)


def test_a_body_that_says_it_is_too_long_is_refused_before_it_is_sent(live: Live):
    """The head alone is enough for the answer, and the connection is closed after it."""
    with connected(live) as wire:
        wire.sendall(
            b"POST /webhooks/paypal HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n"
        )
        answer = drained(wire)

    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"status":413' in answer


@pytest.mark.parametrize(
    ("path", "authorization"), [("/webhooks/paypal", False), ("/payments", True)]
)
def test_a_body_of_untold_length_is_refused_once_it_is_too_long(
    live: Live, path: str, authorization: bool
):
    bearer = f"Authorization: Bearer {live.token}\r\n" if authorization else ""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\n{bearer}Transfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    with connected(live) as wire:
        wire.sendall(head.encode())
        try:
            for _ in range(16):
                wire.sendall(chunk)
        except OSError:
            pass  # refused in the middle of it, as it should be
        answer = drained(wire)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")


def test_another_content_type_is_415(live: Live, http: requests.Session):
    answer = http.post(
        f"{live.url}/payments",
        data="a=b",
        headers={"Authorization": f"Bearer {live.token}", "Idempotency-Key": "k"},
        timeout=10,
    )

    assert 415 == answer.status_code


def test_the_example_webhook_is_refused_at_paypals_door_for_its_headers(
    live: Live, http: requests.Session
):
    body = (Path(__file__).parents[2] / "contracts/examples/webhook.json").read_bytes()

    answer = http.post(f"{live.url}/webhooks/paypal", data=body, timeout=10)

    assert (400, "Header missing") == (answer.status_code, answer.json()["title"])


def connected(live: Live) -> socket.socket:
    address = urlsplit(live.url)
    return socket.create_connection((address.hostname or "", address.port or 0), timeout=10)


def drained(wire: socket.socket) -> bytes:
    """Everything until the other side closes."""
    answer = b""
    try:
        while part := wire.recv(65536):
            answer += part
    except ConnectionResetError:
        pass
    return answer
