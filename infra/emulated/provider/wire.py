"""Properties as the engine sends them: what they are compared by, and what is answered."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

from infra.graph.values import ARCHIVE, KIND, SECRET, open_secrets, plain

Struct = struct_pb2.Struct


def given(struct: Struct) -> set[str]:
    """The names of the properties that are set."""
    return {name for name, value in struct.fields.items() if _set(value)}


def changed(olds: Struct, news: Struct) -> list[str]:
    """
    The properties that differ.

    A secret is compared by its value. An archive is compared by its hash: the engine's state
    keeps no more of it.
    """
    return sorted(
        name
        for name in given(olds) | given(news)
        if _comparable(olds.fields.get(name)) != _comparable(news.fields.get(name))
    )


def decoded(struct: Struct, names: Iterable[str] | None = None) -> dict[str, Any]:
    """
    Properties as a handler takes them, secrets opened; those of some names, or all.

    Raises:
        Unrealisable: one of them is not known, or of a kind that no handler takes.
    """
    if names is not None:
        struct = Struct(fields={n: struct.fields[n] for n in names if n in struct.fields})
    return {name: open_secrets(value) for name, value in plain(struct).items()}


def completed(inputs: Struct, outputs: Mapping[str, Any]) -> Struct:
    """
    The state of a resource: its inputs as they came, and what its handler returned.

    As they came: so secrets stay secret and archives keep their hash.
    """
    state = Struct()
    state.CopyFrom(inputs)
    state.update(dict(outputs))
    return state


def overlaid(state: Struct, values: Mapping[str, Any]) -> Struct:
    """Properties with other values for some; what was a secret stays one."""
    answer = Struct()
    answer.CopyFrom(state)
    for name, value in values.items():
        was = state.fields[name].struct_value.fields if name in state.fields else {}
        if KIND in was and was[KIND].string_value == SECRET:
            answer.fields[name].struct_value.update({"value": value})
        else:
            answer.update({name: value})
    return answer


def to_be(inputs: Struct, computed: Iterable[str]) -> Struct:
    """The state of a resource that would be made: what it returns is not known yet."""
    return completed(inputs, dict.fromkeys(computed, rpc.UNKNOWN))


def with_default_tags(inputs: Struct, defaults: Mapping[str, str]) -> Struct:
    """Nobody but the provider merges its default tags under a resource's own."""
    merged = Struct()
    merged.update({"tags": dict(defaults)})
    tags = inputs.fields["tags"].struct_value if "tags" in given(inputs) else Struct()
    for name, value in tags.fields.items():
        merged.fields["tags"].struct_value.fields[name].CopyFrom(value)
    answer = Struct()
    answer.CopyFrom(inputs)
    answer.fields["tags"].CopyFrom(merged.fields["tags"])
    return answer


def json_of(struct: Struct, name: str) -> Any:
    """A provider's configuration is all texts, with JSON inside; None if it is not set."""
    text = decoded(struct, [name]).get(name) or "null"
    return json.loads(text) if isinstance(text, str) else text


def _set(value: struct_pb2.Value) -> bool:
    return value.WhichOneof("kind") not in (None, "null_value")


def _comparable(value: struct_pb2.Value | None) -> Any:
    if value is None or not _set(value):
        return None
    match value.WhichOneof("kind"):
        case "struct_value":
            fields = value.struct_value.fields
            kind = fields[KIND].string_value if KIND in fields else None
            if kind == SECRET:
                return _comparable(fields["value"])
            if kind == ARCHIVE:
                return (ARCHIVE, fields["hash"].string_value)
            return {name: _comparable(one) for name, one in fields.items() if _set(one)}
        case "list_value":
            return [_comparable(one) for one in value.list_value.values]
        case kind:
            return getattr(value, str(kind))
