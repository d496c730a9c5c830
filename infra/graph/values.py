"""Property values as Pulumi sends them, turned into what boto3 takes, once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

# Pulumi's wire format marks an object that stands for something else by this key and value.
KIND = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark of a secret, not one
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"


class Unrealisable(Exception):
    """What the program asks for cannot be made; names what, where and why, never a value."""


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip by its path. Pulumi sends no hash with it, so its bytes say whether it changed."""

    path: Path

    @property
    def digest(self) -> str:
        """The SHA-256 of its bytes, in hexadecimal."""
        stat = self.path.stat()
        return _file_digest(self.path, stat.st_mtime_ns, stat.st_size)


# Many functions run from one zip.
@lru_cache(maxsize=16)
def _file_digest(path: Path, mtime_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that must appear nowhere: not in the state, not in an error."""

    value: Any

    def __repr__(self) -> str:
        return "Secret(…)"


def plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    """
    The properties of a resource as plain values.

    Numbers that are whole become ints: Pulumi sends every number as a double, and AWS refuses
    "1209600.0". Null properties are left out: they are unset.

    Raises:
        Unrealisable: a value that is not known, or of a kind no resource of ours takes.
    """
    return {
        key: _plain(value, key)
        for key, value in struct.fields.items()
        if value.WhichOneof("kind") not in (None, "null_value")
    }


def _plain(value: struct_pb2.Value, path: str) -> Any:
    match value.WhichOneof("kind"):
        case "null_value" | None:
            return None
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            if value.string_value == rpc.UNKNOWN:
                raise Unrealisable(
                    f"{path} is an output that its resource's handler does not return"
                )
            return value.string_value
        case "list_value":
            items = value.list_value.values
            return [_plain(item, f"{path}[{place}]") for place, item in enumerate(items)]
        case _:
            return _object(value.struct_value, path)


def _object(struct: struct_pb2.Struct, path: str) -> Any:
    fields = struct.fields
    if KIND not in fields:
        return {key: _plain(value, f"{path}.{key}") for key, value in fields.items()}
    kind = fields[KIND].string_value
    if kind == SECRET:
        return Secret(_plain(fields["value"], path))
    if kind == ARCHIVE and "path" in fields:
        return Archive(Path(fields["path"].string_value))
    raise Unrealisable(f"{path} is of a kind that no handler takes")


def digest(value: Any) -> str | None:
    """A fingerprint by which a changed value is noticed; None if it holds a secret."""
    try:
        canonical = json.dumps(value, sort_keys=True, default=_fingerprint)
    except _SecretWithin:
        return None
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


class _SecretWithin(Exception):
    pass


def _fingerprint(value: Any) -> Any:
    if isinstance(value, Archive):
        return {"archive": value.digest}
    raise _SecretWithin


def open_secrets(value: Any) -> Any:
    """The value with its secrets unwrapped, for the call that needs them."""
    match value:
        case Secret():
            return open_secrets(value.value)
        case Mapping():
            return {key: open_secrets(item) for key, item in value.items()}
        case list():
            return [open_secrets(item) for item in value]
        case _:
            return value


def refuse_unknown(struct: struct_pb2.Struct, where: str) -> None:
    """
    Make sure that a component's or the stack's outputs are all known.

    Raises:
        Unrealisable: one is not; names it.
    """
    try:
        plain(struct)
    except Unrealisable as exc:
        raise Unrealisable(f"{where}: {exc}") from None
