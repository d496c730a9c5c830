"""A subscription is opened on both hosts: `penstock serve` and the functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from penstock import contracts
from penstock.api import Invalid, NotSent, Unanswered
from tests.unit.entrypoints.client import DOCUMENT
from tests.unit.entrypoints.merchant.backend import SENT, Backend, problem, shaped
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club


async def test_a_subscription_is_opened_and_found_again(backend: Backend, club: Club):
    opened = await backend.subscribe()

    said = shaped(opened, "SubscriptionOpened")
    assert (201, "club-I-1", "approval_pending", "https://club.test/approve/I-1") == (
        opened.status,
        said["id"],
        said["status"],
        said["approval_url"],
    )
    assert "subscriptions/club-I-1" == opened.headers["location"] == said["links"]["self"]
    shown = shaped(await backend.get("/subscriptions/club-I-1"), "Subscription")
    assert ("none", "customer-42", "https://club.test/approve/I-1") == (
        shown["access"],
        shown["reference"],
        shown["approval_url"],
    )
    assert "approval pending, nothing paid yet" == shown["summary"]
    found = shaped(await backend.get("/subscriptions?reference=customer-42"), "SubscriptionPage")
    assert ["club-I-1"] == [one["id"] for one in found["subscriptions"]]
    assert "https://pay.example.org/returns/" in club.requests[0].return_url


async def test_the_same_key_and_body_is_the_same_201(backend: Backend, club: Club):
    first, again = await backend.subscribe(), await backend.subscribe()

    assert (201, first.json, 1) == (again.status, again.json, len(club.requests))


async def test_two_clients_may_use_the_same_key(ask_as: Callable[[str], Awaitable[Backend]]):
    shop, app = await ask_as("shop"), await ask_as("app")

    first, other = await shop.subscribe(), await app.subscribe(reference="customer-43")

    assert ("club-I-1", "club-I-2") == (first.json["id"], other.json["id"])


async def test_no_answer_and_no_view_holds_the_e_mail_address(backend: Backend):
    answers = [
        await backend.subscribe(),
        await backend.get("/subscriptions/club-I-1"),
        await backend.get("/subscriptions?reference=customer-42"),
    ]

    assert [True] * 3 == [b"example.org" not in one.body for one in answers]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"reference": ""}, "body.reference"),
        ({"reference": "x" * 128}, "body.reference"),
        ({"reference": "customer-ü"}, "body.reference"),
        ({"reference": "a\nb"}, "body.reference"),
        ({"plan": ""}, "body.plan"),
        ({"subscriber": {**SENT["subscriber"], "email": "none"}}, "body.subscriber.email"),
        ({"subscriber": {**SENT["subscriber"], "surname": ""}}, "body.subscriber.surname"),
        ({"card": "4111"}, "body"),
    ],
)
async def test_a_field_that_does_not_keep_to_the_contract_is_named_and_nothing_is_sent(
    backend: Backend, club: Club, changes: dict[str, Any], field: str
):
    told = await backend.subscribe(**changes)

    assert (400, "bad-request", [field]) == problem(told)
    assert [] == club.requests


async def test_a_reference_of_127_characters_is_taken(backend: Backend):
    assert 201 == (await backend.subscribe(reference="~" * 127)).status


async def test_a_key_is_needed(backend: Backend):
    told = await backend.post("/subscriptions", SENT)

    assert (400, "bad-request", ["header.Idempotency-Key"]) == problem(told)


@pytest.mark.parametrize("plan", ["NONE", "OLD"])
async def test_a_plan_that_is_not_offered_is_named_and_nothing_is_sent(
    backend: Backend, club: Club, plan: str
):
    told = await backend.subscribe(plan=plan)

    assert (422, "field-refused", ["body.plan"]) == problem(told)
    assert [] == club.requests


@pytest.mark.parametrize("provider", ["acme", "nobody"])
async def test_a_provider_without_subscriptions_is_answered_with_those_that_have_them(
    backend: Backend, provider: str
):
    told = await backend.subscribe(provider=provider)

    assert (422, "no-subscriptions", ["body.provider"]) == problem(told)
    assert "use one of: club" == told.json["detail"]


async def test_the_same_key_with_another_body_is_refused_and_nothing_is_sent(
    backend: Backend, club: Club
):
    await backend.subscribe()

    told = await backend.subscribe(reference="customer-43")

    assert (422, "key-reused", []) == problem(told)
    assert 1 == len(club.requests)


async def test_what_the_provider_does_not_take_is_named(backend: Backend, club: Club):
    club.answers = [Invalid("subscriber.email", "is not an address that the provider takes")]

    first, again = await backend.subscribe(), await backend.subscribe()

    assert (422, "field-refused", ["body.subscriber.email"]) == problem(first)
    assert first.json == again.json


@pytest.mark.parametrize(
    ("answer", "after"), [(NotSent("busy", 7), "7"), (Unanswered("lost"), "25")]
)
async def test_while_the_provider_is_down_it_is_503_and_the_same_key_resumes(
    backend: Backend, club: Club, stand: Stand, answer: Any, after: str
):
    club.answers, club.opens_before_answering = [answer], isinstance(answer, Unanswered)

    told = await backend.subscribe()
    stand.clock.advance(float(told.headers["retry-after"]))
    again = await backend.subscribe()

    assert (503, "unavailable", []) == problem(told)
    assert (after, 201, "club-I-1") == (
        told.headers["retry-after"],
        again.status,
        again.json["id"],
    )
    assert 1 == len({one.operation_id for one in club.requests})


def test_the_links_lead_from_the_sign_up_to_all_that_can_be_done_with_it():
    walked = DOCUMENT["paths"]["/subscriptions"]["post"]["responses"]["201"]["links"]
    operations = contracts.load().operations

    targets = {one["operationId"] for one in walked.values()}
    assert targets <= operations.keys()
    assert {
        "getSubscription",
        "cancelSubscription",
        "suspendSubscription",
        "listSubscriptionPayments",
    } <= targets
