"""Payments, events and webhooks over the memory adapters: what each request is answered."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urljoin

import pytest

from penstock.contracts import Contract
from penstock.domain.caller import Scope
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.merchant import MerchantHandlers
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.pages.handlers import PageHandlers
from penstock.entrypoints.http.tokens import Authenticator, mint
from penstock.errors import ChannelUnavailable
from penstock.operators.audited import Audited
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing
from penstock.testing.ports.samples import accepted, first
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


class TestEvents:
    async def test_events_of_a_payment_are_found_by_subject_type_and_time(
        self, call: Client, stand: Stand
    ):
        await charge(stand, "p-1")
        await charge(stand, "p-2")

        async def subjects(*query: tuple[str, str]) -> list[str]:
            answer = await call("GET", "/events", query=list(query))
            conforms(answer, "EventPage")
            return [event["subject"] for event in told(answer)["events"]]

        assert ["p-1"] == await subjects(("subject", "p-1"))
        assert ["p-1"] == await subjects(("subject", "payment#p-1"), ("since", "2026-11-02"))
        assert ["p-2", "p-1"] == await subjects(("type", "payment.succeeded"))
        assert [] == await subjects(("type", "payment.declined"))
        assert [] == await subjects(("since", "2026-11-03"))

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ([("type", "payment.imagined")], "query.type"),
            ([("type", "dispute.opened"), ("subject", "payment#p-1")], "query.type"),
            ([("since", "soon")], "query.since"),
            ([("subject", "")], "query.subject"),
        ],
    )
    async def test_what_cannot_be_listed_is_400_and_names_the_parameter(
        self, call: Client, query: list[tuple[str, str]], field: str
    ):
        answer = await call("GET", "/events", query=query)

        assert (400, field) == (answer.status, told(answer)["errors"][0]["field"])

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


class TestAudit:
    async def test_what_operators_did_is_read_with_the_scope_operate(
        self, call: Client, stand: Stand
    ):
        world, actor = stand.world, "arn:aws:iam::123456789012:user/ada"
        audited = Audited(world.audit, stand.clock, world.ids, actor)
        async with audited("payments restrict", ["payment#p-1"], "fraud") as trail:
            trail.effect, trail.after = "restricted", {"held": 1}
        async with audited("payments release", ["payment#p-2"]):
            running = await read_audit(call, stand)
        both = told(await read_audit(call, stand, limit="1"))
        (one,) = told(await read_audit(call, stand, subject="payment#p-1"))["entries"]

        assert ["not_finished", "done"] == [entry["state"] for entry in told(running)["entries"]]
        assert (1, True) == (len(both["entries"]), both["cursor"] is not None)
        assert ("fraud", "restricted", {"held": 1}, actor) == (
            one["reason"],
            one["effect"],
            one["after"],
            one["actor"],
        )


async def read_audit(call: Client, stand: Stand, **query: str) -> Answer:
    kept, token = mint("x", stand.world.ids, stand.clock.now(), scopes=frozenset({Scope.operate}))
    await stand.world.tokens.put(kept)
    answer = await call("GET", "/audit", query=list(query.items()), token=token)
    assert 200 == answer.status
    conforms(answer, "AuditPage")
    return answer
