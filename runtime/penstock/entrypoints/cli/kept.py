"""
A webhook out of files, read as a host reads one from the network.

Names are compared without regard to case and a name that occurs twice is joined with a comma, as
both hosts do; blanks and tabs around a value are not part of it (RFC 9110, 5.5). The body is the
file's bytes and nothing else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from penstock.entrypoints.cli.session import Code, CommandError

_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
# Python's clock knows the years 1 to 9999; days are added and taken away near a delivery's time.
_YEARS = range(1970, 9999)
_END = ".pem"
_LARGEST = 1024 * 1024


def wrong(option: str, what: str) -> CommandError:
    """The error for an option of `penstock webhooks check`."""
    return CommandError(f"{option}: {what}", Code.check_usage)


def moment(text: str) -> datetime:
    """
    A time as RFC 3339 writes it, with its offset from UTC.

    Raises:
        CommandError: it is another form, has no offset, or is no time.
    """
    if not _RFC3339.fullmatch(text):
        raise wrong(
            "--at",
            "write the time as RFC 3339 does, with its offset: 2026-11-28T10:15:00Z or"
            " 2026-11-28T18:15:00+08:00",
        )
    try:
        read = datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        read = None
    if read is None or read.year not in _YEARS:
        raise wrong("--at", "there is no such time")
    return read


def headers(path: Path) -> Mapping[str, str]:
    """
    The headers in a file, by lower-case name.

    Raises:
        CommandError: the file cannot be read, or holds no JSON object of texts.
    """
    raw = _bytes("--headers", path)
    # The text of JSON's own error would quote the file.
    found = _pairs(raw)
    if found is None:
        raise wrong("--headers", f"{path} must hold one JSON object of headers and nothing else")
    read: dict[str, str] = {}
    for name, value in found:
        if not isinstance(value, str):
            raise wrong(
                "--headers", f"{path}: the value of {name!r} must be text; write it in quotes"
            )
        lower, bare = name.lower(), value.strip(" \t")
        read[lower] = f"{read[lower]},{bare}" if lower in read else bare
    return read


def body(path: Path) -> bytes:
    """
    The body in a file, byte for byte.

    Raises:
        CommandError: the file cannot be read.
    """
    return _bytes("--body", path)


def certificates(folder: Path) -> Mapping[str, bytes]:
    """
    The PEM files in a folder, by name.

    Raises:
        CommandError: there is no such folder, or a file in it cannot be read.
    """
    try:
        files = sorted(one for one in folder.iterdir() if one.name.endswith(_END))
    except OSError as exc:
        raise wrong("--certificates", f"{folder}: {exc.strerror}") from None
    return {one.name: _bytes("--certificates", one) for one in files if not one.is_dir()}


def webhook_id(text: str) -> str:
    """
    A gateway's id of a webhook.

    Raises:
        CommandError: it is empty, or holds blanks or what cannot be printed.
    """
    if not text.isascii() or not text.isprintable() or not text or " " in text:
        raise wrong(
            "--webhook-id", "give the webhook's id as the gateway shows it, without blanks"
        )
    return text


def _bytes(option: str, path: Path) -> bytes:
    """A file's bytes, so many of a large one that its size is plainly too large."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST)
    except OSError as exc:
        raise wrong(option, f"{path}: {exc.strerror}") from None
    except ValueError:
        raise wrong(option, "there is no such file") from None


def _pairs(raw: bytes) -> list[tuple[str, Any]] | None:
    """The members of a JSON object in their order, also those whose name occurs twice."""
    try:
        # In UTF-8 with or without a byte order mark, or in UTF-16 as PowerShell writes it.
        found = json.loads(raw, object_pairs_hook=_Object)
    except (ValueError, RecursionError):
        return None
    return cast("list[tuple[str, Any]]", found) if isinstance(found, _Object) else None


class _Object(list[tuple[str, Any]]):
    """A JSON object's members; a list of JSON is no such list."""
