"""The API over the memory adapters: what each request is answered, in both hosts alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import jsonschema_rs
import pytest
import yaml

from penstock import contracts
from penstock.contracts import Contract
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.api import WEBHOOK, Api
from penstock.entrypoints.handlers import Handlers
from penstock.entrypoints.http import Answer, Request
from penstock.entrypoints.tokens import Authenticator, mint
from penstock.errors import ChannelUnavailable, SettingsError
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing
from tests.unit.entrypoints.stand import Stand

DOCUMENT = yaml.safe_load((Path(__file__).parents[3] / "contracts/api.yaml").read_text())
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

    async def pay(self, order: Any = None, key: str = "k-1", **rest: Any) -> Answer:
        asked = {"provider": "acme", "order": ORDER if order is None else order, **rest}
        return await self("POST", "/payments", json_body=asked, idempotency_key=key)


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
    handlers = Handlers(stand.platform, contract).table()
    authenticate = Authenticator(stand.world.tokens, stand.clock)
    return Client(Api(contract, handlers, authenticate, ("api", "receive")), token)


def told(answer: Answer) -> Any:
    return json.loads(answer.body)


def conforms(answer: Answer, schema: str) -> None:
    root = {"$ref": f"#/components/schemas/{schema}", "components": DOCUMENT["components"]}
    jsonschema_rs.Draft202012Validator(root, validate_formats=True).validate(told(answer))


async def charge(stand: Stand, payment: str) -> None:
    body = ChargeMessage(payment, "acme", Order(Money(1250, "USD"))).dumps()
    await stand.platform.charge(Message("m-1", body, payment, "r-1"))


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

        authenticate = Authenticator(Counting(), stand.clock)  # type: ignore[arg-type] - only get
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


class TestPayments:
    async def test_a_payment_is_written_down_sent_and_answered_with_a_link(
        self, call: Client, stand: Stand
    ):
        answer = await call.pay()

        assert 202 == answer.status
        conforms(answer, "Payment")
        (message,) = await stand.world.queues["payments"].receive(1, 0)
        sent = ChargeMessage.loads(message.body)
        assert (sent.id, "acme", 1250) == (message.group, sent.provider, sent.order.amount.minor)
        assert answer.headers["location"] == told(answer)["links"]["self"]

    @pytest.mark.parametrize("prefix", ["", "/prod", "/_aws/execute-api/a1b2/$default"])
    async def test_a_payment_is_found_where_it_says_whatever_the_api_is_behind(
        self, call: Client, prefix: str
    ):
        """
        A client puts its own address and ours together (RFC 3986, 5.2); we never see all of it.
        """
        asked = f"https://api.test{prefix}/payments"
        made = await call.pay()
        where = urljoin(asked, made.headers["location"])

        read = await call("GET", where.removeprefix(f"https://api.test{prefix}"))

        assert 200 == read.status
        assert f"{asked}/{told(made)['id']}" == where
        assert where == urljoin(asked, told(made)["links"]["self"])
        assert where == urljoin(where, told(read)["links"]["self"])

    async def test_the_same_key_and_body_is_the_same_payment(self, call: Client):
        first, second = await call.pay(), await call.pay()

        assert told(first)["id"] == told(second)["id"]

    async def test_the_same_key_with_another_body_is_422(self, call: Client):
        await call.pay()
        answer = await call.pay({**ORDER, "amount": 1251})

        assert 422 == answer.status
        conforms(answer, "Problem")

    async def test_a_provider_that_takes_no_charges_is_422_and_says_which_do(self, call: Client):
        answer = await call.pay(provider="nobody")

        assert 422 == answer.status
        assert "acme" in told(answer)["detail"]

    async def test_a_queue_that_takes_nothing_is_503_and_the_same_may_be_sent_again(
        self, stand: Stand, contract: Contract, token: str
    ):
        class Down:
            async def send(self, message: Outgoing) -> None:
                raise ChannelUnavailable("the queue is down")

        stand.world.queues["payments"] = Down()  # type: ignore[assignment] - only sent to
        authenticate = Authenticator(stand.world.tokens, stand.clock)
        handlers = Handlers(stand.platform, contract).table()
        call = Client(Api(contract, handlers, authenticate, ("api", "receive")), token)

        answer = await call.pay()

        assert (503, "5") == (answer.status, answer.headers["retry-after"])

    async def test_what_became_of_it_is_readable_without_the_e_mail_address(
        self, call: Client, stand: Stand
    ):
        payment = told(await call.pay())["id"]
        (message,) = await stand.world.queues["payments"].receive(1, 0)
        await stand.platform.charge(message)

        answer = await call("GET", f"/payments/{payment}")

        conforms(answer, "Payment")
        read = told(answer)
        assert ("succeeded", "12.50") == (read["status"], read["amount"]["value"])
        assert [("charge", "succeeded")] == [(o["kind"], o["state"]) for o in read["operations"]]
        assert 1 == len(read["transactions"])
        assert "Ann" == read["payer"]["name"]
        assert b"ann@example.org" not in answer.body

    async def test_a_payment_nobody_knows_is_404(self, call: Client):
        answer = await call("GET", "/payments/nobody")

        assert 404 == answer.status
        conforms(answer, "Problem")


class TestEvents:
    async def test_pages_lead_through_the_whole_archive_newest_first(
        self, call: Client, stand: Stand
    ):
        for number in range(3):
            await charge(stand, f"p-{number}")
            stand.clock.advance(1)
        subjects, cursor = [], None
        for _ in range(2):
            query = [("limit", "2")] + ([("cursor", cursor)] if cursor else [])
            answer = await call("GET", "/events", query=query)
            conforms(answer, "EventPage")
            subjects += [event["subject"] for event in told(answer)["events"]]
            cursor = told(answer)["cursor"]

        assert ["p-2", "p-1", "p-0"] == subjects
        assert cursor is None

    async def test_a_cursor_of_somebody_elses_is_400(self, call: Client):
        answer = await call("GET", "/events", query=[("cursor", "bm90b3Vycw")])

        assert (400, "query.cursor") == (answer.status, told(answer)["errors"][0]["field"])


class TestWebhooks:
    async def test_a_webhook_needs_no_token_and_is_kept(self, call: Client, stand: Stand):
        answer = await call("POST", "/webhooks/acme", body=b'{"id": 1}', token="", sig="good")

        conforms(answer, "Received")
        assert 202 == answer.status
        assert 1 == (await stand.world.queues["deliveries"].depth())["visible"]

    @pytest.mark.parametrize(
        ("path", "body", "headers", "status"),
        [
            ("/webhooks/nobody", b"{}", {"sig": "good"}, 404),
            ("/webhooks/acme", b"{}", {}, 400),
            ("/webhooks/acme", b"no", {"sig": "good"}, 400),
            ("/webhooks/acme", b'"' + b" " * 1024 + b'"', {"sig": "good"}, 413),
        ],
    )
    async def test_what_the_door_refuses_is_a_problem_and_not_kept(
        self,
        call: Client,
        stand: Stand,
        path: str,
        body: bytes,
        headers: dict[str, str],
        status: int,
    ):
        answer = await call("POST", path, body=body, token="", **headers)

        assert status == answer.status
        conforms(answer, "Problem")
        assert 0 == (await stand.world.queues["deliveries"].depth())["visible"]


class TestOtherRequests:
    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/", 404), ("GET", "/payments", 405), ("PATCH", "/webhooks/acme", 405)],
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

    async def test_the_page_names_every_operation_and_runs_no_script(
        self, call: Client, contract: Contract
    ):
        answer = await call("GET", "/docs")

        page = answer.body.decode()
        assert all(f'id="{name}"' in page for name in contract.operations)
        assert "<script" not in page
        assert "default-src 'none'" in answer.headers["content-security-policy"]
