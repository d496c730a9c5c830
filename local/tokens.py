"""A bearer token for whoever tries the local platform out."""

from __future__ import annotations

from local.aws import EmulatorSession
from local.platform import Platform
from penstock.adapters.aws import Clients, DynamoTokens
from penstock.adapters.clock import SystemClock
from penstock.adapters.ids import RandomIds
from penstock.entrypoints.http.tokens import mint


async def create_token(platform: Platform, name: str) -> str:
    """Make a token in the platform's ledger, and return its text."""
    clients = Clients(session=EmulatorSession(platform.emulator.url))
    try:
        token, text = mint(name, RandomIds(), SystemClock().now())
        await DynamoTokens(clients, str(platform.outputs["ledgerTable"])).put(token)
        return text
    finally:
        clients.close()
