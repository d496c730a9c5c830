"""What Lambda's 4 KiB of environment variables hold is known before anything is made."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.graph.capture import GraphMonitor, capture
from infra.graph.program import run
from infra.rules.view import of
from infra.sizes import LAMBDA_BYTES, PLUGIN_BYTES
from tests.infra.conftest import Install

TEXT: dict[str, Any] = {"type": "object", "properties": {"text": {"type": "string"}}}


def gateway(name: str) -> dict[str, Any]:
    return {"gateways": [{"name": name, "capabilities": ["charges"], "settings": TEXT}]}


def refusal(config: dict[str, Any]) -> str:
    monitor = GraphMonitor()
    with pytest.raises(ConfigError) as caught:
        run(monitor, "dev", config)

    assert () == monitor.graph, "something was made first"
    return str(caught.value)


def test_gateways_whose_settings_fit_only_one_by_one_are_refused(
    install: Install, dev: dict[str, Any]
) -> None:
    for name in ("first", "second"):
        install(name, gateway(name))
    longest, long = {"text": "x" * 1945}, {"text": "x" * 1935}
    said = refusal({**dev, "penstock:gateways": {"first": longest, "second": long}})

    assert "penstock:gateways: " in said
    assert f"at most {PLUGIN_BYTES:,}" in said
    assert "first 1,9" in said
    assert "second 1,9" in said
    assert "shorten penstock:gateways.first.text" in said


@pytest.mark.parametrize("text", ["x" * 2100, "ä" * 1030, "\n" * 1030])
def test_bytes_are_counted_as_lambda_counts_them(
    install: Install, dev: dict[str, Any], text: str
) -> None:
    install("first", gateway("first"))
    said = refusal({**dev, "penstock:gateways": {"first": {"text": text}}})

    assert "shorten penstock:gateways.first.text" in said
    assert text not in said


def test_a_sink_has_the_room_to_itself(install: Install, dev: dict[str, Any]) -> None:
    for name in ("third", "fourth"):
        install(name, {"sinks": [{"name": name, "settings": TEXT}]})
    room = {"text": "x" * 1900}
    run(GraphMonitor(), "dev", {**dev, "penstock:sinks": {"third": room, "fourth": room}})
    said = refusal({**dev, "penstock:sinks": {"third": {"text": "x" * 2100}}})

    assert "shorten penstock:sinks.third.text" in said


def test_what_is_left_for_settings_is_left_by_every_function(dev: dict[str, Any]) -> None:
    """
    The rest is for our own variables, addresses of the longest names included.
    """
    stack = "s" * 16
    graph = capture(stack, {**dev, "penstock:protect": "false", "penstock:sinks": ["slack"]})
    address = "https://sqs.ap-southeast-2.amazonaws.com/123456789012/" + "q" * 80
    for name, one in of(graph, "Function").items():
        variables = one["environment"]["variables"]
        ours = {
            key: re.sub(r"\$\{.*\}", address, value)
            for key, value in variables.items()
            if not key.startswith(("PROVIDER_", "SINK_"))
        }
        used = len(json.dumps(ours, ensure_ascii=False).encode())

        assert LAMBDA_BYTES - PLUGIN_BYTES >= used, name
