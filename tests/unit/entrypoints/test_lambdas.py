"""The functions over the memory adapters: events in, answers out, item by item."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from penstock.api import Refused, RetryAfter
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.functions.api import ApiHost
from penstock.entrypoints.functions.host import Host
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.tokens import mint
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Message, Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.stand import Stand
from tests.unit.pipeline.listing import Listing, at, made

HostOf = Callable[[Function], Host]


@dataclass
class Remaining:
    """The context that Lambda hands in."""

    millis: int = 30_000

    def get_remaining_time_in_millis(self) -> int:
        return self.millis


@pytest.fixture
def stand() -> Stand:
    return Stand()


@pytest.fixture
def host(stand: Stand) -> Iterator[HostOf]:
    made: list[Host] = []

    def make(function: Function) -> Host:
        made.append(Host(function, stand.platform))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def api(stand: Stand) -> Iterator[ApiHost]:
    made = ApiHost(stand.platform)
    yield made
    made.close()


@pytest.fixture
def merchant(stand: Stand) -> Iterator[ApiHost]:
    made = ApiHost(stand.platform, Function.merchant, make_merchant)
    yield made
    made.close()


def records(messages: Sequence[Message]) -> dict[str, Any]:
    """The event that a mapping makes of what a queue hands out."""
    return {
        "Records": [
            {
                "messageId": one.id,
                "receiptHandle": one.receipt,
                "body": one.body,
                "attributes": {
                    "MessageGroupId": one.group,
                    "ApproximateReceiveCount": str(one.receives),
                },
                "messageAttributes": {
                    name: {"stringValue": value, "dataType": "String"}
                    for name, value in one.attributes.items()
                },
                "eventSource": "aws:sqs",
            }
            for one in messages
        ]
    }


def take(host: Host, stand: Stand, queue: str, *messages: Outgoing) -> dict[str, Any]:
    """Send messages to a queue and take them out again, as a mapping does."""

    async def through() -> Sequence[Message]:
        for message in messages:
            await stand.world.queues[queue].send(message)
        return await stand.world.queues[queue].receive(10, 0)

    return records(host._run(through()))  # pyright: ignore[reportPrivateUsage] - its loop


def payment(name: str, body: str | None = None) -> Outgoing:
    order = ChargeMessage(name, "acme", Order(Money(500, "JPY")))
    return Outgoing(body or order.dumps(), group=name, dedup=name)


def request(
    method: str, path: str, route: str | None = None, body: str = "", **headers: str
) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": route or f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {name.replace("_", "-"): value for name, value in headers.items()},
        "requestContext": {"http": {"method": method, "path": path}},
        "body": body,
        "isBase64Encoded": False,
    }


def worked(host: Host, event: dict[str, Any], context: Remaining | None = None) -> Worked:
    """Work through a batch."""
    with structlog.testing.capture_logs() as logs:
        answer = host.batch(event, context or Remaining())
    lines = [line for line in logs if line["event"] == "stage.finished"]
    return Worked(answer, [one["status"] for one in lines], [one.get("because") for one in lines])


@dataclass(frozen=True)
class Worked:
    """What Lambda was told of a batch, and what the log says of each item: its status and why."""

    answer: dict[str, Any]
    statuses: list[str]
    because: list[str | None]


class TestBatches:
    def test_each_item_is_told_its_end_and_only_what_comes_back_is_a_failure(
        self, host: HostOf, stand: Stand
    ):
        charge = host(Function.charge)
        event = take(charge, stand, "payments", payment("p-1"), payment("p-2", "no JSON"))

        told = worked(charge, event)

        assert {"batchItemFailures": []} == told.answer
        assert ["done", "parked"] == told.statuses
        assert [None, "MalformedMessage: "] == [one and one[:18] for one in told.because]
        assert {"acme"} == {
            one.gateway
            for one in stand.world.ledger._entities.values()  # pyright: ignore[reportPrivateUsage]
        }

    def test_too_little_time_left_begins_nothing_and_gives_all_back(
        self, host: HostOf, stand: Stand
    ):
        charge = host(Function.charge)
        event = take(charge, stand, "payments", payment("p-1"), payment("p-2"))

        answer = charge.batch(event, Remaining(25_000))

        back = [{"itemIdentifier": one["messageId"]} for one in event["Records"]]
        assert {"batchItemFailures": back} == answer
        assert 0 == stand.acme.charge_calls

    def test_a_delivery_is_verified(self, host: HostOf, stand: Stand):
        verify = host(Function.verify)
        delivery = verify._run(  # pyright: ignore[reportPrivateUsage] - on its loop
            stand.platform.receive("acme", {"sig": "good"}, b'{"id": "WH-1"}')
        )
        told = worked(verify, take(verify, stand, "deliveries"))

        assert ["done"] == told.statuses
        (sent,) = take(verify, stand, "verified")["Records"]
        assert delivery.id == json.loads(sent["body"])["delivery_id"]

    def test_a_notification_becomes_a_payment_an_invoice_and_events(
        self, host: HostOf, stand: Stand
    ):
        process = host(Function.process)
        take_verified(process, stand)
        told = worked(process, take(process, stand, "verified"))

        assert ["done"] == told.statuses
        assert 1 == len(stand.acme.invoices)
        events = take(process, stand, "sink-pager")["Records"]
        assert ["payment.succeeded", "invoice.paid"] == [
            json.loads(one["body"])["type"] for one in events
        ]

    def test_an_event_is_delivered_once_and_the_line_names_the_sink(
        self, host: HostOf, stand: Stand
    ):
        deliver = paid(host, stand)
        event = take(deliver, stand, "sink-pager")
        deliver.batch(event, Remaining())
        again = worked(deliver, event)

        assert ["payment.succeeded"] == [one.type.value for one in stand.pager.got]
        assert ["done"] == again.statuses

    @pytest.mark.parametrize(
        ("said", "status"), [(RetryAfter("busy", 3), "retry"), (Refused("never"), "parked")]
    )
    def test_a_sink_that_does_not_take_it_decides_whether_it_comes_back(
        self, host: HostOf, stand: Stand, said: Any, status: str
    ):
        deliver = paid(host, stand)
        stand.pager.answers.append(said)

        told = worked(deliver, take(deliver, stand, "sink-pager"))

        assert [status] == told.statuses
        assert (status == "retry") is bool(told.answer["batchItemFailures"])


def take_verified(host: Host, stand: Stand) -> None:
    """Have one notification on the verified queue."""

    async def through() -> None:
        await stand.platform.receive("acme", {"sig": "good"}, b'{"id": "WH-1"}')
        (message,) = await stand.world.queues["deliveries"].receive(1, 0)
        await stand.platform.verify(message)

    host._run(through())  # pyright: ignore[reportPrivateUsage] - on its loop


def paid(host: HostOf, stand: Stand) -> Host:
    """A payment's event on the sink's queue, and the function that delivers it."""
    charge, deliver = host(Function.charge), host(Function.deliver)
    charge.batch(take(charge, stand, "payments", payment("p-1")), Remaining())
    return deliver


class TestGaps:
    def test_what_a_gateway_lists_and_the_ledger_lacks_is_sent(self, host: HostOf, stand: Stand):
        bank = stand.acme = Listing(made=[made(1, at(minutes=1))])
        bank.clock = stand.clock
        gaps = host(Function.gaps)

        first = gaps.gaps(Remaining())
        stand.clock.advance(600)
        second = gaps.gaps(Remaining())

        assert ({"fetched": 0, "failed": 0}, {"fetched": 1, "failed": 0}) == (first, second)
        (sent,) = take(gaps, stand, "verified")["Records"]
        assert "WH-1" == json.loads(sent["body"])["id"]

    def test_out_of_time_it_says_so_by_the_name_that_an_alarm_counts(self, host: HostOf):
        gaps = host(Function.gaps)

        with structlog.testing.capture_logs() as logs:
            told = gaps.gaps(Remaining(4_000))

        assert {"fetched": None, "failed": None} == told
        assert ["gaps.failed"] == [line["event"] for line in logs]


class TestSweep:
    def test_what_was_accepted_and_never_sent_is_sent(self, host: HostOf, stand: Stand):
        sweep = host(Function.sweep)
        order = rules.accept(
            "p-1",
            "acme",
            Order(Money(500, "JPY")),
            now=stand.clock.now(),
            new_id=stand.world.ids.new,
            due_at=stand.clock.now(),
        )
        sweep._run(stand.world.ledger.commit(order))  # pyright: ignore[reportPrivateUsage]

        assert {"swept": 1, "failed": 0} == sweep.sweep(Remaining())
        (sent,) = take(sweep, stand, "payments")["Records"]
        assert "p-1" == json.loads(sent["body"])["id"]

    def test_too_little_time_is_no_failure(self, host: HostOf):
        assert {"swept": None, "failed": None} == host(Function.sweep).sweep(Remaining(4_000))


class TestRenew:
    def test_a_dead_letter_of_ten_days_is_renewed(self, host: HostOf, stand: Stand):
        renew = host(Function.renew)

        async def park() -> None:
            queue = stand.world.queues["payments"]
            await queue.send(Outgoing("{}", "p-1", "d-1"))
            (message,) = await queue.receive(1, 0)
            await queue.park(message, "no")

        renew._run(park())  # pyright: ignore[reportPrivateUsage]
        stand.clock.advance(10 * 24 * 3600)

        assert {"renewed": 1, "failed": 0} == renew.renew(Remaining())
        assert {"renewed": 0, "failed": 0} == renew.renew(Remaining())

    def test_out_of_time_it_says_so(self, host: HostOf):
        with structlog.testing.capture_logs() as logs:
            told = host(Function.renew).renew(Remaining(4_000))

        assert {"renewed": None, "failed": None} == told
        assert ["renew.out_of_time"] == [line["event"] for line in logs]


class TestApi:
    def test_a_route_is_answered_through_its_route_key(self, api: ApiHost):
        answer = api(request("GET", "/health"))

        assert (200, {"status": "ok"}) == (answer["statusCode"], json.loads(answer["body"]))

    @pytest.mark.parametrize(
        ("method", "path", "status"),
        [("GET", "/nowhere", 404), ("DELETE", "/payments", 405), ("PUT", "/webhooks/acme", 405)],
    )
    def test_whatever_else_is_asked_for_is_a_problem(
        self, api: ApiHost, method: str, path: str, status: int
    ):
        answer = api(request(method, path, "$default"))

        assert (status, status) == (answer["statusCode"], json.loads(answer["body"])["status"])
        assert "application/problem+json" == answer["headers"]["content-type"]

    def test_a_payment_is_taken_from_a_base64_body_too(self, merchant: ApiHost, stand: Stand):
        kept, token = mint("a test", stand.world.ids, stand.clock.now())
        merchant._run(stand.world.tokens.put(kept))  # pyright: ignore[reportPrivateUsage] - its loop
        asked = json.dumps({"provider": "acme", "order": {"amount": 5, "currency": "JPY"}})
        event = request(
            "POST",
            "/payments",
            Authorization=f"Bearer {token}",
            Content_Type="application/json",
            Idempotency_Key="k-1",
        )
        event |= {"body": base64.b64encode(asked.encode()).decode(), "isBase64Encoded": True}

        assert 202 == merchant(event)["statusCode"]
        assert 401 == merchant({**event, "headers": {}})["statusCode"]

    def test_a_path_parameter_comes_from_the_gateway(self, api: ApiHost):
        event = request("GET", "/payments/x", "GET /payments/{id}")

        answer = api({**event, "pathParameters": {"id": "x"}})

        assert 401 == answer["statusCode"]
