"""The API over the memory adapters, and a client with a token."""

from __future__ import annotations

import pytest

from penstock import contracts
from penstock.contracts import Contract
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.merchant import MerchantHandlers
from penstock.entrypoints.http.operating import OperateHandlers
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.tokens import Authenticator, mint
from tests.unit.entrypoints.client import Client
from tests.unit.entrypoints.stand import Stand


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
async def token(stand: Stand) -> str:
    kept, text = mint("a test", stand.world.ids, stand.clock.now())
    await stand.world.tokens.put(kept)
    return text


@pytest.fixture
def contract() -> Contract:
    return contracts.load()


@pytest.fixture
def call(stand: Stand, contract: Contract, token: str) -> Client:
    handlers = {
        **Handlers(stand.platform, contract).table(),
        **MerchantHandlers(stand.platform).table(),
        **PageHandlers.of(stand.platform).table(),
        **OperateHandlers(stand.platform).table(),
    }
    authenticate = Authenticator(stand.world.tokens, stand.clock)
    functions = ("api", "merchant", "receive", "operate")
    return Client(Api(contract, handlers, authenticate, functions), token)
