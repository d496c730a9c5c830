"""A name that a stranger gave a field reaches no log, no dead letter and no answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.errors import MalformedMessage
from penstock.pipeline.orders import load_message, load_order
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.hosts import HOSTS, bearer
from tests.unit.entrypoints.stand import Stand

STRANGE = "hunter2\x1b[2J\u202e"
ORDER = {"amount": 1250, "currency": "EUR"}
CHARGE: Mapping[str, Any] = {"id": "p-1", "provider": "acme", "order": ORDER}
LONG = STRANGE * 10
MESSAGES: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "a field": ({**CHARGE, STRANGE: 1}, "* is an unknown field"),
    "a field of the order": ({**CHARGE, "order": {**ORDER, STRANGE: 1}}, "order.* is an unknown"),
    "a field of the payer": (
        {**CHARGE, "order": {**ORDER, "payer": {STRANGE: 1}}},
        "order.payer.* is an unknown field",
    ),
    "a name of metadata": (
        {**CHARGE, "order": {**ORDER, "metadata": {STRANGE: 1}}},
        "order.metadata.* is a int",
    ),
    "a long name of metadata": (
        {**CHARGE, "order": {**ORDER, "metadata": {LONG: "x"}}},
        "order.metadata.* is a str",
    ),
}
each_message = pytest.mark.parametrize(
    ("message", "reason"), MESSAGES.values(), ids=MESSAGES.keys()
)


@each_message
def test_the_refusal_of_a_message_names_only_fields_of_the_contract(
    message: Mapping[str, Any], reason: str
):
    with pytest.raises(MalformedMessage) as refused:
        load_message(json.dumps(message))

    assert reason in str(refused.value)
    assert "hunter2" not in str(refused.value)


@each_message
async def test_no_strange_name_is_in_a_dead_letter_or_a_log(
    message: Mapping[str, Any], reason: str
):
    stand = Stand()
    await stand.world.queues["payments"].send(Outgoing(json.dumps(message), "g", "d"))
    batch = stand.platform.batch(Function.charge)
    with capture_logs() as logs:
        await batch.run(await batch.inbox.receive(1, 0), lambda: float("inf"))
    (parked,) = await stand.world.dead_letters["payments"].receive(1, 0)

    assert reason in parked.attributes["reason"]
    assert "hunter2" not in repr(parked.attributes) + repr(logs)


@each_message
async def test_no_strange_name_is_in_a_problem_or_in_what_is_logged_of_it(
    message: Mapping[str, Any], reason: str
):
    stand = Stand()
    body = json.dumps({name: value for name, value in message.items() if name != "id"}).encode()
    headers = [
        await bearer(stand),
        ("Content-Type", b"application/json"),
        ("Idempotency-Key", b"k"),
    ]
    with capture_logs() as logs:
        async with HOSTS["serve"](stand) as ask:
            answer = await ask("POST", "/payments", headers, body)

    assert 400 == answer.status
    assert "hunter2" not in answer.body.decode() + repr(logs)


def test_an_order_that_is_read_by_itself_is_refused_in_the_same_way():
    with pytest.raises(MalformedMessage, match=r"^\* is an unknown field; leave it out$"):
        load_order({**ORDER, STRANGE: 1})
