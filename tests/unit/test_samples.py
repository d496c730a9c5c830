"""A simulator's samples: signed, sent when asked, and refused with a reason."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from penstock.testing.samples import Samples, gateway_of


@dataclass
class Door:
    """What came to the address of webhooks."""

    url: str = ""
    came: list[tuple[bytes, Mapping[str, str]]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.came.append((await request.read(), request.headers))
        return web.Response(status=202)


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    made = Door()
    app = web.Application()
    app.router.add_post("/webhooks/acme", made.take)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/webhooks/acme"))
        yield made


@pytest.fixture
async def ask() -> AsyncIterator[Any]:
    app = web.Application()
    samples = Samples(
        {
            one: lambda kind: {"id": "e-1", "type": kind, "sale": {"id": "s-1", "minor": 1250}}
            for one in ("a", "b")
        },
        lambda body: {"Signed": str(len(body))},
        "sale.id",
    )
    samples.add_to(app)
    async with TestClient(TestServer(app)) as client:

        async def asked(**order: Any) -> tuple[int, Any]:
            answer = await client.post("/_simulator/webhooks", json=order)
            return answer.status, await answer.json()

        yield asked


async def test_the_first_sample_is_sent_signed_and_says_what_it_concerns(
    ask: Any, door: Door
) -> None:
    status, told = await ask(target=door.url)

    ((body, headers),) = door.came
    assert {"id": "e-1", "type": "a", "sale": {"id": "s-1", "minor": 1250}} == json.loads(body)
    assert str(len(body)) == headers["Signed"]
    assert (200, "a", "e-1", [202]) == (
        status,
        told["event_type"],
        told["event_id"],
        told["answers"],
    )
    assert [{"kind": "payment", "id": "acme-s-1"}] == told["concerns"]


@pytest.mark.parametrize(
    ("address", "gateway"),
    [
        ("https://api.test/webhooks/acme", "acme"),
        ("https://api.test/v1/webhooks/acme-eu/", "acme-eu"),
        ("https://api.test/hook", ""),
        ("https://api.test/webhooks/", ""),
        ("", ""),
    ],
)
def test_a_webhooks_address_names_the_gateway(address: str, gateway: str) -> None:
    assert gateway == gateway_of(address)


async def test_a_webhook_to_another_address_concerns_no_payment_of_the_platform(ask: Any) -> None:
    _, told = await ask(target="http://127.0.0.1:9/elsewhere")

    assert [] == told["concerns"]


async def test_fields_are_changed_and_copies_sent_before_it_is_signed(
    ask: Any, door: Door
) -> None:
    await ask(target=door.url, event_type="b", set={"sale.minor": 5}, copies=2)

    bodies = [json.loads(body) for body, _ in door.came]
    assert [{"id": "s-1", "minor": 5}] * 2 == [body["sale"] for body in bodies]
    assert all(str(len(body)) == headers["Signed"] for body, headers in door.came)


async def test_a_forged_one_has_other_bytes_than_were_signed(ask: Any, door: Door) -> None:
    await ask(target=door.url, forge=True)

    ((body, headers),) = door.came
    assert str(len(body)) != headers["Signed"]


async def test_where_nothing_answers_that_is_said(ask: Any) -> None:
    _, told = await ask(target="http://127.0.0.1:9/webhooks/acme")

    assert [None] == told["answers"]


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"event_type": "c"}, "the types are a, b"),
        ({"set": {"sale.id.x": 1}}, "no such type or field"),
        ({"set": {"nothing.x": 1}}, "no such type or field"),
        ({"copies": 0}, "copies"),
        ({"subscription": {"a": 1}}, "subscription"),
        ({"unheard": 1}, "unheard"),
    ],
)
async def test_what_it_cannot_send_is_refused_and_nothing_sent(
    ask: Any, door: Door, order: dict[str, Any], said: str
) -> None:
    status, told = await ask(target=door.url, **order)

    assert (400, True) == (status, said in told["errors"][0]["msg"])
    assert [] == door.came


@pytest.mark.parametrize(
    ("given", "sent"),
    [("99", 99), ("-1", -1), ("12.5", 12.5), ("true", "true"), ("x", "x"), ({"a": 1}, {"a": 1})],
)
async def test_a_number_stays_one_where_text_with_digits_is_given(
    door: Door, ask: Any, given: Any, sent: Any
) -> None:
    """
    `penstock trigger --set sale.minor=99` says 99 as text.
    """
    await ask(target=door.url, set={"sale.minor": given, "sale.id": "4711"})

    ((body, _),) = door.came
    assert {"minor": sent, "id": "4711"} == json.loads(body)["sale"]
