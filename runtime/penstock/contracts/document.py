"""The contract as a document: where it is, its operations, and the operation of a request."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from penstock import problems
from penstock.contracts.checks import Checks
from penstock.domain.caller import Scope
from penstock.errors import RequestRefused, SettingsError

_PACKAGED = Path(__file__).parents[1] / "_contracts"
_CHECKOUT = Path(__file__).parents[3] / "contracts"
OPERATE = "operate"
"""The function that serves operators' commands, where a stack turns them on."""
BODY_LIMIT = 64 * 1024
"""Bytes a body may have where the contract says nothing else."""


@dataclass(frozen=True)
class Operation:
    """
    One operation of the contract; not slotted, because it keeps its compiled checks.

    Attributes:
        function: the function that serves it: receive, api, merchant or operate.
        scope: what a token needs to call it; None for an operation that needs no token.
        body_limit: bytes a body may have at most.
        html: whether it answers with a page, also to refuse a browser.
        described: the operation as the contract has it.
        components: the contract's, which its schemas refer to.
    """

    id: str
    method: str
    path: str
    function: str
    scope: Scope | None
    body_limit: int
    html: bool
    described: Mapping[str, Any] = field(repr=False)
    components: Mapping[str, Any] = field(repr=False)

    @cached_property
    def checks(self) -> Checks:
        """What it asks of a request, compiled at its first call: a start pays for no other."""
        return Checks.of(self.described, self.components)

    @property
    def public(self) -> bool:
        """Whether it is served without a token."""
        return self.scope is None

    @property
    def route(self) -> str:
        """The operation as API Gateway calls its route: `POST /payments`."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Contract:
    """The API's contract; not slotted, because it keeps computed values."""

    document: Mapping[str, Any] = field(repr=False)
    folder: Path

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """Every operation, by operationId."""
        return {
            described["operationId"]: _operation(self.document, path, method, described)
            for path, methods in self.document["paths"].items()
            for method, described in methods.items()
        }

    @cached_property
    def _by_route(self) -> Mapping[str, Operation]:
        return {operation.route: operation for operation in self.operations.values()}

    @cached_property
    def _by_segments(self) -> Mapping[int, Sequence[tuple[Sequence[str], Operation]]]:
        found: dict[int, list[tuple[Sequence[str], Operation]]] = {}
        for operation in self.operations.values():
            segments = operation.path.split("/")
            found.setdefault(len(segments), []).append((segments, operation))
        return found

    def by_route(self, route: str) -> Operation | None:
        """The operation of an API Gateway route key, if it is one of ours."""
        return self._by_route.get(route)

    def find(self, method: str, path: str) -> tuple[Operation, Mapping[str, str]]:
        """
        The operation a request is for, and the parameters its path holds.

        Raises:
            RequestRefused: 404 for no such path, 405 for no such method on it.
        """
        allowed: list[str] = []
        given = path.split("/")
        for wanted, operation in self._by_segments.get(len(given), ()):
            parameters = _match(wanted, given)
            if parameters is None:
                continue
            if operation.method == method:
                return operation, parameters
            allowed.append(operation.method)
        if allowed:
            raise RequestRefused(
                problems.METHOD_NOT_ALLOWED,
                f"this path takes {', '.join(sorted(allowed))}",
                headers={"allow": ", ".join(sorted(allowed))},
            )
        raise RequestRefused(problems.NO_SUCH_PATH, "GET /docs shows the paths there are")

    def without(self, function: str) -> Contract:
        """The contract but for the operations of one function, where that is not served."""
        paths = {
            path: left
            for path, methods in self.document["paths"].items()
            if (left := {m: d for m, d in methods.items() if d["x-penstock-function"] != function})
        }
        return Contract({**self.document, "paths": paths}, self.folder)

    @cached_property
    def published(self) -> Mapping[str, Any]:
        """The document as it is served: self-contained, with its examples in place."""
        return cast("Mapping[str, Any]", _inline(self.document, self.folder))


@cache
def load(*, operations: bool = True) -> Contract:
    """
    Read the contract, once in a process: the packaged one, or the checkout's.

    Args:
        operations: whether operators' commands are served; if not, the contract is without them.

    Raises:
        SettingsError: there is no contract.
    """
    whole = _read()
    return whole if operations else whole.without(OPERATE)


def _read() -> Contract:
    for folder in (_PACKAGED, _CHECKOUT):
        if (folder / "api.json").exists():
            return Contract(json.loads((folder / "api.json").read_bytes()), folder)
        if (folder / "api.yaml").exists():
            # Imported here: a zip holds JSON, so no function pays for YAML.
            import yaml

            # libyaml's is ten times as fast; both are safe.
            loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
            text = (folder / "api.yaml").read_bytes()
            return Contract(yaml.load(text, Loader=loader), folder)  # noqa: S506 - a safe loader
    raise SettingsError("the contract is not packaged: build the zips with `make build`")


def _operation(
    document: Mapping[str, Any], path: str, method: str, described: Mapping[str, Any]
) -> Operation:
    return Operation(
        id=described["operationId"],
        method=method.upper(),
        path=path,
        function=described["x-penstock-function"],
        scope=_scope(described),
        body_limit=described.get("x-penstock-body-limit", BODY_LIMIT),
        html="text/html" in described["responses"].get("200", {}).get("content", {}),
        described=described,
        components=document.get("components", {}),
    )


def _scope(described: Mapping[str, Any]) -> Scope | None:
    """
    The scope that an operation requires.

    Raises:
        SettingsError: a guarded operation names no known scope, or an open one names a scope.
    """
    where, name = described["operationId"], described.get("x-penstock-scope")
    if described["security"] == []:
        if name is not None:
            raise SettingsError(f"{where}: it needs no token, so remove x-penstock-scope")
        return None
    if name not in [one.value for one in Scope]:
        raise SettingsError(f"{where}: x-penstock-scope must be one of {', '.join(Scope)}")
    return Scope(name)


def _match(wanted: Sequence[str], given: Sequence[str]) -> dict[str, str] | None:
    parameters: dict[str, str] = {}
    for name, value in zip(wanted, given, strict=True):
        if name.startswith("{"):
            parameters[name[1:-1]] = unquote(value)
        elif name != value:
            return None
    return parameters


def _inline(node: Any, folder: Path) -> Any:
    match node:
        case {"externalValue": str(name)}:
            return {"value": json.loads((folder / name).read_bytes())}
        case dict():
            fields = cast("dict[str, Any]", node)
            return {name: _inline(value, folder) for name, value in fields.items()}
        case list():
            return [_inline(item, folder) for item in cast("list[Any]", node)]
        case _:
            return node
