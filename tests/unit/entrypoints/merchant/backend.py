"""A merchant's backend that calls the API, and its reading of the answers."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.entrypoints.client import conforms
from tests.unit.entrypoints.hosts import Ask, Told

SENT: dict[str, Any] = {
    "provider": "club",
    "plan": "GOLD",
    "reference": "customer-42",
    "subscriber": {"given_name": "Ann", "surname": "Buyer", "email": "ann@example.org"},
}
JSON = ("Content-Type", b"application/json")


class Backend:
    """A merchant's backend: it has a token."""

    def __init__(self, ask: Ask, token: tuple[str, bytes]) -> None:
        self._ask = ask
        self._token = token

    async def get(self, path: str) -> Told:
        return await self._ask("GET", path, [self._token], b"")

    async def post(self, path: str, sent: Any, key: str | None = None) -> Told:
        headers = [self._token, JSON]
        if key:
            headers.append(("Idempotency-Key", key.encode()))
        return await self._ask("POST", path, headers, json.dumps(sent).encode())

    async def subscribe(self, key: str = "k-1", **changes: Any) -> Told:
        return await self.post("/subscriptions", {**SENT, **changes}, key)


def problem(told: Told) -> tuple[int, str, list[str]]:
    """An error answer: its status, its kind, and the fields that it names."""
    assert "application/problem+json" == told.media
    fields = list(dict.fromkeys(one["field"] for one in told.json.get("errors", [])))
    return told.status, told.json["type"].removeprefix("urn:penstock:problem:"), fields


def shaped(told: Told, schema: str) -> Any:
    conforms(told, schema)
    return told.json
