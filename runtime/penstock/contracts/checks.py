"""Request checks: parameters and body under the contract's schemas, compiled once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import jsonschema_rs

from penstock import problems
from penstock.contracts.complaint import complain
from penstock.contracts.strict_json import loads
from penstock.errors import RequestRefused

_INTEGER = re.compile(r"-?[0-9]{1,15}")
JSON = "application/json"
ONCE = "occurs more than once or holds a comma; send it once, without a comma"


def refuse_repeated(name: str, value: str | None) -> None:
    """
    Refuse a header of our own API that occurs more than once, and so holds a comma.

    Hosts would differ in which of two values counts; two joined Idempotency-Keys are a third key,
    under which the payment would be made again.

    Raises:
        RequestRefused: 400; names the header.
    """
    if value is not None and "," in value:
        raise RequestRefused(problems.BAD_REQUEST, fields=[(f"header.{name}", ONCE)])


@dataclass(frozen=True, slots=True)
class Checked:
    """A request as the contract reads it: with defaults, and integers as integers."""

    parameters: Mapping[str, Any]
    body: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    place: str
    required: bool
    schema: Mapping[str, Any]
    validator: jsonschema_rs.Draft202012Validator

    @property
    def field(self) -> str:
        return f"{self.place}.{self.name}"

    def read(self, given: Sequence[str]) -> tuple[Any, list[tuple[str, str]]]:
        """The value, and what is wrong with it."""
        if not given:
            wrong = [(self.field, "is missing; it must be given")] if self.required else []
            return self.schema.get("default"), wrong
        if len(given) > 1:
            return None, [(self.field, "is given more than once; give it once")]
        value: Any = given[0]
        if self.place == "header" and "," in value:
            return None, [(self.field, ONCE)]
        if self.schema.get("type") == "integer" and _INTEGER.fullmatch(value):
            value = int(value)
        return value, _complaints(self.validator, value, self.schema, self.field)


@dataclass(frozen=True, slots=True)
class Checks:
    """The checks of one operation's requests."""

    parameters: tuple[_Parameter, ...]
    body: jsonschema_rs.Draft202012Validator | None
    body_schema: Mapping[str, Any]
    ignores_query: bool = False

    @classmethod
    def of(cls, operation: Mapping[str, Any], components: Mapping[str, Any]) -> Checks:
        """Compile the checks of an operation."""
        parameters = tuple(
            _Parameter(
                name=one["name"],
                place=one["in"],
                required=one.get("required", False),
                schema=_rooted(one["schema"], components),
                validator=_validator(_rooted(one["schema"], components)),
            )
            for one in operation.get("parameters", ())
        )
        ignores_query = operation.get("x-penstock-ignores-query", False)
        if "requestBody" not in operation:
            return cls(parameters, None, {}, ignores_query)
        schema = _rooted(operation["requestBody"]["content"][JSON]["schema"], components)
        return cls(parameters, _validator(schema), schema, ignores_query)

    def __call__(
        self,
        *,
        path: Mapping[str, str],
        query: Iterable[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes,
    ) -> Checked:
        """
        Read a request under the contract; header names are lower-case.

        Raises:
            RequestRefused: 400 or 415; names each field, the kind of its value and the remedy.
        """
        query = list(query)
        wrong = self._unknown(query)
        values: dict[str, Any] = {}
        for one in self.parameters:
            values[one.name], complaints = one.read(_given(one, path, query, headers))
            wrong += complaints
        read = None
        if self.body is not None:
            _refuse_other_media(headers)
            read = loads(body)
            wrong += _complaints(self.body, read, self.body_schema, "body")
        if wrong:
            raise RequestRefused(problems.BAD_REQUEST, fields=wrong)
        return Checked(values, read)

    def _unknown(self, query: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        if not query or self.ignores_query:
            return []
        known = [one.name for one in self.parameters if one.place == "query"]
        unknown = {name for name, _ in query} - set(known)
        if not unknown:
            return []
        return [
            (
                "query",
                f"has {len(unknown)} unknown parameter(s); it may have "
                f"{', '.join(known) or 'none'}",
            )
        ]


def _given(
    one: _Parameter,
    path: Mapping[str, str],
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
) -> list[str]:
    if one.place == "query":
        return [value for name, value in query if name == one.name]
    value = path.get(one.name) if one.place == "path" else headers.get(one.name.lower())
    return [] if value is None else [value]


def _complaints(
    validator: jsonschema_rs.Draft202012Validator, value: Any, schema: Mapping[str, Any], root: str
) -> list[tuple[str, str]]:
    # Nearly every value is valid, and a yes costs less than an empty list of errors.
    if validator.is_valid(value):
        return []
    return [complain(error, schema, root) for error in validator.iter_errors(value)]


def _refuse_other_media(headers: Mapping[str, str]) -> None:
    given = headers.get("content-type", "")
    refuse_repeated("Content-Type", given)
    if given.partition(";")[0].strip().lower() != JSON:
        raise RequestRefused(problems.UNSUPPORTED_MEDIA_TYPE, f"send Content-Type: {JSON}")


def _rooted(schema: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """
    A schema that can be compiled alone: with the components that it refers to.

    With all components, compiling the checks took forty times as long as reading the contract.
    """
    needed: dict[str, dict[str, Any]] = {}
    waiting: list[Any] = [schema]
    while waiting:
        for kind, name in _references(waiting.pop()):
            of_kind = needed.setdefault(kind, {})
            if name not in of_kind:
                of_kind[name] = components[kind][name]
                waiting.append(of_kind[name])
    return {**schema, "components": needed} if needed else dict(schema)


def _references(node: Any) -> Iterator[tuple[str, str]]:
    """The components that a schema itself refers to: `schemas`, `Order`."""
    match node:
        case {"$ref": str(reference)}:
            # It may go on, to a part of the component.
            _, _, kind, name, *_ = reference.split("/")
            yield kind, name
        case dict():
            for one in cast("dict[str, Any]", node).values():
                yield from _references(one)
        case list():
            for one in cast("list[Any]", node):
                yield from _references(one)
        case _:
            return


def _validator(schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(
        dict(schema),
        validate_formats=True,
        # The engine without backtracking: no text can make a pattern run for long.
        pattern_options=jsonschema_rs.RegexOptions(),
    )
