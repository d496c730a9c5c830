"""Bearer tokens for people who try the local platform out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local.aws import session_of
from local.platform import Platform
from penstock.adapters.aws.clients import Clients
from penstock.adapters.aws.tokens import DynamoTokens
from penstock.adapters.clock import SystemClock
from penstock.adapters.ids import RandomIds
from penstock.domain.caller import READ_AND_PAY, Scope
from penstock.entrypoints.http.tokens import mint


async def create_token(platform: Platform, name: str) -> str:
    """Make a token in the platform's ledger, and return its text."""
    return await token_of(platform.outputs, name)


async def token_of(
    stack: Mapping[str, Any],
    name: str,
    lasts: timedelta | None = None,
    scopes: frozenset[Scope] = READ_AND_PAY,
) -> str:
    """Make a token in the ledger of the stack with these outputs, and return its text."""
    clients = Clients(session=session_of(stack))
    try:
        token, text = mint(name, RandomIds(), SystemClock().now(), scopes=scopes, lasts=lasts)
        await DynamoTokens(clients, str(stack["ledgerTable"])).put(token)
        return text
    finally:
        clients.close()
