"""
Requests checked against PayPal's own schemas, before any route sees them.

The schemas are those of `schemas/` (`derive` makes them); a route is checked when PayPal has an
operation with its method and path, whatever the route calls the ids in the path.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema_rs
from aiohttp import web
from aiohttp.typedefs import Handler

from penstock_paypal.simulator.derive import SCHEMAS
from penstock_paypal.simulator.problems import Problem, detail, invalid, json_of
from penstock_paypal.simulator.routes import nameless, operation

_ISSUES = {
    "required": "MISSING_REQUIRED_PARAMETER",
    "minLength": "INVALID_STRING_MIN_LENGTH",
    "maxLength": "INVALID_STRING_MAX_LENGTH",
    "minItems": "INVALID_ARRAY_MIN_ITEMS",
    "maxItems": "INVALID_ARRAY_MAX_ITEMS",
    "minimum": "INVALID_INTEGER_MIN_VALUE",
    "maximum": "INVALID_INTEGER_MAX_VALUE",
    "enum": "INVALID_PARAMETER_VALUE",
}
_NOTIFICATIONS = "/v1/notifications/"
_WORDS = {"required": "Required field is missing"}
_SHOWN = 10
"""Details that one answer lists."""
Schema = jsonschema_rs.Draft202012Validator


@cache
def _schemas() -> dict[tuple[str, str], tuple[Schema, bool]]:
    """By method and path without names of ids: the schema, and whether it is of an object."""
    found: dict[tuple[str, str], tuple[Schema, bool]] = {}
    for file in sorted(SCHEMAS.glob("*.json")):
        document = json.loads(file.read_text("utf-8"))
        schema = document["schema"]
        compiled = Schema(schema, validate_formats=True)
        route = document["method"], nameless(document["path"])
        named = schema.get("$defs", {}).get(schema.get("$ref", "").rpartition("/")[2], schema)
        found[route] = compiled, named.get("type") == "object"
    return found


@web.middleware
async def well_formed(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse what does not keep to PayPal's schema of the operation, as PayPal refuses it."""
    if checked := _schemas().get(operation(request)):
        schema, of_object = checked
        # Where nothing is required PayPal takes no body for an empty one.
        empty = of_object and not await request.read()
        body: Any = {} if empty else await json_of(request)
        if errors := list(schema.iter_errors(body)):
            raise _refusal(errors, request.path.startswith(_NOTIFICATIONS))
    return await handler(request)


def _refusal(
    errors: list[jsonschema_rs.ValidationError], notifications: bool
) -> web.HTTPException:
    leaves = errors[:_SHOWN]
    if notifications:
        words = [(_field(one).strip("/"), _word(one)) for one in leaves]
        return invalid(*words)
    details = [
        detail(_ISSUES.get(one.kind.name, "INVALID_PARAMETER_SYNTAX"), _field(one), _value(one))
        for one in leaves
    ]
    return Problem(400, details=details)


def _field(error: jsonschema_rs.ValidationError) -> str:
    parts = [str(part) for part in error.instance_path]
    if error.kind.name == "required":
        parts.append(str(error.kind.as_dict()["property"]))
    return "".join(f"/{part}" for part in parts)


def _value(error: jsonschema_rs.ValidationError) -> str | None:
    """What was given, where that is a text or a number; a missing field has none."""
    given: Any = error.instance
    shown = isinstance(given, str | int | float) and not isinstance(given, bool)
    return str(given) if shown else None


def _word(error: jsonschema_rs.ValidationError) -> str:
    if error.instance_path[:1] == ["url"]:
        return "Not a valid webhook URL"
    return _WORDS.get(error.kind.name, "Value is invalid")
