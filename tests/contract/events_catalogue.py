"""
The catalogue of events for people, made of their JSON Schemas and examples.

`python -m tests.contract.events_catalogue` (`make contracts`) writes `docs/events.md` anew; a test
fails while it differs from the schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.contract.event_schemas import (
    CONTRACTS,
    EVENT,
    Schema,
    example,
    kinds,
    resolved,
    schemas,
)

PAGE = CONTRACTS.parent / "docs" / "events.md"
_TOP = """# The events

`make contracts` writes this page from the schemas in [contracts/events](../contracts/events).
[contracts/asyncapi.yaml](../contracts/asyncapi.yaml) says the same for tools.

Each event is a CloudEvents 1.0 message in JSON. Fields and event types may be added: skip what you
do not know. `make test` refuses any other change of a schema.
"""


def text() -> str:
    """The page."""
    return "".join(_parts())


def _parts() -> Iterator[str]:
    known = schemas()
    yield f"{_TOP}\n| event | what happened |\n| --- | --- |\n"
    for kind in kinds():
        yield f"| {_link(kind)} | {known[EVENT + kind]['title']} |\n"
    for name in ("cloudevent", "payment", "subscription", "dispute", "notification"):
        part = known[EVENT + name]
        told = f"{part['title'].rstrip('.')}. {part.get('description', '')}".strip()
        yield f"\n## {name}\n\n{told}\n\n{_table(resolved(part, EVENT + name, known))}"
        if name == "cloudevent":
            yield _code(example("payment.succeeded"))
    for kind in kinds():
        yield from _event(known[EVENT + kind], kind)


def _event(schema: Schema, kind: str) -> Iterator[str]:
    data = schema["properties"]["data"]
    shared = data["$ref"].removeprefix(EVENT)
    own = {*data.get("properties", ()), *data.get("required", ())}
    yield f"\n## {kind}\n\n{schema['title']}\n\n`data` is the {_link(shared)}"
    if own:
        whole = resolved(schema, EVENT + kind, schemas())["properties"]["data"]
        fields = {name: one for name, one in whole["properties"].items() if name in own}
        yield f", with:\n\n{_table({**whole, 'properties': fields})}"
    else:
        yield ".\n"
    yield _code(example(kind)["data"])


def _code(shown: Any) -> str:
    return f"\n```json\n{json.dumps(shown, indent=2, ensure_ascii=False)}\n```\n"


def _link(heading: str) -> str:
    # As GitHub makes the anchor of a heading: without full stops.
    return f"[`{heading}`](#{heading.replace('.', '')})"


def _table(schema: Schema) -> str:
    rows = (
        f"| `{name}` | {'yes' if name in schema.get('required', ()) else ''} | {_told(one)} |\n"
        for name, one in schema["properties"].items()
        if one is not False
    )
    return f"| field | always | what it is |\n| --- | --- | --- |\n{''.join(rows)}"


def _told(field: Schema) -> str:
    values = field.get("enum") or [field["const"]] if {"enum", "const"} & {*field} else []
    kind = ", ".join(f"`{value}`" for value in values) or field.get("format") or _type(field)
    return ". ".join(filter(None, (kind, field.get("description"))))


def _type(field: Schema) -> str:
    if field.get("type") == "object" and "properties" in field:
        return "object of " + ", ".join(
            f"`{name}`" for name, one in field["properties"].items() if one is not False
        )
    if field.get("type") == "array":
        return f"list of {_type(field['items'])}"
    return field.get("type", "any")


if __name__ == "__main__":
    PAGE.write_text(text(), "utf-8")
