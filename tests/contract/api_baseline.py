"""
The baseline of our HTTP contract, and the changes since then that break its callers.

Breaking: an operation, an answer, a media type, a parameter or a field of an answer is gone; a
parameter or a field of a request became required, or takes less than it took; a call needs a token
or another scope. Anything added is fine.

`python -m tests.contract.api_baseline` (`make api-baseline`) renews the baseline on purpose.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from penstock import contracts
from tests.contract.baseline import Baseline
from tests.contract.differences import differences, silent
from tests.contract.event_schemas import resolved

_METHODS = ("get", "post", "put", "patch", "delete")
_KEPT = ("openapi", "paths", "components")
_SCOPE = "x-penstock-scope"
Document = Mapping[str, Any]


def present() -> dict[str, Any]:
    """The contract as it is served, without what is only for people."""
    served = json.loads(json.dumps(contracts.load().published))
    return silent({name: served[name] for name in _KEPT})


def breaking(before: Document, now: Document) -> Iterator[str]:
    """Say what callers would trip over, one line each: which operation, where, and what."""
    new = dict(_operations(now))
    for name, old in _operations(before):
        if name not in new:
            yield f"{name}: the operation is gone"
            continue
        for complaint in _changed(_Side(old, before), _Side(new[name], now)):
            yield f"{name}: {complaint}"


class _Side:
    """One operation, before or now, with its references written out."""

    def __init__(self, operation: Document, document: Document) -> None:
        self.told = operation
        self._document = document
        self.parameters = {
            (one["in"], one["name"]): one
            for one in (self.at(raw) for raw in operation.get("parameters", ()))
        }
        self.body = self.at(operation.get("requestBody", {}))
        self.answers = {status: self.at(raw) for status, raw in operation["responses"].items()}

    def at(self, told: Any) -> Any:
        """What a reference refers to; anything else as it is."""
        while "$ref" in told:
            found: Any = self._document
            for step in told["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            told = found
        return told

    def whole(self, told: Any) -> Any:
        """A schema with what it refers to written out."""
        return resolved(told, "", {"": self._document})

    def content(self, told: Document) -> dict[str, Any]:
        """The schemas of a body, by media type."""
        return {
            media: self.whole(one.get("schema", {}))
            for media, one in told.get("content", {}).items()
        }


def _changed(old: _Side, new: _Side) -> Iterator[str]:
    if old.told["operationId"] != new.told["operationId"]:
        yield "has another operationId"
    if old.told.get(_SCOPE) != new.told.get(_SCOPE):
        yield f"needs another scope: {old.told.get(_SCOPE)} became {new.told.get(_SCOPE)}"
    if new.told.get("security") and not old.told.get("security"):
        yield "needs a token, and did not"
    yield from _parameters(old, new)
    if new.body.get("required") and not old.body.get("required"):
        yield "needs a body, and did not"
    yield from _bodies("body", old.content(old.body), new.content(new.body), sent=True)
    for status, answer in old.answers.items():
        if status not in new.answers:
            yield f"{status} is gone"
            continue
        now = new.answers[status]
        yield from _bodies(status, old.content(answer), new.content(now), sent=False)
        for header in sorted(answer.get("headers", {}).keys() - now.get("headers", {}).keys()):
            yield f"{status}: header {header} is gone"


def _parameters(old: _Side, new: _Side) -> Iterator[str]:
    for key, one in old.parameters.items():
        if key not in new.parameters:
            yield f"{'.'.join(key)} is gone"
            continue
        now = new.parameters[key]
        if now.get("required") and not one.get("required"):
            yield f"{'.'.join(key)} is required, and was not"
        told = differences(old.whole(one["schema"]), new.whole(now["schema"]), key, sent=True)
        yield from (f"{'.'.join(where)} {what}" for where, what in told)
    for key, one in new.parameters.items():
        if key not in old.parameters and one.get("required"):
            yield f"{'.'.join(key)} is required, and was not there"


def _bodies(
    what: str, old: Mapping[str, Any], new: Mapping[str, Any], *, sent: bool
) -> Iterator[str]:
    for media, schema in old.items():
        if media not in new:
            yield f"{what}: {media} is gone"
            continue
        for where, changed in differences(schema, new[media], (what,), sent=sent):
            yield f"{'.'.join(where)} {changed}"


def _operations(document: Document) -> Iterator[tuple[str, Document]]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                shared = item.get("parameters", [])
                own = item[method]
                listed = [*shared, *own.get("parameters", [])]
                yield f"{method.upper()} {path}", {**own, "parameters": listed}


BASELINE = Baseline("api", present, breaking)

if __name__ == "__main__":
    BASELINE.renew()
