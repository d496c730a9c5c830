"""
What comes in at the door is counted: the lines of `receive`, and those of the API's access log.

The lines of the access log are made of the stage's own format, as API Gateway fills it in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.graph.monitor import Declared
from infra.rules.view import of
from penstock.entrypoints.functions.receive import build
from tests.infra.counted import counted, expected_of, took
from tests.infra.scene import Counts
from tests.infra.stacks import STACKS
from tests.unit.entrypoints import intake as receiving


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (receiving.webhook(), {"DeliveriesReceived": 1}),
        (receiving.webhook(headers={}), {}),
        (receiving.webhook(b'"' + b"x" * 64 + b'"'), {}),
        (receiving.webhook(gateway="nobody"), {}),
    ],
    ids=["kept", "header missing", "too large", "nobody's"],
)
def test_what_comes_in_at_the_door_is_counted_once_it_is_kept(
    graphs: Mapping[str, Sequence[Declared]],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    event: Mapping[str, Any],
    expected: Counts,
) -> None:
    written = received(event, receiving.Topic(), tmp_path, capsys)

    assert written
    assert expected == counted(graphs["prod"], "receive", "prod", written)
    assert expected_of(written) == took(graphs["prod"], "receive", written)


def test_a_bug_at_the_door_is_counted(
    graphs: Mapping[str, Sequence[Declared]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    topic = receiving.Topic()
    topic.failure = RuntimeError("hunter2")
    written = received(receiving.webhook(), topic, tmp_path, capsys)

    assert {"StagesFailed": 1} == counted(graphs["prod"], "receive", "prod", written)
    assert expected_of(written) == took(graphs["prod"], "receive", written)


def received(
    event: Mapping[str, Any],
    topic: receiving.Topic,
    package: Path,
    capsys: pytest.CaptureFixture[str],
) -> list[str]:
    """What `receive` of prod logs of a webhook."""
    (package / "_plugins.json").write_text(json.dumps({"plugins": [receiving.DATA_FILE]}))
    environ = {**receiving.ENVIRON, "LOG_LEVEL": "INFO", "PENSTOCK_STACK": "prod"}
    build(environ, package, lambda arn: topic)(event)
    return capsys.readouterr().out.splitlines()


def answered(graph: Sequence[Declared], **context: str) -> str:
    """A line of the access log; API Gateway writes - for what it does not know [aws]."""
    (stage,) = of(graph, "Stage").values()
    known = {name.replace("_", "."): value for name, value in context.items()}
    form = stage["accessLogSettings"]["format"]
    return re.sub(r"\$context\.([\w.]+)", lambda found: known.get(found[1], "-"), form)


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        ({"status": "413", "routeKey": "POST /webhooks/{gateway}"}, {"WebhooksTooLarge": 1}),
        ({"status": "413"}, {"WebhooksTooLarge": 1}),
        ({"status": "413", "routeKey": "POST /payments"}, {}),
        ({"status": "202", "routeKey": "POST /webhooks/{gateway}"}, {}),
        ({"status": "429", "routeKey": "POST /webhooks/{gateway}"}, {"WebhooksThrottled": 1}),
        ({"status": "429"}, {"WebhooksThrottled": 1}),
        ({"status": "429", "routeKey": "POST /payments"}, {}),
        ({"status": "503"}, {}),
    ],
    ids=[
        "ours",
        "the API's own",
        "of a payment",
        "taken",
        "throttled",
        "throttled, route unknown",
        "a payment throttled",
        "another error",
    ],
)
@pytest.mark.parametrize("stack", STACKS)
def test_a_webhook_too_large_or_too_many_is_counted_whoever_refused_it(
    graphs: Mapping[str, Sequence[Declared]],
    stack: str,
    context: Mapping[str, str],
    expected: Counts,
) -> None:
    line = answered(graphs[stack], requestId="r", identity_sourceIp="203.0.113.9", **context)

    assert expected == counted(graphs[stack], "api-access", stack, [line])


def test_the_webhooks_route_is_the_contracts_own(
    graphs: Mapping[str, Sequence[Declared]],
) -> None:
    keys = {one["routeKey"] for one in of(graphs["prod"], "Route").values()}

    assert "POST /webhooks/{gateway}" in keys
    assert ["POST /webhooks/{gateway}"] == [k for k in keys if k.startswith("POST /webhooks/")]
