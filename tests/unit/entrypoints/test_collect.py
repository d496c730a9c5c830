"""`POST /subscriptions/{id}/collect` over the memory adapters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.api import Money, SubscriptionStatus
from penstock.contracts import Contract
from penstock.domain.ref import EntityKind, Ref
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.tokens import Authenticator, mint
from penstock.ports import Message
from tests.unit.entrypoints.client import Client, conforms, told
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.club import Club, asked


@pytest.fixture
def stand() -> Stand:
    return Stand(club=Club())


@pytest.fixture
async def client(stand: Stand, contract: Contract) -> Client:
    """A client, and a buyer who owes 9.90 EUR."""
    assert stand.club is not None
    await stand.platform.subscribe("shop\0k", asked())
    stand.club.become("I-1", SubscriptionStatus.active)
    stand.club.held["I-1"] = replace(stand.club.held["I-1"], outstanding=Money(990, "EUR"))
    await stand.platform.observe_subscription(Ref(EntityKind.subscription, "club-I-1"), "club")
    token, text = mint("a test", stand.world.ids, stand.clock.now())
    await stand.world.tokens.put(token)
    authenticate = Authenticator(stand.world.tokens, stand.clock)
    handlers = Handlers(stand.platform, contract).table()
    return Client(Api(contract, handlers, authenticate, ("api", "receive")), text)


async def collect(client: Client, body: Any, of: str = "club-I-1") -> Answer:
    path = f"/subscriptions/{of}/collect"
    return await client("POST", path, json_body=body, idempotency_key="c-1")


async def test_a_collection_is_taken_on_and_worked_off(client: Client, stand: Stand):
    answer = await collect(client, {"reason": "the card was replaced"})
    (message,) = await stand.world.queues["payments"].receive(1, 0)
    await stand.platform.dispatch(Message(message.id, message.body, message.group, "r"))
    again = await collect(client, {"reason": "the card was replaced"})

    conforms(answer, "CollectAccepted")
    assert (202, "accepted", "9.90") == (
        answer.status,
        told(answer)["status"],
        told(answer)["amount"]["value"],
    )
    assert "succeeded" == told(again)["status"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"reason": "x", "amount": 5}, 400),
        ({"reason": "x", "amount": 0, "currency": "EUR"}, 400),
        ({"reason": "x", "amount": 991, "currency": "EUR"}, 422),
        ({"reason": "x", "amount": 990, "currency": "USD"}, 422),
    ],
    ids=str,
)
async def test_bad_input_is_refused_and_nothing_sent(
    client: Client, stand: Stand, body: Any, status: int
):
    answer = await collect(client, body)

    assert status == answer.status
    assert "no-collections" not in told(answer)["type"]
    conforms(answer, "Problem")
    assert not await stand.world.queues["payments"].receive(1, 0)


async def test_a_subscription_that_is_not_there_is_404(client: Client):
    assert 404 == (await collect(client, {"reason": "x"}, "club-I-9")).status
