"""A stocked simulator on a port of its own, in a thread, and how to call it."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from penstock.entrypoints.http.listener import listening
from tests.contract.providers.stocked import STOCKED
from tests.contract.threaded import threaded


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A simulator that answers.

    Attributes:
        bearer: the headers of its operations, if they need a token.
        basic: those of the operation that gives tokens.
    """

    url: str
    bearer: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    basic: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)

    def headers(self, scheme: str) -> Mapping[str, str]:
        """What authenticates a request, by the scheme that its operation names."""
        return {"bearer": self.bearer, "basic": self.basic}.get(scheme, {})


def standing(provider: str, folder: Path, operation: str = "") -> AbstractContextManager[Standing]:
    """
    Serve the provider's simulator until the block ends.

    Args:
        operation: stocked as this one needs it; see `stocked`.
    """
    return threaded(_standing(provider, folder, operation))


@asynccontextmanager
async def _standing(provider: str, folder: Path, operation: str) -> AsyncIterator[Standing]:
    simulator = STOCKED[provider](folder, operation)
    async with listening(simulator.app, "127.0.0.1", 0) as url:
        secret = simulator.describe(url).secret
        if "client_id" in secret:
            pair = f"{secret['client_id']}:{secret['client_secret']}".encode()
            basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
            token = await asyncio.to_thread(_token, url, basic)
            yield Standing(url, {"Authorization": f"Bearer {token}"}, basic)
        elif "api_key" in secret:
            yield Standing(url, {"Authorization": f"Bearer {secret['api_key']}"})
        else:
            yield Standing(url)


def _token(url: str, basic: Mapping[str, str]) -> str:
    form = {"grant_type": "client_credentials"}
    answer = requests.post(f"{url}/v1/oauth2/token", data=form, headers=basic, timeout=10)
    return answer.json()["access_token"]
