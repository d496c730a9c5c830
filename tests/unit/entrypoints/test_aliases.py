"""The older project's calls on both hosts: each is answered like ours, and deprecated."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from penstock import contracts
from penstock.domain.signup import SignUp
from penstock.entrypoints.http.aliases import ALIASES
from tests.unit.entrypoints.client import DOCUMENT, conforms
from tests.unit.entrypoints.hosts import HOSTS, Ask, bearer
from tests.unit.entrypoints.merchant.backend import JSON, Backend, problem
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club

OLD: dict[str, Any] = {
    "plan_id": "GOLD",
    "custom_id": "customer-42",
    "given_name": "Ann",
    "surname": "Buyer",
    "email": "ann@example.org",
}
CREATE = "/subscription/create"


@pytest.fixture
def club() -> Club:
    return Club("paypal")


@pytest.fixture
def stand(club: Club) -> Stand:
    return Stand(club=club)


@pytest.fixture(params=list(HOSTS))
async def ask(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    async with HOSTS[request.param](stand) as made:
        yield made


@pytest.fixture
async def backend(stand: Stand, ask: Ask) -> Backend:
    return Backend(ask, await bearer(stand))


def test_every_deprecated_operation_is_in_the_table_and_no_other():
    deprecated = {
        operation["operationId"]
        for methods in DOCUMENT["paths"].values()
        for operation in methods.values()
        if operation.get("deprecated")
    }

    assert ALIASES.keys() == deprecated
    assert {one.operation for one in ALIASES.values()} <= contracts.load().operations.keys()


async def test_the_older_list_of_plans_is_ours(backend: Backend):
    assert (await backend.get("/plans")).json == (await backend.get("/plans/list")).json


async def test_a_subscription_is_opened_by_the_older_names(backend: Backend, club: Club):
    told = await backend.post(CREATE, OLD)

    conforms(told, "SubscriptionOpened")
    assert (201, "paypal-I-1", "../subscriptions/paypal-I-1") == (
        told.status,
        told.json["id"],
        told.headers["location"],
    )
    (sent,) = club.requests
    assert ("GOLD", "customer-42", "Ann", "Buyer", "ann@example.org") == (
        sent.plan,
        sent.reference,
        sent.subscriber.given_name,
        sent.subscriber.surname,
        sent.subscriber.email,
    )


async def test_without_a_key_the_same_body_is_the_same_subscription_within_a_day(
    backend: Backend, club: Club, stand: Stand
):
    first, again = await backend.post(CREATE, OLD), await backend.post(CREATE, OLD)
    other = await backend.post(CREATE, {**OLD, "custom_id": "customer-43"})
    stand.clock.advance(86_400)
    next_day = await backend.post(CREATE, OLD)

    assert ["paypal-I-1", "paypal-I-1", "paypal-I-2", "paypal-I-3"] == [
        one.json["id"] for one in (first, again, other, next_day)
    ]
    assert 3 == len(club.requests)


async def test_a_key_means_the_same_in_the_older_call_and_in_ours(backend: Backend):
    old = await backend.post(CREATE, OLD, "k-1")
    ours = await backend.subscribe("k-1", provider="paypal")

    assert old.json["id"] == ours.json["id"]


async def test_a_field_of_the_older_names_is_named(backend: Backend, club: Club):
    told = await backend.post(CREATE, {**OLD, "custom_id": "x" * 128})

    assert (400, "bad-request", ["body.custom_id"]) == problem(told)
    assert [] == club.requests


async def test_a_field_that_is_refused_later_has_its_older_name_too(backend: Backend):
    told = await backend.post(CREATE, {**OLD, "plan_id": "NONE"})

    assert (422, "field-refused", ["body.plan_id"]) == problem(told)


@pytest.mark.parametrize(("method", "path"), [("GET", "/plans/list"), ("POST", CREATE)])
async def test_a_token_is_needed(ask: Ask, method: str, path: str):
    told = await ask(method, path, [JSON], json.dumps(OLD).encode())

    assert (401, "unauthorized", []) == problem(told)


async def test_the_older_receiver_is_that_of_paypal_and_needs_no_token(ask: Ask):
    """
    Here PayPal has no door, and both answer that they know no such gateway.
    """
    old = await ask("POST", "/webhook/receiver", [JSON], b"{}")
    ours = await ask("POST", "/webhooks/paypal", [JSON], b"{}")

    assert (404, "unknown-gateway", []) == problem(old)
    assert ours.json == old.json


async def test_no_sign_up_of_the_older_call_keeps_the_e_mail_address(
    backend: Backend, stand: Stand
):
    await backend.post(CREATE, OLD)

    due = await stand.world.ledger.due(stand.clock.now() + timedelta(days=30), 10)
    kept = [await stand.world.ledger.load(SignUp, ref.id) for ref in due]
    assert 1 == len(kept)
    assert "ann@example.org" not in repr(kept)
