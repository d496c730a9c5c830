"""Payments that buyers approve, on both hosts: `penstock serve`, and the function `merchant`."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from penstock.api import Invalid, NotSent, Unanswered
from penstock.testing.clock import FrozenClock
from tests.unit.entrypoints.client import conforms
from tests.unit.entrypoints.hosts import HOSTS, Ask, Told, bearer
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.till import Till

ORDER: dict[str, Any] = {"amount": 1250, "currency": "EUR", "reference": "order-7"}


@pytest.fixture
def stand() -> Stand:
    clock = FrozenClock()
    return Stand(clock=clock, till=Till(clock))


@pytest.fixture
def till(stand: Stand) -> Till:
    assert stand.till is not None
    return stand.till


@pytest.fixture(params=list(HOSTS))
async def ask(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    async with HOSTS[request.param](stand) as made:
        yield made


async def pay(ask: Ask, stand: Stand, key: str = "k-1", order: Any = ORDER, **more: Any) -> Told:
    headers = [
        await bearer(stand),
        ("Content-Type", b"application/json"),
        ("Idempotency-Key", key.encode()),
    ]
    body = {"provider": "till", "order": order, **more}
    return await ask("POST", "/payments", headers, json.dumps(body).encode())


def kind(told: Told) -> str:
    return told.json["type"].removeprefix("urn:penstock:problem:")


async def test_it_is_201_with_the_address_of_approval_and_its_end(ask: Ask, stand: Stand):
    told = await pay(ask, stand)

    conforms(told, "CheckoutPayment")
    assert (201, "approval_pending", "https://till.test/approve/C-1", "2026-11-02T15:00:00Z") == (
        told.status,
        told.json["status"],
        told.json["approval_url"],
        told.json["approval_expires_at"],
    )
    assert f"payments/{told.json['id']}" == told.headers["location"]
    assert [("checkout", "pending", "C-1")] == [
        (one["kind"], one["state"], one["reference"]) for one in told.json["operations"]
    ]
    assert b"returns" not in told.body


async def test_the_same_key_and_order_is_the_same_answer(ask: Ask, stand: Stand, till: Till):
    first, again = await pay(ask, stand), await pay(ask, stand)

    assert (201, first.json["id"]) == (again.status, again.json["id"])
    assert first.json["approval_url"] == again.json["approval_url"]
    assert 1 == len(till.requests)


@pytest.mark.parametrize(
    "other",
    [{"order": {**ORDER, "amount": 1251}}, {"provider": "acme"}],
    ids=["order", "provider"],
)
async def test_a_key_with_another_body_is_422(ask: Ask, stand: Stand, other: dict[str, Any]):
    await pay(ask, stand)

    told = await pay(ask, stand, **other)

    assert (422, "key-reused") == (told.status, kind(told))


async def test_a_key_of_a_charge_opens_no_checkout(ask: Ask, stand: Stand, till: Till):
    await pay(ask, stand, provider="acme")

    told = await pay(ask, stand)

    assert ((422, "key-reused"), []) == ((told.status, kind(told)), till.requests)


async def test_without_an_answer_it_is_503_and_the_same_key_goes_on(
    ask: Ask, stand: Stand, till: Till
):
    till.answers, till.opens_before_answering = [Unanswered("lost")], True

    lost = await pay(ask, stand)
    stand.clock.advance(float(lost.headers["retry-after"]))
    told = await pay(ask, stand)

    assert (503, "unavailable", 201) == (lost.status, kind(lost), told.status)
    assert 1 == len({one.operation_id for one in till.requests})


async def test_a_provider_that_says_later_is_503_with_its_own_time(
    ask: Ask, stand: Stand, till: Till
):
    till.answers = [NotSent("rate limit", 7)]

    told = await pay(ask, stand)

    assert (503, "7") == (told.status, told.headers["retry-after"])


async def test_a_field_that_the_provider_does_not_take_is_named(
    ask: Ask, stand: Stand, till: Till
):
    till.answers = [Invalid("order.currency", "is not taken")]

    told = await pay(ask, stand)

    assert (422, "field-refused", "body.order.currency") == (
        told.status,
        kind(told),
        told.json["errors"][0]["field"],
    )


async def test_a_provider_without_a_checkout_is_422_with_those_that_have_one(
    ask: Ask, stand: Stand
):
    told = await pay(ask, stand, provider="acme", checkout=True)

    assert (422, "no-checkout") == (told.status, kind(told))
    assert "till" in told.json["detail"]


async def test_a_provider_that_takes_no_charges_cannot_be_charged(ask: Ask, stand: Stand):
    told = await pay(ask, stand, checkout=False)

    assert (422, "no-charges") == (told.status, kind(told))


async def test_a_provider_that_takes_charges_is_charged_as_before(ask: Ask, stand: Stand):
    told = await pay(ask, stand, provider="acme")

    assert (202, [("charge", "reserved")]) == (
        told.status,
        [(one["kind"], one["state"]) for one in told.json["operations"]],
    )


async def test_once_it_is_paid_the_same_key_shows_it_without_an_address(
    ask: Ask, stand: Stand, till: Till
):
    payment = (await pay(ask, stand)).json["id"]
    till.approve()
    back = till.requests[0].return_url.removeprefix("https://pay.example.org")
    page = await ask("GET", back, [("Accept", b"text/html")], b"")
    (message,) = await stand.world.queues["payments"].receive(1, 0)
    await stand.platform.dispatch(message)

    told, state = await pay(ask, stand), await ask("GET", f"{back}/state", [], b"")

    assert (200, True) == (page.status, b"Waiting for confirmation" in page.body)
    assert (201, payment, "succeeded", False) == (
        told.status,
        told.json["id"],
        told.json["status"],
        "approval_url" in told.json,
    )
    assert ("paid", True) == (state.json["state"], state.json["settled"])


async def test_a_buyer_who_leaves_is_shown_the_way_back(ask: Ask, stand: Stand, till: Till):
    await pay(ask, stand)
    left = till.requests[0].cancel_url.removeprefix("https://pay.example.org")

    page = await ask("GET", left, [("Accept", b"text/html")], b"")

    assert (200, True, True) == (
        page.status,
        b"You have not paid" in page.body,
        b"https://till.test/approve/C-1" in page.body,
    )


async def test_a_checkout_that_is_over_is_shown_as_expired(ask: Ask, stand: Stand, till: Till):
    await pay(ask, stand)
    back = till.requests[0].return_url.removeprefix("https://pay.example.org")
    stand.clock.advance(3 * 3600 + 400)
    await stand.platform.sweep()

    state = await ask("GET", f"{back}/state", [], b"")

    conforms(state, "ReturnState")
    assert ("expired", "care", True) == (
        state.json["state"],
        state.json["tone"],
        state.json["settled"],
    )
