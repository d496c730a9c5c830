"""The invoice that cannot be recorded: cancelled once, or said to be payable and watched."""

import pytest

from penstock.api import InvoiceState
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment
from penstock.errors import InvoiceRefused
from penstock.pipeline.forgetting import Forget
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.invoicing import arrive, away_once, operation, paid, refusing
from tests.unit.pipeline.world import World


class NoInvoices:
    """Acme without its invoices."""

    name = "acme"


async def test_an_invoice_that_was_mailed_and_cannot_be_recorded_is_cancelled():
    world = World(Acme(on_record=refusing("CANNOT_PROCESS_PAYMENTS")))
    await arrive(world)

    await world.consume(world.verified, world.process)

    *_, withheld = await world.published()
    assert (["INV-1"], ["INV-1"], InvoiceState.cancelled) == (
        world.acme.mails,
        world.acme.cancelled,
        world.acme.invoices[0].state,
    )
    assert ("invoice.withheld", "CANNOT_PROCESS_PAYMENTS") == (
        withheld.type,
        withheld.data["because"],
    )
    assert "payable" not in withheld.data


async def test_a_cancel_that_is_not_answered_is_repeated_and_the_payment_not_recorded_meanwhile():
    world = World(Acme(on_record=refusing("CANNOT_PROCESS_PAYMENTS"), on_cancel=away_once()))
    await arrive(world)
    (first,) = await world.consume(world.verified, world.process)
    world.acme.on_record = lambda: None
    world.clock.advance(5)

    await world.consume(world.verified, world.process)

    assert ("retry", ["INV-1"], []) == (first.status, world.acme.cancelled, world.acme.recorded)
    assert "CANNOT_PROCESS_PAYMENTS" == (await world.published())[-1].data["because"]
    assert OperationState.declined is (await operation(world)).state


async def test_the_sweep_cancels_an_invoice_whose_message_is_gone():
    world = World(Acme(on_record=refusing("no"), on_cancel=away_once()))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.verified.purge()
    world.clock.advance(120)

    await world.sweep()

    assert ["INV-1"] == world.acme.cancelled
    assert "invoice.withheld" == (await world.published())[-1].type


async def test_a_cancel_that_is_refused_is_said_in_the_event():
    world = World(Acme(on_record=refusing("no"), on_cancel=refusing("not yours")))
    await arrive(world)

    await world.consume(world.verified, world.process)

    *_, withheld = await world.published()
    assert ("no", "not yours") == (withheld.data["because"], withheld.data["payable"])
    assert OperationState.pending is (await operation(world)).state


@pytest.mark.parametrize("swept", [True, False], ids=["sweep", "webhook"])
@pytest.mark.parametrize(
    ("state", "ends", "told"),
    [
        (InvoiceState.sent, OperationState.pending, []),
        (InvoiceState.cancelled, OperationState.declined, []),
        (
            InvoiceState.paid_twice,
            OperationState.succeeded,
            ["invoice.paid", "invoice.paid_twice"],
        ),
    ],
)
async def test_an_invoice_that_could_not_be_cancelled_is_watched_until_it_ends(
    state: InvoiceState, ends: OperationState, told: list[str], *, swept: bool
):
    world = World(Acme(on_record=refusing("no"), on_cancel=refusing("not yours")))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.published()
    world.acme.put("INV-1", state)
    if state is not InvoiceState.sent:
        world.acme.on_cancel = lambda: None

    if swept:
        world.clock.advance(86_401)
        await world.sweep()
    else:
        other = notification("WH-2", delivery_id="d-2")
        await world.verified.send(Outgoing(other.dumps(), group=other.group, dedup="d-2"))
        await world.consume(world.verified, world.process)

    assert (ends, told) == (
        (await operation(world)).state,
        [event.type for event in await world.published()],
    )
    assert 1 == len(world.acme.mails)


async def test_an_invoice_that_could_not_be_cancelled_at_first_is_cancelled_later():
    world = World(Acme(on_record=refusing("no"), on_cancel=refusing("not yours")))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme.on_cancel = lambda: None
    world.clock.advance(86_401)

    await world.sweep()

    assert ["INV-1"] == world.acme.cancelled
    assert OperationState.declined is (await operation(world)).state


async def test_an_invoice_the_buyer_paid_before_it_could_be_cancelled_is_paid_twice():
    def paid_meanwhile() -> None:
        world.acme.put("INV-1", InvoiceState.paid_twice)
        raise InvoiceRefused("CANNOT_PROCESS_PAYMENTS")

    world = World(Acme(on_record=paid_meanwhile))
    await arrive(world)

    await world.consume(world.verified, world.process)

    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    assert (None, OperationState.succeeded) == (
        held.invoice_withheld,
        (await operation(world)).state,
    )
    assert ["payment.succeeded", "invoice.paid", "invoice.paid_twice"] == [
        event.type for event in await world.published()
    ]


async def test_an_invoice_that_could_not_be_cancelled_is_watched_though_its_payer_is_forgotten():
    world = World(Acme(on_record=refusing("no"), on_cancel=refusing("not yours")))
    await arrive(world)
    await world.consume(world.verified, world.process)
    assert await Forget(world.ledger, world.clock, world.ids)(await paid(world))
    world.acme.on_cancel = lambda: None
    world.clock.advance(2 * 86_400)

    await world.sweep()

    assert ["INV-1"] == world.acme.cancelled


async def test_an_invoice_that_was_mailed_by_a_gateway_that_makes_none_any_more_is_payable():
    world = World(Acme(on_record=away_once()))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme = NoInvoices()  # type: ignore[assignment]  # its plugin was changed
    world.clock.advance(200)

    await world.sweep()

    *_, withheld = await world.published()
    assert ("its gateway makes no invoices", "its gateway cannot cancel it") == (
        withheld.data["because"],
        withheld.data["payable"],
    )
