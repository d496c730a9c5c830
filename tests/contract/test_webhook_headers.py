"""The webhook's operation names each gateway's headers, as the gateway's door has them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from penstock.plugins import load
from tests.contract.shown.documents import operations
from tests.contract.shown.house import visiting
from tests.unit.entrypoints.hosts import HOSTS
from tests.unit.entrypoints.stand import Stand

WEBHOOKS = ("receiveWebhook", "receiveWebhookOld")


def headers(operation: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in operation["parameters"] if one["in"] == "header"]


@pytest.mark.parametrize("gateway", ["paypal", "example"])
def test_the_contract_has_the_headers_of_the_gateways_door(gateway: str):
    door = load().gateway(gateway).door
    assert door is not None
    named = [
        one
        for one in headers(operations()["receiveWebhook"])
        if gateway in one["x-penstock-gateways"]
    ]

    assert set(door.headers) == {one["name"].lower() for one in named}
    for one in named:
        pattern = door.headers[one["name"].lower()]
        if isinstance(pattern, str):
            assert f"^{pattern}$" == one["schema"]["pattern"]
        else:
            # It depends on the environment; the example is the sandbox's.
            pattern = pattern["sandbox"]
        for sent in one["examples"].values():
            assert re.fullmatch(pattern, sent["value"])


def test_the_older_path_has_paypals_headers():
    named = [
        one
        for one in headers(operations()["receiveWebhook"])
        if ["paypal"] == one["x-penstock-gateways"]
    ]

    assert 5 == len(named)
    assert named == headers(operations()["receiveWebhookOld"])


@pytest.mark.parametrize("host", HOSTS)
async def test_a_stack_names_the_headers_of_its_own_gateways(host: str):
    async with visiting(host) as visit:
        told = (await visit("GET", "/openapi.json", token="")).json

    named = {
        one["name"].lower(): one["x-penstock-gateways"]
        for one in headers(told["paths"]["/webhooks/{gateway}"]["post"])
    }
    expected = visit.house.platform.webhook_headers
    assert {"example", "paypal"} == set(expected)
    assert {h: [g] for g, hs in expected.items() for h in hs} == named


async def test_a_gateway_that_the_contract_does_not_know_is_named_all_the_same():
    """
    A plugin adds its headers by its door: the contract is not edited for it.
    """
    async with HOSTS["serve"](Stand()) as ask:
        told = (await ask("GET", "/openapi.json", [], b"")).json
    (gateway, header) = told["paths"]["/webhooks/{gateway}"]["post"]["parameters"]

    assert {"acme": {"value": "acme"}} == gateway["examples"]
    assert ("sig", "Required in every webhook of acme.") == (header["name"], header["description"])
    assert [] == told["paths"]["/webhook/receiver"]["post"]["parameters"]
