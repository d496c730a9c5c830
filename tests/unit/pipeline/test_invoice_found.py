"""An invoice is searched for before it is made: the ledger may have been lost."""

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.api import Invoice, InvoiceState
from penstock.domain import rules
from penstock.domain.observation import InvoiceObservation
from penstock.domain.operation import OperationState
from penstock.errors import GatewayUnavailable
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.invoicing import arrive, operation, paid
from tests.unit.pipeline.world import World


async def again(world: World, event_id: str) -> None:
    one = notification(event_id, delivery_id=event_id)
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=event_id))
    await world.consume(world.verified, world.process)


async def told(world: World) -> list[str]:
    return [event.type for event in await world.published()]


async def test_a_sale_delivered_again_after_the_ledger_was_lost_keeps_its_first_invoice():
    world = World()
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.ledger = MemoryLedger()

    await again(world, "WH-2")

    assert (1, ["INV-1"], ["SALE1"]) == (
        len(world.acme.invoices),
        world.acme.mails,
        world.acme.recorded,
    )
    assert ("INV-1", OperationState.succeeded) == (
        (await operation(world)).reference,
        (await operation(world)).state,
    )


async def test_an_invoice_that_a_lost_ledger_had_mailed_is_recorded_and_not_mailed_again():
    world = World(Acme(invoices=[Invoice("INV-1", "PS-SALE1", InvoiceState.sent)]))
    await arrive(world)

    await world.consume(world.verified, world.process)

    assert (1, [], ["SALE1"]) == (
        len(world.acme.invoices),
        world.acme.mails,
        world.acme.recorded,
    )


async def test_an_invoice_that_was_found_is_known_by_its_reference_before_it_is_mailed():
    """The next try reads it by that, although the gateway's search may not show it."""

    def away() -> None:
        raise GatewayUnavailable("503")

    found = Invoice("INV-1", "PS-SALE1", InvoiceState.draft)
    world = World(Acme(invoices=[found], on_send=away))
    await arrive(world)

    await world.consume(world.verified, world.process)

    assert "INV-1" == (await operation(world)).reference


@pytest.mark.parametrize(
    ("taken", "because"),
    [
        (
            Invoice("INV-9", "PS-SALE1", InvoiceState.sent, foreign=True),
            "another invoice at the gateway has the number PS-SALE1",
        ),
        (
            Invoice("INV-9", "PS-SALE1", InvoiceState.cancelled),
            "it was cancelled at the gateway",
        ),
    ],
    ids=["somebody else's", "cancelled"],
)
async def test_a_number_that_is_taken_withholds_the_invoice_and_makes_no_second_one(
    taken: Invoice, because: str
):
    world = World(Acme(invoices=[taken]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    first = await world.published()

    await again(world, "WH-2")
    await again(world, "WH-3")
    world.clock.advance(3600)
    await world.sweep()

    assert ([taken], [], []) == (world.acme.invoices, world.acme.mails, world.acme.recorded)
    assert ["payment.succeeded", "invoice.withheld"] == [event.type for event in first]
    assert because == first[-1].data["because"] == (await paid(world)).invoice_withheld
    assert [] == await told(world)


async def test_a_search_that_is_not_answered_before_the_first_create_makes_nothing():
    world = World()
    search = world.acme.find_invoice
    world.acme.find_invoice = _away  # type: ignore[method-assign]  # a search that is down
    await arrive(world)
    (result,) = await world.consume(world.verified, world.process)
    made = len(world.acme.invoices)
    world.acme.find_invoice = search  # type: ignore[method-assign]  # and up again
    world.clock.advance(120)

    await world.sweep()

    assert ("retry", 0) == (result.status, made)
    assert OperationState.succeeded is (await operation(world)).state


async def _away(*_: object) -> None:
    raise GatewayUnavailable("503")


async def test_an_address_that_becomes_known_later_gets_the_invoice_made():
    """The agreement, and with it the address, may be missing for days."""
    world = World(Acme(email=None))
    await arrive(world)
    await world.consume(world.verified, world.process)
    first = await told(world)
    world.clock.advance(3 * 86_400)
    world.acme.email = "late@example.org"

    await again(world, "WH-2")

    assert ["payment.succeeded", "invoice.withheld"] == first
    assert ["invoice.paid"] == await told(world)
    assert None is (await paid(world)).invoice_withheld


async def test_an_address_that_stays_unknown_is_published_once():
    world = World(Acme(email=None))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.published()

    await again(world, "WH-2")

    assert [] == await told(world)


async def test_an_invoice_the_buyer_paid_too_is_remembered_as_paid_twice():
    world = World()
    world.acme.on_record = lambda: world.acme.put("INV-1", InvoiceState.paid_twice)
    await arrive(world)

    await world.consume(world.verified, world.process)

    assert (await paid(world)).invoice_paid_twice


async def test_a_second_payment_that_was_published_already_is_not_published_again():
    def away() -> None:
        raise GatewayUnavailable("503")

    world = World(Acme(on_record=away))
    await arrive(world)
    await world.consume(world.verified, world.process)
    seen = InvoiceObservation("INV-1", paid_twice=True)
    decided = rules.observe_invoice(
        await paid(world), seen, now=world.clock.now(), new_id=world.ids.new
    )
    assert decided is not None
    await world.ledger.commit(decided)
    world.acme.put("INV-1", InvoiceState.paid_twice)
    world.clock.advance(120)

    await world.sweep()

    assert 1 == (await told(world)).count("invoice.paid_twice")
