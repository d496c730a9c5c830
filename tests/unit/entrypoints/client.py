"""A client of the API, and what its answers are held against."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs

from penstock import contracts
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.message import Answer, Request

DOCUMENT = contracts.load().document
ORDER = {"amount": 1250, "currency": "USD", "payer": {"name": "Ann", "email": "ann@example.org"}}


class Client:
    """Calls the API as a host does, with a token unless told otherwise."""

    def __init__(self, api: Api, token: str) -> None:
        self._api = api
        self._token = token

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        query: list[tuple[str, str]] | None = None,
        json_body: Any = None,
        body: bytes = b"",
        token: str | None = None,
        **headers: str,
    ) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        token = self._token if token is None else token
        if token:
            given["authorization"] = f"Bearer {token}"
        if json_body is not None:
            body = json.dumps(json_body).encode()
            given.setdefault("content-type", "application/json")
        return await self._api(Request(method, path, query or [], given, body))

    async def pay(
        self, order: Any = None, key: str = "k-1", *, token: str | None = None, **rest: Any
    ) -> Answer:
        asked = {"provider": "acme", "order": ORDER if order is None else order, **rest}
        return await self("POST", "/payments", json_body=asked, token=token, idempotency_key=key)


def told(answer: Answer) -> Any:
    return json.loads(answer.body)


def conforms(answer: Answer, schema: str) -> None:
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(root, validate_formats=True).validate(told(answer))
