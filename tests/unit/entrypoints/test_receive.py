"""The receive function: what passes its door, and what it answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.domain.delivery import Delivery
from penstock.entrypoints.functions.receive import Intake
from penstock.errors import ChannelUnavailable
from tests.unit.entrypoints.intake import HEADERS, Topic, intake, package, topic, webhook

__all__ = ["intake", "package", "topic"]


def test_what_passes_the_door_is_published_byte_for_byte_and_then_accepted(
    intake: Intake, topic: Topic
):
    body = b'{"id": 1,\r\n "name": "\xc3\xa9"}'

    answer = intake(webhook(body))

    (published,) = topic.published
    delivery = Delivery.loads(published.body)
    assert (202, {"delivery_id": delivery.id}) == (
        answer["statusCode"],
        json.loads(answer["body"]),
    )
    assert (body, HEADERS, "acme") == (delivery.body, delivery.headers, delivery.gateway)
    assert delivery.id == published.group == published.dedup


def test_a_body_that_came_as_text_is_the_same_delivery(intake: Intake, topic: Topic):
    body = '{"name": "é"}'
    intake(webhook(body.encode()))
    intake({**webhook(), "body": body, "isBase64Encoded": False})

    first, second = (Delivery.loads(one.body) for one in topic.published)
    assert first.id == second.id


def test_header_names_may_be_in_any_case_and_others_are_left_outside(intake: Intake, topic: Topic):
    given = {name.title(): value for name, value in HEADERS.items()} | {"Cookie": "hunter2"}

    assert 202 == intake(webhook(headers=given))["statusCode"]
    assert HEADERS == Delivery.loads(topic.published[0].body).headers


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (webhook(method="PUT"), 405),
        (webhook(gateway="nobody"), 404),
        (webhook(gateway="charges"), 404),
        (webhook(headers={}), 400),
        (webhook(headers={**HEADERS, "acme-signature": "00FF"}), 400),
        (webhook(headers={**HEADERS, "acme-signature": "00ff\n"}), 400),
        (webhook(headers={**HEADERS, "acme-cert-url": "https://evil.test/certs/A1"}), 400),
        (webhook(headers={**HEADERS, "acme-cert-url": HEADERS["acme-cert-url"] + "/.."}), 400),
        (webhook(b"{" + b" " * 70 + b"}"), 413),
        (webhook(b""), 400),
        (webhook(b"hunter2"), 400),
        (webhook(b"\xff"), 400),
        ({**webhook(), "body": "no base64!"}, 400),
        ({**webhook(), "body": None}, 400),
    ],
)
def test_what_cannot_be_the_gateways_is_a_problem_and_not_published(
    intake: Intake, topic: Topic, event: dict[str, Any], status: int
):
    answer = intake(event)

    told = json.loads(answer["body"])
    assert (status, "application/problem+json") == (
        answer["statusCode"],
        answer["headers"]["content-type"],
    )
    assert status == told["status"]
    assert told["title"]
    assert "hunter2" not in answer["body"]
    assert [] == topic.published


def test_a_publish_that_failed_is_503_so_that_the_gateway_sends_again(
    intake: Intake, topic: Topic
):
    topic.failure = ChannelUnavailable("the topic took nothing: 403 AuthorizationError")

    answer = intake(webhook())

    assert (503, "5") == (answer["statusCode"], answer["headers"]["retry-after"])
    assert "Authorization" not in answer["body"]


def test_a_bug_of_ours_is_500_and_tells_nothing(
    intake: Intake, topic: Topic, capsys: pytest.CaptureFixture[str]
):
    topic.failure = RuntimeError("hunter2")

    answer = intake(webhook())

    assert 500 == answer["statusCode"]
    assert "hunter2" not in answer["body"] + capsys.readouterr().out
