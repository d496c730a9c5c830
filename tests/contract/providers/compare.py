"""
Exchanges with a provider's stand-in, compared with the provider's document.

A request is compared exactly: what the document does not name is not sent. An answer is compared
as far as the document names its fields.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl

from penstock.testing.simulator import Exchange
from tests.contract.providers.document import Operation, Parameter, Provider, Schema, provider

_FORM = "application/x-www-form-urlencoded"
# What HTTP itself needs, and what the document says by its security and media types.
_OF_HTTP = frozenset(
    {
        "accept",
        "accept-encoding",
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "user-agent",
    }
)
_SAID = ("property", "unexpected", "types", "limit", "format", "pattern")


def wrong_request(exchange: Exchange, document: Provider | None = None) -> list[str]:
    """What is wrong with a request, one line each; nothing if it keeps to the document."""
    operation = (document or provider(exchange.provider)).find(exchange.method, exchange.path)
    where = f"{exchange.provider}: {exchange.method} {exchange.path}"
    if operation is None:
        return [f"{where}: the document has no such operation"]
    return [f"{where}: {one}" for one in _of_request(operation, exchange)]


def wrong_answer(exchange: Exchange, document: Provider | None = None) -> list[str]:
    """What is wrong with the answer, likewise; a fault's is not looked at."""
    operation = (document or provider(exchange.provider)).find(exchange.method, exchange.path)
    if operation is None or exchange.status is None:
        return []
    where = f"{exchange.provider}: {exchange.method} {exchange.path}: {exchange.status}"
    return [f"{where}: {one}" for one in _of_answer(operation, exchange)]


def _of_request(operation: Operation, exchange: Exchange) -> Iterator[str]:
    found = operation.path.fullmatch(exchange.path)
    named = found.groupdict() if found else {}
    yield from _given("path", operation.parameters["path"], named.items())
    yield from _given("query", operation.parameters["query"], exchange.query)
    known = {one.name for one in operation.parameters["query"]}
    for name in dict(exchange.query).keys() - known:
        yield f"query {name}: the document has no such parameter"
    declared = {one.name.lower(): one.name for one in operation.parameters["header"]}
    present = [
        (declared[name], value) for name, value in exchange.headers.items() if name in declared
    ]
    yield from _given("header", operation.parameters["header"], present)
    for name in sorted(exchange.headers.keys() - declared.keys() - _OF_HTTP):
        yield f"header {name}: the document has no such parameter"
    scheme = exchange.headers.get("authorization", "").partition(" ")[0].lower()
    if scheme != operation.scheme:
        wanted = operation.scheme or "left out"
        yield f"header authorization: is {scheme or 'missing'}; must be {wanted}"
    yield from _of_body(operation.bodies, exchange)


def _given(
    place: str, parameters: Iterable[Parameter], values: Iterable[tuple[str, str]]
) -> Iterator[str]:
    given = dict(values)
    for one in parameters:
        if one.name not in given:
            if one.required:
                yield f"{place} {one.name}: is missing"
            continue
        value: Any = given[one.name]
        if one.numeric:
            with suppress(ValueError):
                value = json.loads(value)
        for complaint in _complaints(one.schema, value):
            yield f"{place} {one.name}{complaint}"


def _of_body(bodies: Mapping[str, Schema], exchange: Exchange) -> Iterator[str]:
    if not bodies:
        if exchange.body:
            yield "body: the document has none"
        return
    media = exchange.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in bodies:
        yield f"body: is {media or 'of no type'}; must be {', '.join(bodies)}"
        return
    read: Callable[[bytes], Any] = json.loads
    if media == _FORM:
        read = _form
    yield from _compared("body", bodies[media], exchange.body, read)


def _of_answer(operation: Operation, exchange: Exchange) -> Iterator[str]:
    bodies = operation.answers.get(exchange.status or 0)
    if bodies is None:
        yield "the document has no such status"
        return
    if not bodies:
        return
    if exchange.media not in bodies:
        yield f"is {exchange.media}; must be {', '.join(bodies)}"
        return
    read: Callable[[bytes], Any] = json.loads if exchange.media.endswith("json") else _text
    yield from _compared("body", bodies[exchange.media], exchange.answer, read)


def _compared(
    what: str, schema: Schema, body: bytes, read: Callable[[bytes], Any]
) -> Iterator[str]:
    try:
        value = read(body)
    except ValueError:
        yield f"{what}: cannot be read"
        return
    for complaint in _complaints(schema, value):
        yield f"{what}{complaint}"


def _complaints(schema: Schema, value: Any) -> Iterator[str]:
    for error in schema.iter_errors(value):
        where = "".join(f".{step}" for step in error.instance_path)
        facts = {name: one for name, one in error.kind.as_dict().items() if name in _SAID}
        # What is there may be a payer's, so it is not said.
        yield f"{where}: breaks {error.kind.name} {facts or ''}".rstrip()


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True))


def _text(body: bytes) -> str:
    return body.decode()
