"""
The Postman collection: made of the contract, of Postman's form, and each request works.

Each request is sent to a served host as the collection has it, after what its example needs.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest

from tests.contract import postman
from tests.contract.shown.documents import API, example, named, operations
from tests.contract.shown.house import Visit, visiting
from tests.contract.shown.scenes import SCENES, Scene
from tests.unit.entrypoints.hosts import HOSTS, Told

COLLECTION = json.loads(postman.PATH.read_text("utf-8"))
OPERATIONS = operations()
FORM = {
    "type": "object",
    "required": ["info", "item", "auth", "variable"],
    "properties": {
        "info": {
            "required": ["name", "schema"],
            "properties": {"schema": {"const": postman.SCHEMA}},
        },
        "variable": {"items": {"$ref": "#/$defs/variable"}},
        "item": {
            "items": {
                "required": ["name", "item"],
                "properties": {"item": {"items": {"$ref": "#/$defs/item"}}},
            }
        },
    },
    "$defs": {
        "variable": {"required": ["key", "value"], "properties": {"value": {"type": "string"}}},
        "headers": {
            "type": "array",
            "items": {
                "required": ["key", "value"],
                "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
            },
        },
        "request": {
            "required": ["method", "header", "url"],
            "properties": {
                "header": {"$ref": "#/$defs/headers"},
                "auth": {"required": ["type"], "properties": {"type": {"const": "noauth"}}},
                "body": {
                    "required": ["mode", "raw"],
                    "properties": {"mode": {"const": "raw"}, "raw": {"type": "string"}},
                },
                "url": {
                    "required": ["raw", "host", "path"],
                    "properties": {
                        "host": {"const": [postman.BASE]},
                        "path": {"items": {"type": "string", "minLength": 1}},
                        "query": {"items": {"$ref": "#/$defs/variable"}},
                        "variable": {"items": {"$ref": "#/$defs/variable"}},
                    },
                },
            },
        },
        "item": {
            "required": ["name", "request", "response"],
            "properties": {
                "request": {"$ref": "#/$defs/request"},
                "response": {
                    "items": {
                        "required": ["name", "originalRequest", "status", "code", "body"],
                        "properties": {
                            "originalRequest": {"$ref": "#/$defs/request"},
                            "code": {"type": "integer"},
                            "body": {"type": "string"},
                            "header": {"$ref": "#/$defs/headers"},
                        },
                    }
                },
            },
        },
    },
}
"""What of Postman's schema 2.1.0 is used here; it was checked by hand against that schema."""


def items() -> Iterator[dict[str, Any]]:
    for folder in COLLECTION["item"]:
        yield from folder["item"]


def scene_of(item: dict[str, Any]) -> Scene | None:
    """The scene whose request this is, if the request has one."""
    operation, _, key = item["name"].rstrip(")").partition(" (")
    for one in SCENES:
        meant = not key or key in (one.body, one.at.get("gateway"))
        if one.operation == operation and one.status < 400 and meant:
            return one
    return None


def test_the_collection_is_made_of_the_contract():
    assert postman.text() == postman.PATH.read_text("utf-8"), "run `make contracts`"


def test_the_collection_has_postmans_form():
    jsonschema_rs.Draft202012Validator(FORM).validate(COLLECTION)


def test_every_operation_is_in_it_and_its_token_is_a_variable():
    asked = {item["name"].partition(" (")[0] for item in items()}

    assert OPERATIONS.keys() == asked
    assert ["baseUrl", "token"] == [one["key"] for one in COLLECTION["variable"]]
    assert "{{token}}" == COLLECTION["auth"]["bearer"][0]["value"]


def test_no_two_requests_of_an_operation_have_one_idempotency_key():
    seen: set[tuple[str, str]] = set()
    for item in items():
        for header in item["request"]["header"]:
            if header["key"] == "Idempotency-Key":
                one = (item["request"]["url"]["raw"], header["value"])
                assert one not in seen
                seen.add(one)

    assert seen


def test_a_webhook_is_a_request_of_each_gateway_with_that_gateways_headers():
    webhooks = {
        item["name"]: {one["key"] for one in item["request"]["header"]}
        for item in items()
        if item["name"].startswith("receiveWebhook (")
    }

    assert {"Example-Signature", "Content-Type"} == webhooks["receiveWebhook (example)"]
    assert 6 == len(webhooks["receiveWebhook (paypal)"])
    assert "Example-Signature" not in webhooks["receiveWebhook (paypal)"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("item", list(items()), ids=lambda item: item["name"])
async def test_a_request_is_answered_as_documented(item: dict[str, Any], host: str):
    operation, scene = OPERATIONS[item["name"].partition(" (")[0]], scene_of(item)
    async with visiting(host) as visit:
        found = await scene.before(visit) if scene else None
        token = found if isinstance(found, str) else "guessed"
        told = await sent(visit, item["request"], {"token": token, **(scene.at if scene else {})})

    answer = operation["responses"][str(told.status)]
    media = told.media.partition(";")[0]
    assert media in answer["content"]
    if media.endswith("json"):
        schema = {**answer["content"][media]["schema"], "components": API["components"]}
        jsonschema_rs.validator_for(schema, validate_formats=True).validate(told.json)
    if scene:
        assert scene.status == told.status
        if scene.answer and not scene.query and not scene.at:
            assert example(named(answer)[scene.answer]).keys() == told.json.keys()
    else:
        # A buyer's page has a secret for an address, which no collection holds.
        assert (404 if "token" in operation["path"] else 200) == told.status


async def sent(visit: Visit, request: dict[str, Any], given: dict[str, str]) -> Told:
    """Send a request as Postman does."""
    url = request["url"]
    values = {one["key"]: one["value"] for one in url.get("variable", ())}
    path = re.sub(
        r":([a-z]+)",
        lambda found: quote({**values, **given}[found[1]], safe=""),
        "/".join(("", *url["path"])),
    )
    query = "&".join(
        f"{one['key']}={quote(one['value'])}"
        for one in url.get("query", ())
        if not one["disabled"]
    )
    headers = [(one["key"], one["value"].encode()) for one in request["header"]]
    if "auth" not in request:
        headers.append(("Authorization", f"Bearer {visit.token}".encode()))
    body = request.get("body", {}).get("raw", "").encode()
    return await visit.ask(request["method"], path + (f"?{query}" if query else ""), headers, body)
