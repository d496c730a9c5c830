"""
`contracts/postman.json` from `contracts/api.yaml`: `python -m tests.contract.postman`.

A collection in Postman's format 2.1. Each example of a body is a request of its own, with the next
of the contract's Idempotency-Keys; documented answers are saved with the requests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from penstock import contracts
from penstock.entrypoints.http.reference.sample import Field, Sample
from tests.contract.shown.documents import resolved

PATH = Path(__file__).parents[2] / "contracts/postman.json"
SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
BASE = "{{baseUrl}}"


def collection(document: Mapping[str, Any]) -> dict[str, Any]:
    """
    The collection.

    Args:
        document: the contract as it is published, examples in place.
    """
    operations = [
        (method, path, described)
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    ]
    folders = [
        {
            "name": tag["name"],
            "description": tag["description"],
            "item": [
                item
                for method, path, described in operations
                if described["tags"][0] == tag["name"]
                for item in _items(method, path, described)
            ],
        }
        for tag in document["tags"]
    ]
    info = document["info"]
    return {
        "info": {
            "name": info["title"],
            "description": f"{info['summary']}\n\n{info['description']}",
            "version": info["version"],
            "schema": SCHEMA,
        },
        "auth": {
            "type": "bearer",
            "bearer": [{"key": "token", "value": "{{token}}", "type": "string"}],
        },
        "variable": [
            _variable("baseUrl", "http://127.0.0.1:8080", "The stack's address, its `apiUrl`."),
            _variable("token", "", "A token of `penstock tokens create`."),
        ],
        "item": folders,
    }


def _items(method: str, path: str, described: Mapping[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    for gateway, sample in Sample.of(method, path, described).each_gateway().items():
        for place, key in enumerate(sample.bodies or [None]):
            request = _request(sample, described, place, key)
            which = [gateway] if gateway else []
            which += [key] if key and len(sample.bodies) > 1 else []
            made.append(
                {
                    "name": " ".join([described["operationId"], *(f"({one})" for one in which)]),
                    "request": request,
                    "response": _answers(described, request),
                }
            )
    return made


def _request(
    sample: Sample, described: Mapping[str, Any], place: int, key: str | None
) -> dict[str, Any]:
    headers = [{"key": name, "value": value} for name, value in _headers(sample, place).items()]
    request: dict[str, Any] = {
        "method": sample.method,
        "header": headers,
        "url": _url(sample),
        "description": f"{described['summary']}.\n\n{described.get('description', '')}".strip(),
    }
    if key is not None:
        headers.append({"key": "Content-Type", "value": "application/json"})
        options = {"raw": {"language": "json"}}
        request["body"] = {"mode": "raw", "raw": sample.bodies[key], "options": options}
    if sample.public:
        request["auth"] = {"type": "noauth"}
    return request


def _headers(sample: Sample, place: int) -> dict[str, str]:
    """The headers of the request in that place: each takes its next example, if it has one."""
    return {
        one.name: (one.examples[place:] or one.examples)[0]
        for one in sample.of_place("header")
        if one.examples
    }


def _url(sample: Sample) -> dict[str, Any]:
    query = [
        {
            "key": one.name,
            "value": one.example,
            "description": one.description,
            "disabled": not one.required,
        }
        for one in sample.of_place("query")
    ]
    segments = [
        f":{one[1:-1]}" if one.startswith("{") else one for one in sample.path[1:].split("/")
    ]
    sent = "&".join(f"{one['key']}={one['value']}" for one in query if not one["disabled"])
    url: dict[str, Any] = {
        "raw": f"{BASE}/{'/'.join(segments)}" + (f"?{sent}" if sent else ""),
        "host": [BASE],
        "path": segments,
    }
    if query:
        url["query"] = query
    if variables := [_path_variable(one) for one in sample.of_place("path")]:
        url["variable"] = variables
    return url


def _path_variable(one: Field) -> dict[str, Any]:
    return {"key": one.name, "value": one.example, "description": one.description}


def _variable(key: str, value: str, description: str) -> dict[str, Any]:
    return {"key": key, "value": value, "type": "string", "description": description}


def _answers(described: Mapping[str, Any], request: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
    """The documented answers of success, as Postman saves answers."""
    return [
        {
            "name": f"{status} ({key})",
            "originalRequest": {k: v for k, v in request.items() if k != "description"},
            "status": HTTPStatus(int(status)).phrase,
            "code": int(status),
            "header": [{"key": "Content-Type", "value": media}],
            "body": json.dumps(example["value"], indent=2, ensure_ascii=False),
        }
        for status, answer in described["responses"].items()
        if status < "400"
        for media, content in resolved(answer).get("content", {}).items()
        for key, example in content.get("examples", {}).items()
    ]


def text() -> str:
    """The file's text."""
    made = collection(contracts.load().published)
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
