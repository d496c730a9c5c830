"""The receive function: what it lets in, what it refuses, and what it never does."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.domain.delivery import Delivery
from penstock.entrypoints.functions.receive import Intake, build
from penstock.errors import ChannelUnavailable, SettingsError
from penstock.ports import Outgoing

CERT = r"https://api\.acme\.test/certs/[A-Z0-9]+"
DATA_FILE = {
    "module": "penstock_acme",
    "gateways": [
        {
            "name": "acme",
            "settings": {"properties": {"environment": {"default": "live"}}},
            "door": {
                "headers": {"acme-signature": "[0-9a-f]{4}", "acme-cert-url": {"live": CERT}},
                "body_limit": 64,
                "json": True,
            },
        },
        {"name": "charges", "settings": {}, "door": None},
    ],
    "sinks": [],
}
HEADERS = {"acme-signature": "00ff", "acme-cert-url": "https://api.acme.test/certs/A1"}
ENVIRON = {
    "PENSTOCK_GATEWAYS": "acme,charges",
    "PENSTOCK_DELIVERIES_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:deliveries.fifo",
}


class Topic:
    """The deliveries topic: keeps what is published, or fails."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.failure: Exception | None = None

    async def send(self, message: Outgoing) -> None:
        if self.failure:
            raise self.failure
        self.published.append(message)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "_plugins.json").write_text(json.dumps({"plugins": [DATA_FILE]}))
    return tmp_path


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def intake(package: Path, topic: Topic) -> Intake:
    return build(ENVIRON, package, lambda arn: topic)


def webhook(
    body: bytes = b'{"id": 1}',
    headers: Mapping[str, str] = HEADERS,
    *,
    gateway: str = "acme",
    method: str = "POST",
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{gateway}",
        "rawPath": f"/webhooks/{gateway}",
        "headers": dict(headers),
        "pathParameters": {"gateway": gateway},
        "requestContext": {"http": {"method": method, "path": f"/webhooks/{gateway}"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


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


def test_every_webhook_is_one_line_without_anything_a_stranger_wrote(
    intake: Intake, capsys: pytest.CaptureFixture[str]
):
    intake(webhook())
    intake(webhook(gateway="hunter2"))
    intake(webhook(b"hunter2"))

    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert [
        ("delivery.received", "accepted"),
        ("stage.finished", "refused"),
        ("stage.finished", "refused"),
    ] == [(line["event"], line["outcome"]) for line in lines]
    assert "hunter2" not in out


def test_a_delivery_is_counted_once_it_is_durable_and_never_before(
    package: Path, topic: Topic, capsys: pytest.CaptureFixture[str]
):
    intake = build({**ENVIRON, "PENSTOCK_STACK": "prod"}, package, lambda arn: topic)
    topic.failure = ChannelUnavailable("away")
    intake(webhook())
    topic.failure = None
    answer = intake(webhook())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    counted = [line for line in lines if line["event"] == "delivery.received"]

    assert [("prod", "acme", json.loads(answer["body"])["delivery_id"])] == [
        (line["stack"], line["gateway"], line["delivery_id"]) for line in counted
    ]


def test_the_line_of_the_stage_names_its_stack_and_its_trace(
    package: Path, topic: Topic, capsys: pytest.CaptureFixture[str]
):
    environ = {**ENVIRON, "PENSTOCK_STACK": "prod", "_X_AMZN_TRACE_ID": "Root=1-5759-bd;Sampled=1"}
    build(environ, package, lambda arn: topic)(webhook())
    (finished,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())

    assert ("1-5759-bd", "prod", "receive", "done") == tuple(
        finished[name] for name in ("trace_id", "stack", "stage", "status")
    )
    assert "_aws" not in finished


def test_a_trace_that_is_not_recorded_is_not_named(
    package: Path, topic: Topic, capsys: pytest.CaptureFixture[str]
):
    environ = {**ENVIRON, "_X_AMZN_TRACE_ID": "Root=1-5759-bd;Parent=53;Sampled=0"}
    build(environ, package, lambda arn: topic)(webhook())

    assert "1-5759-bd" not in capsys.readouterr().out


def test_the_log_level_is_honoured(
    package: Path, topic: Topic, capsys: pytest.CaptureFixture[str]
):
    environ = {**ENVIRON, "LOG_LEVEL": "ERROR"}
    build(environ, package, lambda arn: topic)(webhook())

    assert "" == capsys.readouterr().out


@pytest.mark.parametrize("missing", ENVIRON)
def test_a_missing_variable_is_named(package: Path, topic: Topic, missing: str):
    environ = {name: value for name, value in ENVIRON.items() if name != missing}

    with pytest.raises(SettingsError, match=f"{missing} is missing"):
        build(environ, package, lambda arn: topic)


def test_a_gateway_that_the_build_does_not_know_is_named(package: Path, topic: Topic):
    with pytest.raises(SettingsError, match="'stripe'"):
        build(
            {**ENVIRON, "PENSTOCK_GATEWAYS": "stripe"},
            package,
            lambda arn: topic,
        )


def test_an_environment_that_the_door_does_not_know_is_refused(package: Path, topic: Topic):
    environ = {**ENVIRON, "PROVIDER_ACME_ENVIRONMENT": "local"}

    with pytest.raises(SettingsError, match="PROVIDER_ACME_ENVIRONMENT"):
        build(environ, package, lambda arn: topic)


def test_only_the_environment_local_takes_the_local_platforms_door(package: Path, topic: Topic):
    own = {"acme": {"door": {"acme-cert-url": r"http://127\.0\.0\.1:1/cert"}}}
    (package / "_profile.json").write_text(json.dumps(own))
    local = {**HEADERS, "acme-cert-url": "http://127.0.0.1:1/cert"}

    def status(environment: str) -> int:
        environ = {**ENVIRON, "PROVIDER_ACME_ENVIRONMENT": environment}
        intake = build(environ, package, lambda arn: topic)
        return intake(webhook(headers=local))["statusCode"]

    assert (202, 400) == (status("local"), status("live"))


def test_each_account_has_a_route_of_its_own_and_the_door_of_its_plugin(
    package: Path, topic: Topic
):
    """Two accounts of one provider, each in its own environment."""
    own = {"acme-us": {"door": {"acme-cert-url": r"http://127\.0\.0\.1:1/cert"}}}
    (package / "_profile.json").write_text(json.dumps(own))
    environ = {
        **ENVIRON,
        "PENSTOCK_GATEWAYS": "acme-eu,acme-us",
        "PROVIDER_ACME__EU_PLUGIN": "acme",
        "PROVIDER_ACME__US_PLUGIN": "acme",
        "PROVIDER_ACME__US_ENVIRONMENT": "local",
    }
    intake = build(environ, package, lambda arn: topic)
    local = {**HEADERS, "acme-cert-url": "http://127.0.0.1:1/cert"}

    def status(gateway: str, headers: Mapping[str, str]) -> int:
        return intake(webhook(gateway=gateway, headers=headers))["statusCode"]

    assert (202, 400) == (status("acme-eu", HEADERS), status("acme-eu", local))
    assert (202, 400) == (status("acme-us", local), status("acme-us", HEADERS))
    assert 404 == status("acme", HEADERS)
    kept = [Delivery.loads(one.body) for one in topic.published]
    assert ["acme-eu", "acme-us"] == [one.gateway for one in kept]


def test_the_same_webhook_at_two_routes_is_two_deliveries(package: Path, topic: Topic):
    """Else the topic would drop the second as a copy, and one account would miss it."""
    environ = {
        **ENVIRON,
        "PENSTOCK_GATEWAYS": "acme,acme-eu",
        "PROVIDER_ACME__EU_PLUGIN": "acme",
    }
    intake = build(environ, package, lambda arn: topic)
    for gateway in ("acme", "acme-eu"):
        intake(webhook(gateway=gateway))

    assert 2 == len({one.dedup for one in topic.published})
