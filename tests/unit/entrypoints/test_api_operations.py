"""Payments, events and webhooks over the memory adapters: what each request is answered."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest

from penstock.contracts import Contract
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import ChannelUnavailable
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing
from tests.unit.entrypoints.client import ORDER, Client, conforms, told
from tests.unit.entrypoints.stand import Stand


async def charge(stand: Stand, payment: str) -> None:
    body = ChargeMessage(payment, "acme", Order(Money(1250, "USD"))).dumps()
    await stand.platform.charge(Message("m-1", body, payment, "r-1"))


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
