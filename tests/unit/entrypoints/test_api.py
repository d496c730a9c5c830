"""The API over the memory adapters: who gets in, and what is answered whatever was asked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.contracts import Contract
from penstock.entrypoints.http.api import WEBHOOK, Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.message import Answer, Request
from penstock.entrypoints.http.tokens import Authenticator, mint
from penstock.errors import SettingsError
from tests.unit.entrypoints.client import DOCUMENT, ORDER, Client, conforms, told
from tests.unit.entrypoints.stand import Stand


class TestContractAndHandlers:
    def test_an_operation_without_a_handler_is_refused_at_start(
        self, stand: Stand, contract: Contract
    ):
        handlers = dict(Handlers(stand.platform, contract).table())
        del handlers["getHealth"]

        with pytest.raises(SettingsError, match="operations without a handler: getHealth"):
            Api(contract, handlers, Authenticator(stand.world.tokens, stand.clock))

    def test_a_handler_without_an_operation_is_refused_at_start(
        self, stand: Stand, contract: Contract
    ):
        handlers = Handlers(stand.platform, contract).table()

        with pytest.raises(SettingsError, match=f"handlers without an operation: {WEBHOOK}"):
            Api(contract, handlers, Authenticator(stand.world.tokens, stand.clock), ("api",))


class TestAccess:
    @pytest.mark.parametrize(
        ("method", "path"), [("POST", "/payments"), ("GET", "/payments/x"), ("GET", "/events")]
    )
    @pytest.mark.parametrize(
        "authorization",
        [
            None,
            "",
            "Bearer",
            "Basic cHN0OjE=",
            "Bearer pst_0123456789abcdef_" + "0" * 64,
            "Bearer ☃",
        ],
    )
    async def test_without_a_known_token_it_is_401_before_anything_else_is_looked_at(
        self, call: Client, method: str, path: str, authorization: str | None
    ):
        headers = {} if authorization is None else {"authorization": authorization}
        answer = await call(method, path, token="", **headers)

        assert 401 == answer.status
        assert answer.headers["www-authenticate"].startswith("Bearer")
        conforms(answer, "Problem")

    async def test_the_right_id_with_another_secret_is_401(self, call: Client, token: str):
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1")

        assert 401 == (await call("GET", "/events", token=wrong)).status

    async def test_several_tokens_are_good_at_once(self, call: Client, stand: Stand):
        kept, second = mint("another", stand.world.ids, stand.clock.now())
        await stand.world.tokens.put(kept)

        assert 200 == (await call("GET", "/events")).status
        assert 200 == (await call("GET", "/events", token=second)).status

    async def test_a_revoked_token_is_refused_after_a_minute_at_the_latest(
        self, call: Client, stand: Stand, token: str
    ):
        assert 200 == (await call("GET", "/events")).status
        await stand.world.tokens.revoke(token.split("_")[1])
        stand.clock.advance(60)

        assert 401 == (await call("GET", "/events")).status

    async def test_a_known_token_is_looked_up_once_a_minute(
        self, stand: Stand, contract: Contract, token: str
    ):
        looked = []
        keeps = stand.world.tokens

        class Counting:
            async def get(self, token_id: str) -> Any:
                looked.append(token_id)
                return await keeps.get(token_id)

            async def used(self, token_id: str, at: Any) -> None:
                """Of no interest here."""

        authenticate = Authenticator(Counting(), stand.clock)  # type: ignore[arg-type] - what it calls
        for _ in range(3):
            await authenticate(f"Bearer {token}")
        stand.clock.advance(60)
        await authenticate(f"bearer {token}")

        assert 2 == len(looked)

    async def test_only_the_hash_is_kept(self, stand: Stand, token: str):
        (kept,) = await stand.world.tokens.list()

        assert token not in repr(kept) + kept.digest
        assert token.split("_")[2] not in kept.digest

    @pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json"])
    async def test_health_and_documents_need_none(self, call: Client, path: str):
        assert 200 == (await call("GET", path, token="")).status


class TestOtherRequests:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/", 404), ("PUT", "/payments", 405), ("PATCH", "/webhooks/acme", 405)],
    )
    async def test_what_is_not_served_is_a_problem(
        self, call: Client, method: str, path: str, status: int
    ):
        answer = await call(method, path)

        assert status == answer.status
        conforms(answer, "Problem")
        assert "application/problem+json" == answer.headers["content-type"]

    async def test_a_body_over_the_limit_is_413(self, call: Client):
        answer = await call.pay({**ORDER, "description": "x" * 70_000})

        assert 413 == answer.status

    async def test_a_bug_of_ours_is_500_and_tells_nothing(
        self, stand: Stand, contract: Contract, token: str
    ):
        async def broken(_: Any) -> Answer:
            raise RuntimeError("hunter2")

        handlers = {**Handlers(stand.platform, contract).table(), "getHealth": broken}
        authenticate = Authenticator(stand.world.tokens, stand.clock)
        api = Api(contract, handlers, authenticate, ("api", "receive"))

        answer = await api(Request("GET", "/health"))

        assert 500 == answer.status
        assert b"hunter2" not in answer.body

    async def test_the_contract_is_served_with_its_examples_in_place(self, call: Client):
        served = told(await call("GET", "/openapi.json"))

        assert DOCUMENT["paths"].keys() == served["paths"].keys()
        assert "externalValue" not in json.dumps(served)
