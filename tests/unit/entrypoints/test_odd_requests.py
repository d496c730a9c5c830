"""
One list of odd requests: both hosts give the same answer to each, and it is a problem.

What API Gateway itself refuses (a head that is too long, bad chunks) never reaches a function:
test_listener.py has those.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pytest
from structlog.testing import capture_logs

from penstock.entrypoints.http.problem import MEDIA
from tests.unit.entrypoints.client import ORDER
from tests.unit.entrypoints.console import ON
from tests.unit.entrypoints.hosts import HOSTS, Told, bearer
from tests.unit.entrypoints.stand import Stand

SECRET = b"hunter2"
PAYMENT = json.dumps({"provider": "acme", "order": ORDER}).encode()
JSON = ("Content-Type", b"application/json")
SIG, KEY = ("sig", b"good"), ("Idempotency-Key", b"k")
GZIP = ("Content-Encoding", b"gzip")
LONG = b" " * 70_000


@dataclass(frozen=True)
class Odd:
    """
    A request, and the kind of its answer.

    Attributes:
        token: whether a token that the API takes goes along.
    """

    name: str
    line: str
    status: int
    kind: str
    headers: Sequence[tuple[str, bytes]] = ()
    body: bytes = b""
    token: bool = False


def payment(name: str, status: int, kind: str, *headers: tuple[str, bytes], body: bytes) -> Odd:
    return Odd(name, "POST /payments", status, kind, headers, body, token=True)


def webhook(name: str, status: int, kind: str, *headers: tuple[str, bytes], body: bytes) -> Odd:
    return Odd(name, "POST /webhooks/acme", status, kind, headers, body)


ODD = [
    webhook("gzip", 400, "body-is-no-json", SIG, GZIP, body=gzip.compress(b"{}")),
    webhook("gzip that is not named", 400, "body-is-no-json", SIG, body=gzip.compress(b"{}")),
    webhook("broken gzip", 400, "body-is-no-json", SIG, GZIP, body=b"\x1f\x8b" + SECRET),
    webhook("an empty body", 400, "body-is-no-json", SIG, body=b""),
    webhook("a body too long", 413, "body-too-large", SIG, body=b"{" + b" " * 2000),
    webhook("no header of its own", 400, "header-missing", body=b"{}"),
    webhook("its header twice", 400, "header-refused", SIG, SIG, body=b"{}"),
    webhook("its header in UTF-8", 400, "header-refused", ("sig", "hünter2".encode()), body=b"{}"),
    webhook("its header in Latin-1", 400, "header-refused", ("sig", b"h\xfcnter2"), body=b"{}"),
    Odd("no such gateway", "POST /webhooks/hunter2", 404, "unknown-gateway", body=b"{}"),
    *(
        Odd(f"{method} of {path}", f"{method} {path}", 405, "method-not-allowed")
        for method in ("DELETE", "PUT", "PATCH", "OPTIONS", "TRACE")
        for path in ("/webhooks/acme", "/payments", "/health", "/payments/hunter2")
    ),
    Odd("no such path", "GET /hunter2", 404, "no-such-path"),
    Odd("no token", "GET /payments/hunter2", 401, "unauthorized"),
    Odd(
        "a token in UTF-8",
        "GET /payments",
        401,
        "unauthorized",
        [("Authorization", "Bearer hünter2".encode())],
    ),
    Odd(
        "two tokens",
        "GET /payments",
        400,
        "bad-request",
        [("Authorization", b"Bearer hunter2"), ("authorization", b"Bearer hunter2")],
    ),
    Odd("a parameter of no one's", "GET /payments?hunter2=1", 400, "bad-request", token=True),
    Odd("a parameter twice", "GET /payments?limit=1&limit=2", 400, "bad-request", token=True),
    payment(
        "a payment in gzip", 400, "body-refused", JSON, KEY, GZIP, body=gzip.compress(PAYMENT)
    ),
    payment(
        "a payment in UTF-16", 400, "body-refused", JSON, KEY, body='{"a": 1}'.encode("utf-16")
    ),
    payment("no payment", 400, "body-refused", JSON, KEY, body=SECRET),
    payment("a field of no one's", 400, "bad-request", JSON, KEY, body=b'{"hunter2": 1}'),
    payment("two keys", 400, "bad-request", JSON, KEY, KEY, body=PAYMENT),
    payment(
        "a key in UTF-8", 400, "bad-request", JSON, ("Idempotency-Key", "ü".encode()), body=PAYMENT
    ),
    payment("two media types", 400, "bad-request", JSON, JSON, KEY, body=PAYMENT),
    payment(
        "no JSON", 415, "unsupported-media-type", ("Content-Type", b"text/hunter2"), KEY, body=b"x"
    ),
    payment("a payment too long", 413, "body-too-large", JSON, KEY, body=LONG),
    Odd("a stranger's payment too long", "POST /payments", 401, "unauthorized", body=LONG),
    Odd(
        "too long under a token that is none of ours",
        "POST /payments",
        401,
        "unauthorized",
        [("Authorization", b"Bearer pst_%s_%s" % (b"0" * 16, b"0" * 64))],
        LONG,
    ),
    Odd(
        "too long for its scope", "POST /operations/restrict", 403, "scope-missing", (), LONG, True
    ),
    Odd("a stranger's body where none is taken", "GET /payments", 401, "unauthorized", (), LONG),
    Odd("no such path, and too long", "POST /hunter2", 404, "no-such-path", (), LONG),
    Odd("no such method, and too long", "PUT /payments", 405, "method-not-allowed", (), LONG),
]


async def answers(host: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Told]:
    """What a host answers to each; whatever it says of them quotes none of them."""
    stand = Stand(environ=ON)
    token = await bearer(stand)
    with capture_logs() as logs:
        async with HOSTS[host](stand) as ask:
            told: dict[str, Told] = {}
            for odd in ODD:
                method, _, path = odd.line.partition(" ")
                headers = [*odd.headers, *([token] if odd.token else [])]
                told[odd.name] = await ask(method, path, headers, odd.body)
    bodies = "".join(one.body.decode() + repr(one.headers) for one in told.values())
    # Whatever the first letter was made of.
    assert "nter2" not in bodies + repr(logs) + capsys.readouterr().out
    return told


async def test_both_hosts_answer_each_odd_request_alike_and_by_a_problem(
    capsys: pytest.CaptureFixture[str],
):
    served, function = [await answers(host, capsys) for host in ("serve", "functions")]
    expected = {odd.name: (odd.status, MEDIA, f"urn:penstock:problem:{odd.kind}") for odd in ODD}

    assert expected == {
        name: (one.status, one.media, one.json["type"]) for name, one in served.items()
    }
    assert {name: one.said for name, one in served.items()} == {
        name: one.said for name, one in function.items()
    }


@pytest.mark.parametrize("host", list(HOSTS))
async def test_an_expectation_and_headers_in_any_bytes_change_no_answer(host: str):
    """
    RFC 9110, 10.1.1: 417 is only allowed, and API Gateway does not send it either.
    """
    async with HOSTS[host](Stand()) as ask:
        told = {
            (name, value): await ask("POST", "/webhooks/acme", [SIG, (name, value)], b"{}")
            for name, values in {
                "Expect": (b"100-continue", b"hunter2"),
                "X-Name": ("Zoë".encode(), b"Zo\xeb"),
                "User-Agent": ("Zoë".encode(), b"Zo\xeb"),
            }.items()
            for value in values
        }

    assert {202} == {one.status for one in told.values()}
