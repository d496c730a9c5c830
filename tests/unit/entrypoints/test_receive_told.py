"""What the receive function logs, and which settings and doors it knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from penstock.domain.delivery import Delivery
from penstock.entrypoints.functions.receive import Intake, build
from penstock.errors import ChannelUnavailable, SettingsError
from tests.unit.entrypoints.intake import ENVIRON, HEADERS, Topic, intake, package, topic, webhook

__all__ = ["intake", "package", "topic"]


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
