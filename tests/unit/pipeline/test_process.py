"""Process: a notification is a hint; the gateway's API decides, and it counts once."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

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
from penstock.domain.payment import Payment
from penstock.domain.record import Became
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.world import World

Alarms = Callable[[], list[str]]


@pytest.fixture
def alarms() -> Iterator[Alarms]:
    """The names of the warnings so far."""
    with capture_logs() as logs:
        yield lambda: [log["event"] for log in logs if log["log_level"] == "warning"]


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


async def test_a_transmission_with_another_body_alarms_and_both_are_confirmed(alarms: Alarms):
    world = World()
    await arrive(world, notification(), notification("WH-2", transmission="t-WH-1", body=b"x"))

    results = await world.consume(world.verified, world.process)

    assert ["done", "done"] == [result.status for result in results]
    assert ["delivery.altered"] == alarms()
    assert [] == await world.drain(world.rejected)
    assert 1 == len(world.acme.invoices)


async def test_a_forged_copy_first_does_not_block_the_genuine_delivery(alarms: Alarms):
    world = World()
    other = replace(world.acme.sale, id="SALE2")
    world.acme.sale = other
    forged = notification("WH-1", entity="acme-SALE2", transmission="t-1", body=b"forged")
    await arrive(world, forged)
    await world.consume(world.verified, world.process)
    world.acme.sale = replace(other, id="SALE1")

    await world.verified.send(
        Outgoing(notification("WH-1", transmission="t-1").dumps(), group="g", dedup="genuine")
    )
    await world.consume(world.verified, world.process)

    assert ["delivery.altered"] == alarms()
    assert PaymentStatus.succeeded is (await world.payment("acme-SALE1")).status
    assert PaymentStatus.succeeded is (await world.payment("acme-SALE2")).status


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

    assert ["payment.succeeded", "payment.refunded", "invoice.withheld"] == [
        e.type for e in await world.published()
    ]
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

    held = await world.record()
    assert held is not None
    assert ["notification.recorded", "payment.succeeded", "invoice.paid"] == [
        event.type for event in await world.published()
    ]
    assert (Became.applied, None) == (held.became, held.because)


async def test_an_api_that_cannot_say_now_whom_a_notification_concerns_is_waited_for():
    world = World(Acme(unavailable=GatewayUnavailable("403")))
    await arrive(world, notification(entity=None))

    (result,) = await world.consume(world.verified, world.process)

    assert ("retry", []) == (result.status, await world.drain(world.dead))


async def test_what_concerns_no_payment_is_recorded_and_published():
    world = World()
    await arrive(world, notification(entity=None))

    (result,) = await world.consume(world.verified, world.process)

    (event,) = await world.published()
    held = await world.record()
    assert held is not None
    assert ("done", Became.recorded, False) == (result.status, held.became, held.confirmed)
    assert ("notification.recorded", "acme/WH-1", "SALE.COMPLETED") == (
        event.type,
        event.entity,
        event.data["notification_type"],
    )


async def test_a_notification_that_was_applied_is_recorded_and_its_payment_speaks_for_it():
    world = World()
    await arrive(world, notification())

    await world.consume(world.verified, world.process)

    held = await world.record()
    assert held is not None
    assert (Became.applied, "payment#acme-SALE1", True) == (
        held.became,
        held.subject,
        held.confirmed,
    )
    assert "notification.recorded" not in [e.type for e in await world.published()]


async def test_what_is_parked_is_recorded_and_published_once():
    world = World(Acme(unavailable=Unconfirmable("a state that is not known here")))
    await arrive(world, notification())
    await world.consume(world.verified, world.process)
    (dead,) = await world.drain(world.dead)
    await world.verified.send(Outgoing(dead.body, group=dead.group, dedup=dead.id))
    await world.consume(world.verified, world.process)

    held = await world.record()
    assert held is not None
    assert (Became.parked, "a state that is not known here") == (held.became, held.because)
    assert ["notification.recorded"] == [e.type for e in await world.published()]


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

    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    invoice = held.operation(OperationKind.invoice)
    assert invoice is not None
    assert OperationState.succeeded is invoice.state
    assert ["payment.succeeded", "invoice.paid"] == [e.type for e in await world.published()]
