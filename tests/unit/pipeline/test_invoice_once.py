"""One invoice a payment, however often its creation is doubtful and whatever the search shows."""

from dataclasses import replace

import pytest

from penstock.api import InvoiceState, NotSent, PaymentStatus, Unanswered
from penstock.domain.operation import OperationState
from penstock.errors import GatewayUnavailable, OperationInFlight
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.invoicing import operation
from tests.unit.pipeline.world import World


async def arrive(world: World, event_id: str = "WH-1") -> None:
    one = notification(event_id)
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=event_id))


async def minutes(world: World, count: int) -> None:
    """The queue's message comes back every minute."""
    for _ in range(count):
        world.clock.advance(60)
        await world.consume(world.verified, world.process)


async def test_a_second_creation_in_doubt_is_searched_for_as_long_as_the_first():
    world = World(Acme(create_answers=[Unanswered("timeout")]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    # The first never arrived; the second does, and the search shows it five minutes late.
    world.acme.create_answers = [Unanswered("timeout")]
    await minutes(world, 9)
    world.acme.creates_before_answering = True
    world.acme.searchable = False
    while not world.acme.invoices:
        await minutes(world, 1)

    await minutes(world, 5)
    world.acme.searchable = True
    await minutes(world, 15)

    assert (1, ["INV-1"]) == (len(world.acme.invoices), world.acme.mails)
    assert OperationState.succeeded is (await operation(world)).state


async def test_a_refused_connection_after_a_doubt_still_looks_before_it_creates():
    world = World(Acme(create_answers=[Unanswered("timeout"), NotSent("503", retry_after=1)]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    while world.acme.create_answers:
        await minutes(world, 1)
    # The very first creation turns up now, long after it was given up.
    world.acme.put_draft(notification().entity or "")

    await minutes(world, 3)

    assert 1 == len(world.acme.invoices)
    assert OperationState.succeeded is (await operation(world)).state


async def test_an_invoice_that_was_made_and_hides_for_a_moment_is_not_made_again():
    def away() -> None:
        raise GatewayUnavailable("503")

    world = World(Acme(on_record=away))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await minutes(world, 20)
    hidden, world.acme.invoices = world.acme.invoices, []
    world.clock.advance(900)
    await world.consume(world.verified, world.process)
    world.acme.invoices = [*hidden, *world.acme.invoices]
    world.acme.on_record = lambda: None

    await minutes(world, 20)

    assert (1, ["INV-1"]) == (len(world.acme.invoices), world.acme.mails)
    assert OperationState.succeeded is (await operation(world)).state


async def test_an_invoice_that_was_made_and_is_gone_for_good_is_withheld_not_made_again():
    def away() -> None:
        raise GatewayUnavailable("503")

    world = World(Acme(on_send=away))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme.invoices = []

    await minutes(world, 25)

    assert [] == world.acme.invoices
    assert OperationState.declined is (await operation(world)).state
    assert "invoice.withheld" == (await world.published())[-1].type


async def test_a_gateway_that_is_not_configured_here_ends_no_invoice():
    world = World(Acme(create_answers=[NotSent("503")]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.clock.advance(120)
    world.acme.name = "gone"

    (swept,) = await world.sweep()

    assert swept.error is not None
    assert OperationState.reserved is (await operation(world)).state


async def test_a_payer_whose_email_is_not_shown_any_more_still_gets_the_invoice_begun():
    def away() -> None:
        raise GatewayUnavailable("503")

    world = World(Acme(on_record=away))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme.email = None
    world.acme.on_record = lambda: None
    await world.verified.purge()
    await arrive(world, "WH-2")

    await minutes(world, 5)

    assert ["SALE1"] == world.acme.recorded
    assert OperationState.succeeded is (await operation(world)).state


async def test_an_invoice_paid_before_it_was_resumed_is_not_recorded_again():
    def away() -> None:
        raise GatewayUnavailable("503")

    world = World(Acme(on_record=away))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme.put("INV-1", InvoiceState.paid_twice)

    await minutes(world, 1)

    assert [] == world.acme.recorded
    assert ["payment.succeeded", "invoice.paid", "invoice.paid_twice"] == [
        event.type for event in await world.published()
    ]


async def test_money_declined_before_its_invoice_was_begun_gets_none():
    world = World(Acme(create_answers=[NotSent("503"), NotSent("503")]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme.sale = replace(world.acme.sale, status=PaymentStatus.declined)
    await world.verified.purge()
    await arrive(world, "WH-2")

    await minutes(world, 3)

    assert [] == world.acme.invoices
    assert OperationState.declined is (await operation(world)).state


async def test_while_somebody_is_at_an_invoice_nobody_else_begins():
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    world = World(Acme(on_send=die))
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))
    (message,) = await world.verified.receive(10, 0)
    with pytest.raises(Killed):
        await world.process(message)
    world.acme.on_send = lambda: None

    with pytest.raises(OperationInFlight):
        await world.process(message)

    assert ([], []) == (world.acme.mails, world.acme.recorded)
