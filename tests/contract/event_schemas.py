"""The JSON Schemas of contracts/events as they are, and written out without references."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

CONTRACTS = Path(__file__).parents[2] / "contracts"
EVENT = "urn:penstock:contract:event:"
ENVELOPE = f"{EVENT}cloudevent"

Schema = Mapping[str, Any]


def schemas() -> dict[str, Schema]:
    """All of them by `$id`, the parts that events share included."""
    paths = CONTRACTS.glob("events/**/*.json")
    read = [json.loads(path.read_text("utf-8")) for path in paths]
    return {schema["$id"]: schema for schema in sorted(read, key=lambda one: one["$id"])}


def kinds() -> list[str]:
    """The types of event."""
    return sorted(
        identity.removeprefix(EVENT)
        for identity, schema in schemas().items()
        if schema.get("$ref") == ENVELOPE
    )


def example(kind: str) -> Any:
    """The event of this type in contracts/examples."""
    return json.loads((CONTRACTS / "examples" / f"event-{kind}.json").read_text("utf-8"))


def resolved(schema: Any, home: str, schemas: Mapping[str, Schema]) -> Any:
    """The schema with what it refers to written out, its own words laid over that."""
    if not isinstance(schema, Mapping):
        return schema
    written: dict[str, Any] = {}
    if "$ref" in schema:
        target, _, pointer = schema["$ref"].partition("#")
        home_of = target or home
        found: Any = schemas[home_of]
        for step in filter(None, pointer.split("/")):
            found = found[step]
        written = resolved(found, home_of, schemas)
    own = {key: value for key, value in schema.items() if key not in ("$ref", "$id")}
    for key, value in own.items():
        match key:
            case "properties":
                fields = dict(written.get("properties", {}))
                for name, field in value.items():
                    shown = resolved(field, home, schemas)
                    fields[name] = _merged(fields[name], shown) if name in fields else shown
                written = {**written, "properties": fields}
            case "required":
                written = {**written, key: sorted({*written.get(key, ()), *value})}
            case "items" | "additionalProperties":
                written = {**written, key: resolved(value, home, schemas)}
            case "allOf" | "anyOf" | "oneOf":
                written = {**written, key: [resolved(one, home, schemas) for one in value]}
            case _:
                written = {**written, key: value}
    return written


def _merged(under: Any, over: Any) -> Any:
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over
    both = {**under, **over}
    if "properties" in under and "properties" in over:
        fields = {**under["properties"]}
        for name, field in over["properties"].items():
            fields[name] = _merged(fields[name], field) if name in fields else field
        both["properties"] = fields
    if "required" in under and "required" in over:
        both["required"] = sorted({*under["required"], *over["required"]})
    return both
