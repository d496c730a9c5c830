"""Functions that a queue feeds: each item's end, and what comes back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
import structlog

from penstock.api import Refused, RetryAfter
from penstock.domain.money import Money
from penstock.domain.payment import Order
from penstock.entrypoints.functions.host import Host
from penstock.pipeline.orders import ChargeMessage
from penstock.ports import Outgoing
from penstock.settings import Function
from tests.unit.entrypoints.lambda_host import HostOf, Remaining, host, stand, take
from tests.unit.entrypoints.stand import Stand

__all__ = ["host", "stand"]


def payment(name: str, body: str | None = None) -> Outgoing:
    order = ChargeMessage(name, "acme", Order(Money(500, "JPY")))
    return Outgoing(body or order.dumps(), group=name, dedup=name)


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
