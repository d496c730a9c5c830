"""
The served API keeps to its contract, whatever is sent: schemathesis against a live port.

`test_live_at_length.py` sends more, to both hosts.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests

from tests.contract.asking import CONTRACT, ask, schema, search
from tests.contract.living import Live
from tests.e2e.world import until

SCHEMA = schema()
SCHEMA.config.phases.coverage.enabled = False
TOKEN_NEEDED = {one.id for one in CONTRACT.operations.values() if not one.public}


@SCHEMA.parametrize()
@search(4, deep=4)
def test_answers_keep_to_the_contract(case: Any, live: Live):
    ask(case, live.url, live.token)


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

    until(lambda: payment in subjects(), what="an event of the payment")
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
