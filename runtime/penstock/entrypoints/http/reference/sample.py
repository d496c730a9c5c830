"""A request of an operation, made of the contract's examples: for curl and the forms."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlencode


@dataclass(frozen=True, slots=True)
class Field:
    """
    A parameter of an operation.

    Attributes:
        place: path, query or header.
        examples: as text.
        gateways: those that require it; empty where it does not depend on the gateway.
    """

    name: str
    place: str
    required: bool
    description: str
    examples: Sequence[str]
    gateways: Sequence[str] = ()

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Field:
        """A parameter as the contract describes it."""
        return cls(
            described["name"],
            described["in"],
            described.get("required", False),
            described.get("description", ""),
            [str(one["value"]) for one in described.get("examples", {}).values()],
            described.get("x-penstock-gateways", ()),
        )

    @property
    def example(self) -> str:
        """The first of its examples; empty where there is none."""
        return self.examples[0] if self.examples else ""


@dataclass(frozen=True, slots=True)
class Sample:
    """
    A request that keeps to the contract.

    Attributes:
        bodies: each example of its body in JSON, by its key in the contract.
        public: whether it needs no token.
    """

    method: str
    path: str
    fields: Sequence[Field]
    bodies: Mapping[str, str]
    public: bool

    @classmethod
    def of(cls, method: str, path: str, described: Mapping[str, Any]) -> Sample:
        """
        The request of an operation.

        Args:
            described: the operation of the contract as it is published, examples in place.
        """
        content = described.get("requestBody", {}).get("content", {})
        bodies = {
            key: json.dumps(one["value"], indent=2, ensure_ascii=False)
            for media in content.values()
            for key, one in media.get("examples", {}).items()
        }
        fields = [Field.of(one) for one in described.get("parameters", ())]
        return cls(method.upper(), path, fields, bodies, described["security"] == [])

    def each_gateway(self) -> Mapping[str, Sample]:
        """The request as each gateway sends it; under "" if the path names no gateway."""
        named = next((one for one in self.of_place("path") if one.name == "gateway"), None)
        if named is None:
            return {"": self}
        return {gateway: self._of(gateway) for gateway in named.examples}

    def _of(self, gateway: str) -> Sample:
        fields = [
            replace(one, examples=[gateway])
            if one.name == "gateway"
            else replace(one, required=one.required or gateway in one.gateways)
            for one in self.fields
            if not one.gateways or gateway in one.gateways
        ]
        return replace(self, fields=fields)

    def of_place(self, place: str) -> Sequence[Field]:
        """The parameters that the path, the query or the header holds."""
        return [one for one in self.fields if one.place == place]

    @property
    def target(self) -> str:
        """The path with its examples, and the query's parameters that must be given."""
        given = {one.name: quote(one.example, safe="") for one in self.of_place("path")}
        query = {one.name: one.example for one in self.of_place("query") if one.required}
        return self.path.format_map(given) + (f"?{urlencode(query)}" if query else "")

    @property
    def headers(self) -> Mapping[str, str]:
        """Its own headers, each with its example; a plugin's have none, and stand as `…`."""
        return {
            one.name: one.example or "…"
            for one in self.of_place("header")
            if one.example or one.required
        }

    @property
    def curl(self) -> str:
        """The request as a command; the address and the token are variables of the shell."""
        parts = [f'curl -i -X {self.method} "$PENSTOCK_API{self.target}"']
        if not self.public:
            parts.append('-H "Authorization: Bearer $PENSTOCK_TOKEN"')
        parts += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in self.headers.items()]
        if self.bodies:
            parts.append("-H 'Content-Type: application/json'")
            parts.append(f"--data {shlex.quote(next(iter(self.bodies.values())))}")
        return " \\\n  ".join(parts)
