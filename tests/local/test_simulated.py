"""The local platform simulates what it is not told to reach for real."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from local.demonstration import Sent, send
from local.platform import Platform, simulated
from local.workspace import Workspace

PAYPAL = {"paypal": {"environment": "sandbox"}}


@pytest.mark.parametrize(
    ("gateways", "expected"),
    [
        ({"paypal": {"environment": "local"}, "example": {}}, {"paypal", "example", "slack"}),
        ({"paypal": {}}, {"paypal", "slack"}),
        (["paypal"], {"paypal", "slack"}),
        (PAYPAL, {"slack"}),
        ({"stripe": {}}, {"stripe", "slack"}),
        ({"paypal": {"environment": "live"}, "example": {}}, {"example", "slack"}),
    ],
)
def test_a_gateway_in_an_environment_of_its_own_is_not_simulated(
    gateways: Any, expected: set[str]
):
    config = {"gateways": gateways, "sinks": {"slack": {"events": "all"}}}

    assert {name: name for name in expected} == simulated(config)


def test_each_instance_is_simulated_by_what_plays_its_plugin():
    config = {
        "gateways": {
            "paypal-eu": {"plugin": "paypal", "environment": "local"},
            "paypal-us": {"plugin": "paypal", "environment": "sandbox"},
        },
        "sinks": {"slack": None, "slack-ops": {"plugin": "slack"}},
    }

    assert {"paypal-eu": "paypal", "slack": "slack", "slack-ops": "slack"} == simulated(config)


async def test_the_demonstration_sends_nothing_in_the_name_of_a_gateway_that_is_real(
    tmp_path: Path,
):
    """
    Its door would refuse what only a simulator signs, and the platform would end.
    """
    nothing = cast(Any, None)
    platform = Platform(Workspace(tmp_path), nothing, {}, {}, PAYPAL, {})

    assert Sent() == await send(platform, nothing)
