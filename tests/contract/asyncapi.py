"""
The events as an AsyncAPI 3 document, made of their JSON Schemas.

`python -m tests.contract.asyncapi` (`make contracts`) writes `contracts/asyncapi.yaml` anew; a
test fails while it differs from the schemas.
"""

from __future__ import annotations

from typing import Any

import yaml

from tests.contract.event_schemas import CONTRACTS, EVENT, Schema, example, kinds, schemas

DOCUMENT = CONTRACTS / "asyncapi.yaml"
# Of the document, not of the code: it changes when a reader has to look again.
_VERSION = "1.0.0"
_TOLD = (
    "What a stack publishes to its topic, and from there to each sink's queue. Each event is a "
    "CloudEvents 1.0 message in JSON. Fields and event types may be added: skip what you do not "
    "know. Any other change comes as a new event type."
)
_TOPIC = (
    "An SNS FIFO topic. Events of one subject come in the order of `sequence`. What comes "
    "again has the same `id`."
)
_WORDS = ("title", "description")


def document() -> dict[str, Any]:
    """The document (asyncapi.com/docs/reference/specification/v3.0.0)."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Penstock's events", "version": _VERSION, "description": _TOLD},
        "defaultContentType": "application/cloudevents+json",
        "channels": {
            "events": {
                "address": "events.fifo",
                "title": "The topic of events",
                "description": _TOPIC,
                "messages": {kind: {"$ref": f"#/components/messages/{kind}"} for kind in kinds()},
                "bindings": {
                    "sns": {
                        "name": "events.fifo",
                        "ordering": {"type": "FIFO", "contentBasedDeduplication": False},
                    }
                },
            }
        },
        "operations": {
            "publish": {
                "action": "send",
                "channel": {"$ref": "#/channels/events"},
                "summary": "Publish each fact once.",
            }
        },
        "components": {
            "messages": {kind: _message(kind) for kind in kinds()},
            "schemas": {_short(name): _portable(one, name) for name, one in schemas().items()},
        },
    }


def text() -> str:
    """The document as it is kept."""
    return yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=100)


def _message(kind: str) -> dict[str, Any]:
    return {
        "name": kind,
        "title": kind,
        "summary": schemas()[EVENT + kind]["title"],
        "payload": {"$ref": f"#/components/schemas/{kind}"},
        "examples": [{"name": kind, "payload": example(kind)}],
    }


def _portable(schema: Any, base: str) -> Any:
    """
    The schema in AsyncAPI's own dialect, which is JSON Schema draft 7.

    There what stands beside a `$ref` does not count, and references point into the document.

    Args:
        base: the `$id` of the schema that this one is a part of.
    """
    if schema is False:
        return {"not": {}}
    if isinstance(schema, list):
        return [_portable(one, base) for one in schema]
    if not isinstance(schema, dict):
        return schema
    own = {
        name: _portable(one, base)
        for name, one in schema.items()
        if name not in ("$schema", "$id", "$ref")
    }
    if "$ref" not in schema:
        return own
    words = {name: own.pop(name) for name in _WORDS if name in own}
    both = [_pointing(schema["$ref"], base), *([own] if own else [])]
    return {**words, "allOf": both} if words or own else both[0]


def _pointing(reference: str, base: str) -> Schema:
    name, _, pointer = reference.partition("#")
    return {"$ref": f"#/components/schemas/{_short(name or base)}{pointer}"}


def _short(identity: str) -> str:
    return identity.removeprefix(EVENT)


if __name__ == "__main__":
    DOCUMENT.write_text(text(), "utf-8")
