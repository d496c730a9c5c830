"""Resources that the simulated PayPal shows."""

from __future__ import annotations

import base64
import json
from typing import Any

from tests.plugins.paypal.conftest import Stage

SALE, CAPTURE = "5CS38179PL895402Y", "42311647XV020574X"


async def show(stage: Stage, path: str) -> dict[str, Any]:
    async with stage.control.get(path, headers=await stage.bearer()) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.json()


async def missing(stage: Stage, path: str) -> bool:
    async with stage.control.get(path, headers=await stage.bearer()) as answer:
        return answer.status == 404


def body(event: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(event).encode()).decode()
