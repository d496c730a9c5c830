"""An error in a value, in words that never hold the value."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import jsonschema_rs

_KINDS = {
    "string": "a text",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
}
_REMEDIES = {
    "minimum": "must be at least {limit}",
    "maximum": "must be at most {limit}",
    "minLength": "must have at least {limit} character(s)",
    "maxLength": "must have at most {limit} characters",
    "minProperties": "must have at least {limit} field(s)",
    "maxProperties": "must have at most {limit} fields",
    "minItems": "must have at least {limit} item(s)",
    "maxItems": "must have at most {limit} items",
    "pattern": "must match {pattern}",
    "format": "must be a {format}",
    "const": "must be {expected_value}",
}
_LISTED = 12
"""Values of an enumeration that a complaint lists."""


def complain(
    error: jsonschema_rs.ValidationError, schema: Mapping[str, Any], root: str
) -> tuple[str, str]:
    """
    The field and the complaint.

    The field's name consists of the contract's own names: a name that the sender chose
    ("metadata": {…}) is not repeated, it becomes `*`.
    """
    where, rules = _walk([str(part) for part in error.evaluation_path], schema)
    name = ".".join([root, *where])
    facts = error.kind.as_dict()
    match error.kind.name:
        case "required":
            return f"{name}.{facts['property']}", "is missing; it must be given"
        case "additionalProperties":
            allowed = ", ".join(rules.get("properties", {})) or "none"
            count = len(facts["unexpected"])
            return name, f"has {count} unknown field(s); it may have {allowed}"
        case "propertyNames":
            return name, "has a field whose name is not accepted; shorten it"
        case "type":
            wanted = " or ".join(_KINDS[kind] for kind in facts["types"])
            return name, f"is {kind_of(error.instance)}; must be {wanted}"
        case "enum":
            return name, f"is {kind_of(error.instance)}; must be one of {_choice(rules)}"
        case "anyOf" if formats := [one["format"] for one in rules["anyOf"] if "format" in one]:
            return name, f"is {kind_of(error.instance)}; must be a {' or a '.join(formats)}"
        case other:
            remedy = _REMEDIES.get(other, "must be as the contract has it (GET /docs)")
            return name, f"is {kind_of(error.instance)}; {remedy.format(**facts)}"


def _choice(rules: Mapping[str, Any]) -> str:
    values = [str(one) for one in rules.get("enum", ())]
    if len(values) <= _LISTED:
        return ", ".join(values)
    return f"the {len(values)} values that GET /openapi.json lists"


def kind_of(value: object) -> str:
    """The kind of a value in JSON's terms."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int():
            return "an integer"
        case float() | Decimal():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"


def _walk(path: list[str], schema: Mapping[str, Any]) -> tuple[list[str], Mapping[str, Any]]:
    """The names on the way to a keyword, and the schema that holds the keyword."""
    names: list[str] = []
    node: Any = schema
    steps = iter(path[:-1])
    for step in steps:
        match step:
            case "$ref":
                node = _resolve(node["$ref"], schema)
            case "properties":
                name = next(steps)
                names.append(name)
                node = node["properties"][name]
            case "additionalProperties" | "items":
                names.append("*")
                node = node[step]
            case _:
                node = node[int(step)] if step.isdigit() else node[step]
    return names, node


def _resolve(reference: str, schema: Mapping[str, Any]) -> Any:
    node: Any = schema
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node
