"""The receive function with a door and a topic."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from penstock.entrypoints.functions.receive import Intake, build
from penstock.ports import Outgoing

CERT = r"https://api\.acme\.test/certs/[A-Z0-9]+"
DATA_FILE = {
    "module": "penstock_acme",
    "gateways": [
        {
            "name": "acme",
            "settings": {"properties": {"environment": {"default": "live"}}},
            "door": {
                "headers": {"acme-signature": "[0-9a-f]{4}", "acme-cert-url": {"live": CERT}},
                "body_limit": 64,
                "json": True,
            },
        },
        {"name": "charges", "settings": {}, "door": None},
    ],
    "sinks": [],
}
HEADERS = {"acme-signature": "00ff", "acme-cert-url": "https://api.acme.test/certs/A1"}
ENVIRON = {
    "PENSTOCK_GATEWAYS": "acme,charges",
    "PENSTOCK_DELIVERIES_TOPIC_ARN": "arn:aws:sns:eu-west-1:000000000000:deliveries.fifo",
}


class Topic:
    """The deliveries topic: keeps what is published, or fails."""

    def __init__(self) -> None:
        self.published: list[Outgoing] = []
        self.failure: Exception | None = None

    async def send(self, message: Outgoing) -> None:
        if self.failure:
            raise self.failure
        self.published.append(message)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    (tmp_path / "_plugins.json").write_text(json.dumps({"plugins": [DATA_FILE]}))
    return tmp_path


@pytest.fixture
def topic() -> Topic:
    return Topic()


@pytest.fixture
def intake(package: Path, topic: Topic) -> Intake:
    return build(ENVIRON, package, lambda arn: topic)


def webhook(
    body: bytes = b'{"id": 1}',
    headers: Mapping[str, str] = HEADERS,
    *,
    gateway: str = "acme",
    method: str = "POST",
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "POST /webhooks/{gateway}",
        "rawPath": f"/webhooks/{gateway}",
        "headers": dict(headers),
        "pathParameters": {"gateway": gateway},
        "requestContext": {"http": {"method": method, "path": f"/webhooks/{gateway}"}},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }
