"""The documents of `contracts/providers`, read and compiled."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

FOLDER = Path(__file__).parents[3] / "contracts/providers"
PROVIDERS = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))
METHODS = ("get", "post", "patch", "put", "delete")


class Schema:
    """A schema, compiled when something is first compared with it: a run needs a few of them."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self._written = written

    def iter_errors(self, value: Any) -> Iterator[jsonschema_rs.ValidationError]:
        """What breaks it."""
        return self._compiled.iter_errors(value)

    @cached_property
    def _compiled(self) -> jsonschema_rs.Draft202012Validator:
        return jsonschema_rs.Draft202012Validator(self._written, validate_formats=True)


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter in a path, a query or a header."""

    name: str
    required: bool
    numeric: bool
    schema: Schema


@dataclass(frozen=True, slots=True)
class Operation:
    """
    One operation.

    Attributes:
        path: matches the paths of its requests.
        scheme: how a request authenticates, `bearer` or `basic`; empty if it does not.
        bodies: by content type; none if a request has no body.
        answers: by status, then by content type; no content type if there is no body.
    """

    id: str
    method: str
    template: str
    path: re.Pattern[str]
    parameters: Mapping[str, Sequence[Parameter]]
    scheme: str
    bodies: Mapping[str, Schema]
    answers: Mapping[int, Mapping[str, Schema]]


@cache
def raw(provider: str) -> dict[str, Any]:
    """The document itself; the copy is shared, so change a copy of it."""
    text = (FOLDER / f"{provider}.yaml").read_text("utf-8")
    return yaml.load(text, yaml.CSafeLoader)


class Provider:
    """
    A document, compiled.

    Attributes:
        pages: matches the paths of pages for buyers, which are no operations.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.pages = re.compile(document.get("x-pages", "(?!)"))
        self.operations = tuple(self._operations())

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a request."""
        found = (
            one for one in self.operations if one.method == method and one.path.fullmatch(path)
        )
        return next(found, None)

    def _operations(self) -> Iterator[Operation]:
        for template, item in self._document["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", ())
                    yield self._operation(template, method, item[method], shared)

    def _operation(
        self, template: str, method: str, told: Mapping[str, Any], shared: Sequence[Any]
    ) -> Operation:
        listed = [self._at(one) for one in (*shared, *told.get("parameters", ()))]
        body = self._at(told.get("requestBody", {}))
        answers = {
            int(status): {
                media: self._schema(one["schema"])
                for media, one in self._at(answer).get("content", {}).items()
            }
            for status, answer in told["responses"].items()
        }
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        return Operation(
            told["operationId"],
            method.upper(),
            template,
            re.compile(pattern),
            {
                place: [self._parameter(one) for one in listed if one["in"] == place]
                for place in ("path", "query", "header")
            },
            self._scheme(told),
            {media: self._schema(one["schema"]) for media, one in body.get("content", {}).items()},
            answers,
        )

    def _parameter(self, told: Mapping[str, Any]) -> Parameter:
        schema = self._at(told["schema"])
        values = [schema.get("const"), *schema.get("enum", ())]
        numeric = schema.get("type") == "integer" or any(
            isinstance(one, int) for one in values if one is not None
        )
        return Parameter(
            told["name"], bool(told.get("required")), numeric, self._schema(told["schema"])
        )

    def _scheme(self, told: Mapping[str, Any]) -> str:
        wanted = told.get("security", self._document.get("security", ()))
        named = next((name for one in wanted for name in one), None)
        known = self._document["components"].get("securitySchemes", {})
        return known[named]["scheme"] if named else ""

    def _at(self, told: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = told
        while "$ref" in found:
            reference, found = found["$ref"], self._document
            for step in reference.removeprefix("#/").split("/"):
                found = found[step]
        return found

    def _schema(self, schema: Mapping[str, Any]) -> Schema:
        return Schema({**schema, "components": self._document.get("components", {})})


@cache
def provider(name: str) -> Provider:
    """The document of that provider, compiled."""
    return Provider(raw(name))
