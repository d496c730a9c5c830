"""One problem on both hosts: functions behind API Gateway, and `penstock serve`."""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator

import pytest

from penstock.domain.delivery import Delivery
from penstock.entrypoints.http.problem import MEDIA
from tests.unit.entrypoints.client import ORDER
from tests.unit.entrypoints.hosts import HOSTS, Ask, bearer
from tests.unit.entrypoints.stand import Stand

BODY = json.dumps({"provider": "acme", "order": ORDER}).encode()
JSON = ("Content-Type", b"application/json")
KEY = ("Idempotency-Key", b"k")
ONCE = "occurs more than once or holds a comma; send it once, without a comma"


@pytest.fixture(params=list(HOSTS))
async def ask(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    async with HOSTS[request.param](stand) as made:
        yield made


@pytest.fixture
async def token(stand: Stand) -> tuple[str, bytes]:
    return await bearer(stand)


async def messages(stand: Stand) -> int:
    return (await stand.world.queues["payments"].depth())["visible"]


@pytest.mark.parametrize(
    "headers",
    [
        [KEY, KEY],
        [KEY, ("idempotency-key", b"other")],
        [("Idempotency-Key", b"k,k")],
        [KEY, ("Idempotency-Key", b"")],
    ],
    ids=["twice", "two values", "a comma", "once empty"],
)
async def test_an_idempotency_key_that_occurs_twice_is_refused_and_charges_nothing(
    ask: Ask, stand: Stand, token: tuple[str, bytes], headers: list[tuple[str, bytes]]
):
    refused = await ask("POST", "/payments", [token, JSON, *headers], BODY)

    assert (400, MEDIA, 0) == (refused.status, refused.media, await messages(stand))
    assert [{"field": "header.Idempotency-Key", "detail": ONCE}] == refused.json["errors"]

    accepted = await ask("POST", "/payments", [token, JSON, KEY], BODY)
    assert (202, 1) == (accepted.status, await messages(stand))


@pytest.mark.parametrize(
    ("name", "value"), [("Authorization", None), ("Content-Type", b"application/json")]
)
async def test_every_header_of_our_own_occurs_once(
    ask: Ask, stand: Stand, token: tuple[str, bytes], name: str, value: bytes | None
):
    again = (name, token[1] if value is None else value)
    refused = await ask("POST", "/payments", [token, JSON, KEY, again], BODY)

    assert (400, 0) == (refused.status, await messages(stand))
    assert [{"field": f"header.{name}", "detail": ONCE}] == refused.json["errors"]
    assert token[1] not in refused.body


async def test_headers_that_the_api_does_not_read_may_occur_as_often_as_they_like(
    ask: Ask, token: tuple[str, bytes]
):
    headers = [
        token,
        JSON,
        KEY,
        ("Accept", b"a, b"),
        ("Accept", b"c"),
        ("X-Forwarded-For", b"1, 2"),
    ]

    assert 202 == (await ask("POST", "/payments", headers, BODY)).status


async def test_a_key_of_bytes_that_are_no_text_is_the_same_problem(
    ask: Ask, stand: Stand, token: tuple[str, bytes]
):
    refused = await ask("POST", "/payments", [token, JSON, ("Idempotency-Key", b"\xff\xfe")], BODY)

    assert (400, MEDIA, 0) == (refused.status, refused.media, await messages(stand))
    assert "header.Idempotency-Key" == refused.json["errors"][0]["field"]
    assert refused.json["errors"][0]["detail"].startswith("is a text; must match ")


async def test_a_token_of_bytes_that_are_no_text_is_401(ask: Ask):
    headers = [("Authorization", b"Bearer \xff\xfe"), JSON, KEY]

    assert 401 == (await ask("POST", "/payments", headers, BODY)).status


@pytest.mark.parametrize("encoding", [b"gzip", b"deflate", b"br", b"zstd"])
@pytest.mark.parametrize(
    "body", [gzip.compress(b'{"id": 1}'), b"\x1f\x8bbroken"], ids=["gzip", "broken"]
)
async def test_a_compressed_webhook_is_refused_where_the_body_must_be_json(
    ask: Ask, stand: Stand, encoding: bytes, body: bytes
):
    """
    A gateway signs the bytes it sends: they are judged as sent, whatever they would unpack to.
    """
    headers = [("sig", b"good"), ("Content-Encoding", encoding)]

    refused = await ask("POST", "/webhooks/acme", headers, body)

    assert (400, MEDIA) == (refused.status, refused.media)
    assert "urn:penstock:problem:body-is-no-json" == refused.json["type"]
    assert 0 == (await stand.world.queues["deliveries"].depth())["visible"]


async def test_a_webhook_that_says_it_is_compressed_keeps_its_bytes(ask: Ask, stand: Stand):
    headers = [("sig", b"good"), ("Content-Encoding", b"gzip")]

    assert 202 == (await ask("POST", "/webhooks/acme", headers, b'{"id": 1}')).status
    (kept,) = await stand.world.queues["deliveries"].receive(1, 0)
    assert b'{"id": 1}' == Delivery.loads(kept.body).body


async def test_a_compressed_payment_is_refused(ask: Ask, stand: Stand, token: tuple[str, bytes]):
    headers = [token, JSON, KEY, ("Content-Encoding", b"gzip")]

    refused = await ask("POST", "/payments", headers, gzip.compress(BODY))

    assert (400, MEDIA, 0) == (refused.status, refused.media, await messages(stand))
    assert "urn:penstock:problem:body-refused" == refused.json["type"]


@pytest.mark.parametrize("name", ["sig", "Sig"])
async def test_a_webhooks_own_headers_follow_their_gateways_pattern(ask: Ask, name: str):
    twice = [(name, b"good"), (name, b"good")]

    assert (
        "urn:penstock:problem:header-refused"
        == (await ask("POST", "/webhooks/acme", twice, b"{}")).json["type"]
    )
