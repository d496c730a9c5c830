"""Process: a notification is a hint; the gateway's API decides, and it counts once."""

from dataclasses import replace

import pytest

from penstock.api import (
    Contradicted,
    GatewayUnavailable,
    Money,
    NotYet,
    Observation,
    PaymentStatus,
    Unconfirmable,
)
from penstock.domain.delivery import Notification
from penstock.domain.operation import OperationKind, OperationState
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World


async def arrive(world: World, *notifications: Notification) -> None:
    for number, one in enumerate(notifications):
        await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=f"{number}"))


async def test_a_sale_becomes_one_paid_invoice_and_its_events_in_order():
    world = World()
    await arrive(world, notification())

    (result,) = await world.consume(world.verified, world.process)

    assert "done" == result.status
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]
    assert (["INV-1"], ["SALE1"]) == (world.acme.mails, world.acme.recorded)


async def test_the_same_event_again_makes_no_second_invoice():
    world = World()
    await arrive(world, notification(), notification(transmission="t-2"), notification("WH-2"))

    results = await world.consume(world.verified, world.process)

    assert ["done"] * 3 == [result.status for result in results]
    assert (1, 1) == (len(world.acme.invoices), len(world.acme.recorded))
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]


async def test_a_transmission_with_another_body_is_rejected():
    world = World()
    await arrive(world, notification(), notification("WH-2", transmission="t-WH-1", body=b"x"))

    await world.consume(world.verified, world.process)

    (rejected,) = await world.drain(world.rejected)
    assert "its transmission was seen before with another body" == rejected.attributes["reason"]
    assert 1 == len(world.acme.invoices)


async def test_what_the_api_contradicts_has_no_invoice_and_an_event_that_says_so():
    claimed = replace(Acme().sale, amount=Money(999_00, "USD"))
    world = World(Acme(confirmations=[Contradicted(("amount",), Observation(claimed))]))
    await arrive(world, notification())

    await world.consume(world.verified, world.process)

    (event,) = await world.published()
    (rejected,) = await world.drain(world.rejected)
    assert ("payment.contradicted", ["amount"]) == (event.type, event.data["differs"])
    assert "the gateway's API differs in: amount" == rejected.attributes["reason"]
    assert [] == world.acme.invoices


async def test_a_sale_that_the_api_does_not_show_yet_waits():
    world = World(Acme(confirmations=[NotYet(retry_after=30)]))
    await arrive(world, notification())
    await world.consume(world.verified, world.process)
    world.clock.advance(29)
    early = await world.verified.receive(10, 0)
    world.clock.advance(1)

    await world.consume(world.verified, world.process)

    assert [] == early
    assert 1 == len(world.acme.invoices)


async def test_a_sale_refunded_meanwhile_is_applied_as_fetched():
    world = World()
    world.acme.sale = replace(world.acme.sale, status=PaymentStatus.refunded)
    await arrive(world, notification())

    await world.consume(world.verified, world.process)

    assert ["payment.refunded", "invoice.withheld"] == [e.type for e in await world.published()]
    assert [] == world.acme.invoices


async def test_without_an_email_there_is_no_invoice_and_an_event_that_says_so():
    world = World(Acme(email=None))
    await arrive(world, notification())

    await world.consume(world.verified, world.process)

    assert ["payment.succeeded", "invoice.withheld"] == [e.type for e in await world.published()]


async def test_a_notification_that_names_no_payment_is_applied_to_the_one_the_api_names():
    world = World(Acme(concerned="acme-SALE1"))
    await arrive(world, notification(entity=None))

    (result,) = await world.consume(world.verified, world.process)

    assert ("done", 1) == (result.status, len(world.acme.invoices))
    assert {"acme-SALE1"} == {event.entity for event in await world.published()}


@pytest.mark.parametrize("entity", [None, "acme-SALE1"])
async def test_what_nobody_can_confirm_is_parked_with_its_reason(entity: str | None):
    world = World(Acme(unavailable=Unconfirmable("a state that is not known here")))
    await arrive(world, notification(entity=entity))

    (result,) = await world.consume(world.verified, world.process)

    (dead,) = await world.drain(world.dead)
    assert "parked" == result.status
    assert "Unconfirmable: a state that is not known here" == dead.attributes["reason"]


async def test_a_refund_that_was_parked_counts_once_it_is_redriven():
    world = World(Acme(unavailable=Unconfirmable("a state that is not known here")))
    await arrive(world, notification())
    await world.consume(world.verified, world.process)
    world.acme.unavailable = None
    (dead,) = await world.drain(world.dead)
    await world.verified.send(Outgoing(dead.body, group=dead.group, dedup=dead.id))

    await world.consume(world.verified, world.process)

    assert "payment.succeeded" == (await world.published())[0].type


async def test_an_api_that_cannot_say_now_whom_a_notification_concerns_is_waited_for():
    world = World(Acme(unavailable=GatewayUnavailable("403")))
    await arrive(world, notification(entity=None))

    (result,) = await world.consume(world.verified, world.process)

    assert ("retry", []) == (result.status, await world.drain(world.dead))


async def test_what_concerns_no_payment_is_ignored():
    world = World()
    await arrive(world, notification(entity=None))

    (result,) = await world.consume(world.verified, world.process)

    assert ("done", []) == (result.status, await world.published())


async def test_a_duplicate_finishes_what_a_crash_left_open():
    world = World()
    await arrive(world, notification(), notification(transmission="t-2"))
    first, second = await world.verified.receive(10, 0)

    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    world.acme.on_send = die
    with pytest.raises(Killed):
        await world.process(first)
    world.acme.on_send = lambda: None
    world.clock.advance(60)

    await world.process(second)

    held = await world.ledger.load("acme-SALE1")
    assert held is not None
    invoice = held.operation(OperationKind.invoice)
    assert invoice is not None
    assert OperationState.succeeded is invoice.state
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]
