"""What a token may do, how long, and what is known of its use."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from penstock import contracts
from penstock.adapters.memory import MemoryTokens
from penstock.contracts import Contract, Operation
from penstock.domain.caller import Scope
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.tokens import Authenticator, mint
from penstock.errors import LedgerUnavailable, SettingsError
from penstock.observability import scalars_only
from tests.unit.entrypoints.client import DOCUMENT, ORDER, Client, conforms, told
from tests.unit.entrypoints.stand import Stand

GUARDED = [one for one in contracts.load().operations.values() if not one.public]
REFUSED = [(one, scope) for one in GUARDED for scope in Scope if scope is not one.scope]
Give = Callable[..., Awaitable[str]]


@pytest.fixture
def give(stand: Stand) -> Give:
    """A new token of the stand's API."""

    async def made(*scopes: Scope, lasts: timedelta | None = None, client: str = "shop") -> str:
        kept, text = mint(
            "a test",
            stand.world.ids,
            stand.clock.now(),
            scopes=frozenset(scopes),
            client=client,
            lasts=lasts,
        )
        await stand.world.tokens.put(kept)
        return text

    return made


class TestScopes:
    @pytest.mark.parametrize(
        ("operation", "scope"), REFUSED, ids=lambda one: getattr(one, "id", one)
    )
    async def test_a_token_without_the_scope_is_403_before_anything_else_is_looked_at(
        self, call: Client, give: Give, operation: Operation, scope: Scope
    ):
        answer = await call(operation.method, operation.path, token=await give(scope))

        assert 403 == answer.status
        conforms(answer, "Problem")
        problem, challenge = told(answer), answer.headers["www-authenticate"]
        assert "urn:penstock:problem:scope-missing" == problem["type"]
        wanted = " ".join(f"--scope {one}" for one in Scope if one in {scope, operation.scope})
        assert f"needs the scope `{operation.scope}`" in problem["detail"]
        assert problem["detail"].endswith(f"`penstock tokens create NAME {wanted}`")
        error = f'error="insufficient_scope", scope="{operation.scope}"'
        assert f'Bearer realm="penstock", {error}' == challenge

    @pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
    async def test_a_token_with_the_scope_alone_passes(
        self, call: Client, give: Give, operation: Operation
    ):
        answer = await call(operation.method, operation.path, token=await give(operation.scope))

        assert answer.status not in {401, 403}

    async def test_the_access_log_names_the_tokens_id_and_not_the_token(
        self, call: Client, give: Give
    ):
        token = await give(Scope.read)
        with capture_logs() as logs:
            await call("GET", "/events", token=token)
            await call("GET", "/audit", token=token)
            await call("GET", "/events", token="unknown")  # noqa: S106 - no token
        lines = [one for one in logs if one["event"] == "api.answered"]

        _, token_id, secret = token.split("_")
        assert [("/events", 200), ("/audit", 403)] == [
            (one["path"], one["status"]) for one in lines
        ]
        assert {token_id} == {one["caller"] for one in lines}
        assert secret not in str(logs)
        # The log withholds every field that sounds like a token.
        assert lines[0] == scalars_only(None, "info", dict(lines[0]))

    async def test_a_token_without_any_scope_may_do_nothing(self, call: Client, give: Give):
        bare = await give()

        assert {403} == {(await call(one.method, one.path, token=bare)).status for one in GUARDED}

    def test_reading_needs_read_and_paying_needs_pay(self, contract: Contract):
        scopes = {one.id: one.scope for one in contract.operations.values()}

        assert Scope.pay is scopes["createPayment"]
        assert Scope.operate is scopes["listAudit"]
        assert {Scope.operate} == {one.scope for one in GUARDED if one.function == "operate"}
        reading = {one.scope for one in GUARDED if one.method == "GET" and one.id != "listAudit"}
        assert {Scope.read} == reading

    def test_every_guarded_operation_documents_the_refusal(self):
        for path in DOCUMENT["paths"].values():
            for operation in path.values():
                assert ("403" in operation["responses"]) is (operation["security"] != [])

    @pytest.mark.parametrize(
        ("security", "scope", "wrong"),
        [
            ([{"bearer": []}], None, "x-penstock-scope must be one of read, pay, operate"),
            ([{"bearer": []}], "write", "x-penstock-scope must be one of read, pay, operate"),
            ([], "read", "remove x-penstock-scope"),
        ],
    )
    def test_a_contract_that_leaves_the_scope_open_is_refused_at_start(
        self, contract: Contract, security: list[object], scope: str | None, wrong: str
    ):
        health = {**DOCUMENT["paths"]["/health"]["get"], "security": security}
        if scope:
            health["x-penstock-scope"] = scope
        document = {"paths": {"/health": {"get": health}}}

        with pytest.raises(SettingsError, match=f"getHealth: .*{wrong}"):
            assert replace(contract, document=document).operations


class TestExpiry:
    async def test_an_expired_token_is_refused_at_once_as_an_unknown_one_is(
        self, call: Client, give: Give, stand: Stand
    ):
        """
        Also when it was trusted a second before: the minute of trust ends with the token.
        """
        token = await give(Scope.read, lasts=timedelta(seconds=30))
        stand.clock.advance(29.999)
        assert 200 == (await call("GET", "/events", token=token)).status
        stand.clock.advance(0.001)
        expired = await call("GET", "/events", token=token)
        unknown = await call("GET", "/events", token="pst_0123456789abcdef_" + "0" * 64)

        assert 401 == expired.status
        assert (unknown.body, unknown.headers) == (expired.body, expired.headers)


class TestClients:
    async def test_two_clients_do_not_share_their_idempotency_keys(self, call: Client, give: Give):
        shop, office = await give(Scope.pay), await give(Scope.pay, client="office")
        first = await call.pay(token=shop)
        other = await call.pay({**ORDER, "amount": 7}, token=office)
        again = await call.pay(token=await give(Scope.pay))

        assert (202, 202, 202) == (first.status, other.status, again.status)
        assert told(first)["id"] != told(other)["id"]
        assert told(first)["id"] == told(again)["id"]


class Noting(MemoryTokens):
    """Tokens that count what is written of their use."""

    def __init__(self) -> None:
        super().__init__()
        self.tries: list[datetime] = []
        self.away = False

    async def used(self, token_id: str, at: datetime) -> None:
        self.tries.append(at)
        if self.away:
            raise LedgerUnavailable("note a use: no answer")
        await super().used(token_id, at)


class TestLastUse:
    @pytest.fixture
    def tokens(self, stand: Stand) -> Noting:
        stand.world.tokens = Noting()
        return stand.world.tokens

    @pytest.fixture
    def call(self, tokens: Noting, stand: Stand, contract: Contract) -> Client:
        handlers = Handlers(stand.platform, contract).table()
        return Client(
            Api(contract, handlers, Authenticator(tokens, stand.clock), ("api", "receive")), ""
        )

    async def test_a_use_is_noted_once_an_hour(
        self, call: Client, tokens: Noting, give: Give, stand: Stand
    ):
        token, noon = await give(Scope.read), stand.clock.now()
        for _ in range(7):
            assert 200 == (await call("GET", "/events", token=token)).status
            stand.clock.advance(600)

        assert [noon, noon + timedelta(hours=1)] == tokens.tries
        assert {token.split("_")[1]: tokens.tries[-1]} == dict(await tokens.last_uses())

    async def test_a_use_that_cannot_be_noted_fails_no_request_and_is_tried_again(
        self, call: Client, tokens: Noting, give: Give, stand: Stand
    ):
        token, tokens.away = await give(Scope.read), True
        with capture_logs() as logs:
            first = await call("GET", "/events", token=token)
            second = await call("GET", "/events", token=token)
        tokens.away = False
        stand.clock.advance(60)
        third = await call("GET", "/events", token=token)

        assert [200] * 3 == [first.status, second.status, third.status]
        assert 2 == len(tokens.tries)
        assert [
            {
                "event": "token.use_not_noted",
                "log_level": "warning",
                "caller": token.split("_")[1],
                "because": "LedgerUnavailable",
            }
        ] == [one for one in logs if one["event"] != "api.answered"]

    async def test_a_refused_token_is_not_used(
        self, call: Client, tokens: Noting, give: Give, stand: Stand
    ):
        token = await give(Scope.read, lasts=timedelta(seconds=1))
        wrong = token[:-1] + ("0" if token[-1] != "0" else "1")
        await call("GET", "/events", token=wrong)
        stand.clock.advance(1)
        await call("GET", "/events", token=token)

        assert [] == tokens.tries
