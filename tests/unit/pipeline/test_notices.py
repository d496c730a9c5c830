"""The log events that alarms count, and what ties the lines of one delivery together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from penstock.adapters.memory import MemoryAttempts
from penstock.api import (
    Attempt,
    Critical,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Unanswered,
)
from penstock.errors import InvoiceRefused
from penstock.pipeline.deliver import Deliver
from penstock.ports import Outgoing
from tests.unit.pipeline import charging
from tests.unit.pipeline import test_verify as verifying
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World

Logs = list[Any]


@pytest.fixture
def logs() -> Iterator[Logs]:
    with capture_logs(processors=[merge_contextvars]) as lines:
        yield lines


def named(logs: Logs, event: str) -> Logs:
    return [line for line in logs if line["event"] == event]


async def notify(world: World) -> None:
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    await world.consume(world.verified, world.process)


class Pager:
    name = "pager"

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        return Delivered()


async def test_a_forged_delivery_is_counted_once_with_its_reason(logs: Logs):
    world = World()
    delivery = await verifying.arrive(world, sig="forged")
    await world.consume(world.deliveries, world.verify)

    (line,) = named(logs, "delivery.rejected")
    assert (delivery.id, "acme", "signature does not match") == (
        line["delivery_id"],
        line["gateway"],
        line["because"],
    )


async def test_the_line_of_a_forged_delivery_says_why(logs: Logs):
    world = World()
    delivery = await verifying.arrive(world, sig="forged")
    await world.consume(world.deliveries, world.verify)

    (line,) = named(logs, "stage.finished")
    assert (delivery.id[:12], "rejected", "signature does not match") == (
        line["entity"],
        line["outcome"],
        line["because"],
    )


async def test_the_line_of_what_concerns_no_payment_names_its_delivery_and_says_why(logs: Logs):
    world = World()
    one = notification(entity=None)
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    await world.consume(world.verified, world.process)

    (line,) = named(logs, "stage.finished")
    assert (one.delivery_id, "recorded", "it concerns no payment, subscription or dispute") == (
        line["entity"],
        line["outcome"],
        line["because"],
    )


async def test_a_transmission_that_comes_with_another_body_is_counted(logs: Logs):
    world = World()
    one = notification(transmission="t")
    other = notification("WH-2", transmission="t", delivery_id="d-2", body=b"[]")
    for each in (one, other):
        await world.verified.send(Outgoing(each.dumps(), group=each.group, dedup=each.delivery_id))
    await world.consume(world.verified, world.process)

    assert ["d-2"] == [line["delivery_id"] for line in named(logs, "delivery.altered")]


async def test_an_authentic_delivery_is_not_counted_as_rejected(logs: Logs):
    world = World()
    await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)

    assert [] == named(logs, "delivery.rejected")


@pytest.mark.parametrize("answer", [Unanswered("timeout"), Critical("broke")])
async def test_a_charge_whose_answer_is_lost_is_counted_as_unknown(logs: Logs, answer: Any):
    world = World(Acme(answers=[answer]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)

    (line,) = named(logs, "operation.unknown")
    assert ("charge", "p1", "acme") == (line["kind"], line["payment"], line["gateway"])


async def test_an_operation_that_stays_unknown_is_counted_once(logs: Logs):
    world = World(Acme(answers=[Unanswered("timeout")]))
    await charging.send(world)
    await world.consume(world.payments, world.charge)
    held = await charging.payment(world)
    for _ in range(3):
        world.clock.advance(600)
        held = await world.charge.settle_by_lookup(held)

    assert 1 == len(named(logs, "operation.unknown"))


async def test_a_charge_that_was_answered_is_not_counted_as_unknown(logs: Logs):
    world = World()
    await charging.send(world)
    await world.consume(world.payments, world.charge)

    assert [] == named(logs, "operation.unknown")


async def test_an_invoice_whose_creation_is_not_answered_is_counted_as_unknown(logs: Logs):
    world = World(Acme(create_answers=[Unanswered("timeout")]))
    await notify(world)

    (line,) = named(logs, "operation.unknown")
    assert ("invoice", "acme-SALE1") == (line["kind"], line["payment"])


def failing(error: Exception) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize("error", [GatewayUnavailable("away"), InvoiceRefused("never")])
async def test_an_invoice_that_was_sent_and_not_recorded_is_counted(logs: Logs, error: Exception):
    world = World(Acme(on_record=failing(error)))
    await notify(world)

    (line,) = named(logs, "invoice.unrecorded")
    assert (["INV-1"], "INV-1", "acme-SALE1") == (
        world.acme.mails,
        line["reference"],
        line["payment"],
    )


@pytest.mark.parametrize("acme", [Acme(), Acme(on_send=failing(GatewayUnavailable("away")))])
async def test_an_invoice_that_nobody_got_or_that_is_recorded_is_not_counted(
    logs: Logs, acme: Acme
):
    await notify(World(acme))

    assert [] == named(logs, "invoice.unrecorded")


async def test_every_line_from_the_delivery_to_the_sink_names_the_delivery(logs: Logs):
    world = World()
    delivery = await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)
    await world.consume(world.verified, world.process)
    await world.consume(world.events, Deliver(Pager(), MemoryAttempts(), world.clock))
    finished = named(logs, "stage.finished")

    # verify, process, and deliver: payment.succeeded and invoice.paid
    assert [delivery.id] * 4 == [line["delivery_id"] for line in finished]
    assert {"acme-SALE1"} == {line["entity"] for line in finished}
    assert all(line["message_id"] for line in finished)
    assert all(line["event_id"] for line in finished)


async def test_one_items_names_are_not_the_next_ones(logs: Logs):
    world = World()
    await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)
    await charging.send(world)
    await world.consume(world.payments, world.charge)
    last = named(logs, "stage.finished")[-1]

    assert ("p1", False, False) == (last["entity"], "delivery_id" in last, "event_id" in last)


async def test_within_a_group_too_one_items_names_end_with_it(logs: Logs):
    world = World()
    await verifying.arrive(world)
    await world.deliveries.send(Outgoing("no delivery", group="one", dedup="one"))
    one = await verifying.arrive(world, body=b'{"id":"WH-9"}')
    await world.deliveries.send(Outgoing("neither", group=one.id, dedup="two"))
    await world.consume(world.deliveries, world.verify)
    parked = [line for line in named(logs, "stage.finished") if line["outcome"] == "parked"]

    assert [False, False] == ["delivery_id" in line for line in parked]


async def test_a_finished_stage_has_a_status_that_metrics_are_kept_by(logs: Logs):
    world = World(Acme(answers=[Unanswered("timeout")]))
    await charging.send(world)
    await charging.send(world, {"not": "a payment"}, dedup="p2")
    await world.payments.send(Outgoing(json.dumps([]), group="p9", dedup="p9"))
    await world.consume(world.payments, world.charge)

    assert ["retry", "parked"] == [line["status"] for line in named(logs, "stage.finished")]
