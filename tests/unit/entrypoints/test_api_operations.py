"""The API's operations on payments: asked for, found and looked up."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

import pytest

from penstock.contracts import Contract
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.merchant import MerchantHandlers
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import ChannelUnavailable
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Outgoing
from penstock.testing.ports.samples import accepted, first
from tests.unit.entrypoints.client import ORDER, Client, conforms, told
from tests.unit.entrypoints.stand import Stand


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
        handlers = {
            **Handlers(stand.platform, contract).table(),
            **MerchantHandlers(stand.platform).table(),
            **PageHandlers.of(stand.platform).table(),
        }
        functions = ("api", "receive", "merchant")
        call = Client(Api(contract, handlers, authenticate, functions), token)

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


class TestLookingPaymentsUp:
    async def test_a_payment_is_found_by_its_reference_and_shown_as_it_is_alone(
        self, call: Client
    ):
        made = told(await call.pay({**ORDER, "reference": "order-7"}))
        await call.pay(key="k-2")

        answer = await call("GET", "/payments", query=[("reference", "order-7")])

        conforms(answer, "PaymentPage")
        where = f"payments/{made['id']}"
        alone = told(await call("GET", f"/{where}"))
        alone["links"]["self"] = where
        assert {"payments": [alone], "cursor": None} == told(answer)
        assert b"ann@example.org" not in answer.body

    async def test_a_subscription_is_shown_by_the_id_that_finds_its_payments(
        self, call: Client, stand: Stand
    ):
        payment = replace(accepted(), gateway="paypal", subscription="I-BW452GLLEP1G")
        await stand.platform.ledger.commit(first(payment))
        shown = told(await call("GET", "/payments/pay-1"))["subscription"]

        answer = await call("GET", "/payments", query=[("subscription", shown)])

        assert "paypal-I-BW452GLLEP1G" == shown
        assert ["pay-1"] == [one["id"] for one in told(answer)["payments"]]

    async def test_pages_lead_through_a_status_of_today(self, call: Client):
        made = {told(await call.pay(key=f"k-{number}"))["id"] for number in range(3)}
        query = [("status", "accepted"), ("limit", "2")]
        one = await call("GET", "/payments", query=query)
        two = await call("GET", "/payments", query=[*query, ("cursor", told(one)["cursor"])])

        conforms(one, "PaymentPage")
        assert made == {each["id"] for page in (one, two) for each in told(page)["payments"]}
        assert (2, None) == (len(told(one)["payments"]), told(two)["cursor"])

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ([("reference", "a"), ("subscription", "paypal-I-1")], "query.subscription"),
            ([("subscription", "I-1")], "query.subscription"),
            ([("status", "paid")], "query.status"),
            ([("since", "2026-02-30")], "query.since"),
            ([("since", "2025-01-01")], "query.since"),
            ([("cursor", "bm90b3Vycw")], "query.cursor"),
            ([("limit", "101")], "query.limit"),
            ([("reference", "")], "query.reference"),
            ([("email", "ann@example.org")], "query"),
        ],
    )
    async def test_what_cannot_be_looked_up_is_400_and_names_the_parameter(
        self, call: Client, query: list[tuple[str, str]], field: str
    ):
        answer = await call("GET", "/payments", query=query)

        conforms(answer, "Problem")
        assert (400, field) == (answer.status, told(answer)["errors"][0]["field"])
