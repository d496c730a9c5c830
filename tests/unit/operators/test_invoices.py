"""`invoices make`: an intent in the ledger, which the sweep executes."""

from dataclasses import replace

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.api import Invoice, InvoiceState, PaymentStatus, Refused, Unanswered
from penstock.domain.observation import Observation
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payer
from penstock.domain.rules import NO_RECIPIENT, WENT_BACK
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.audited import Audited
from penstock.operators.invoices import InvoiceReserved, MakeInvoice
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.invoicing import arrive, operation, paid, refusing
from tests.unit.pipeline.world import World

PAYMENT = "acme-SALE1"


def audited(world: World) -> Audited:
    return Audited(MemoryAudit(), world.clock, world.ids, "arn:aws:iam::123456789012:user/ada")


class Rereadable(Acme):
    """Acme that can be asked again."""

    async def reread(self, entity: object, known: object, now: object) -> Observation:
        return Observation(self.sale, payer=Payer("PAYER1", "Ann", self.email))


async def begun(acme: Acme) -> World:
    world = World(acme)
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.published()
    return world


async def make(world: World, *, new_number: bool = False) -> InvoiceReserved:
    command = MakeInvoice(world.ledger, world.clock, world.ids, audited(world))
    return await command(PAYMENT, "the buyer asked for it", new_number=new_number)


async def told(world: World) -> list[str]:
    return [event.type for event in await world.published()]


async def test_an_invoice_the_gateway_refused_is_made_once_it_can_be():
    world = await begun(Acme(create_answers=[Refused("INVALID_RECIPIENT")]))

    reserved = await make(world)
    committed = await operation(world)
    await world.sweep()

    assert (OperationState.reserved, "the buyer asked for it", world.clock.now(), None) == (
        committed.state,
        committed.reason,
        committed.due_at,
        reserved.payment.invoice_withheld,
    )
    assert ("PS-SALE1", 1, ["invoice.paid"]) == (
        reserved.number,
        len(world.acme.invoices),
        await told(world),
    )


@pytest.mark.parametrize(
    "taken",
    [
        Invoice("INV-9", "PS-SALE1", InvoiceState.sent, foreign=True),
        Invoice("INV-9", "PS-SALE1", InvoiceState.cancelled),
    ],
    ids=["somebody else's", "cancelled"],
)
async def test_where_the_number_is_taken_the_next_one_makes_the_invoice(taken: Invoice):
    world = await begun(Acme(invoices=[taken]))

    reserved = await make(world, new_number=True)
    await world.sweep()

    assert "PS-SALE1-2" == reserved.number
    assert [taken.number, "PS-SALE1-2"] == [one.number for one in world.acme.invoices]
    assert (["INV-2"], OperationState.succeeded) == (
        world.acme.mails,
        (await operation(world)).state,
    )


async def test_the_number_after_the_next_one_follows_when_that_is_taken_too():
    taken = [
        Invoice(f"INV-{number}", number, InvoiceState.sent, foreign=True)
        for number in ("PS-SALE1", "PS-SALE1-2")
    ]
    world = await begun(Acme(invoices=taken))
    await make(world, new_number=True)
    await world.sweep()

    assert "PS-SALE1-3" == (await make(world, new_number=True)).number


async def test_an_unknown_address_is_asked_for_before_the_invoice_is_made():
    world = await begun(Rereadable(email=None))
    world.acme.email = "late@example.org"

    reserved = await make(world)
    await world.sweep()

    assert reserved.asks_first
    assert ["invoice.paid"] == await told(world)


async def test_an_address_that_stays_unknown_is_said_again():
    world = await begun(Rereadable(email=None))

    await make(world)
    await world.sweep()

    assert (["invoice.withheld"], NO_RECIPIENT) == (
        await told(world),
        (await paid(world)).invoice_withheld,
    )


async def test_an_address_a_gateway_cannot_be_asked_for_stays_the_reason():
    world = await begun(Acme(email=None))

    await make(world)
    await world.sweep()

    assert NO_RECIPIENT == (await paid(world)).invoice_withheld


def pending(acme: Acme) -> None:
    acme.sale = replace(acme.sale, status=PaymentStatus.pending)


def gone(acme: Acme) -> None:
    acme.sale = replace(acme.sale, status=PaymentStatus.refunded)


@pytest.mark.parametrize(
    ("acme", "because"),
    [
        (Acme(), "invoice PS-SALE1 exists and is paid"),
        (Acme(create_answers=[Unanswered("timeout")]), "PS-SALE1 is under way"),
        (Acme(on_record=refusing("no")), "--new-number. makes another one"),
        (Acme(on_record=refusing("no"), on_cancel=refusing("no")), "the buyer can still pay"),
    ],
    ids=["paid", "in doubt", "cancelled", "payable"],
)
async def test_no_second_invoice_is_reserved_beside_one_there_is(acme: Acme, because: str):
    world = await begun(acme)
    before = await paid(world)

    with pytest.raises(CommandRefused, match=because):
        await make(world)

    assert before == await paid(world)


@pytest.mark.parametrize(("change", "because"), [(pending, "pending"), (gone, WENT_BACK)])
async def test_money_that_is_not_there_gets_no_invoice(change: object, because: str):
    acme = Acme()
    (pending if change is pending else gone)(acme)
    world = await begun(acme)

    with pytest.raises(CommandRefused, match=because):
        await make(world, new_number=True)


async def test_a_payment_nobody_knows_is_said_to_be_unknown():
    with pytest.raises(UnknownPayment):
        await make(World())


async def test_a_dry_run_says_the_number_and_changes_nothing():
    world = await begun(Acme(create_answers=[Refused("INVALID_RECIPIENT")]))
    before = await paid(world)
    command = MakeInvoice(world.ledger, world.clock, world.ids, audited(world))
    dry = await command(PAYMENT, "the buyer asked for it", dry_run=True)

    assert ("PS-SALE1", False) == (dry.number, dry.already)
    assert before == await paid(world)


async def test_the_same_command_again_before_the_sweep_has_begun_changes_nothing():
    """
    A command that was killed before it said so may be run again.
    """
    world = await begun(Acme(create_answers=[Refused("INVALID_RECIPIENT")]))
    first, again = await make(world), await make(world)
    command = MakeInvoice(world.ledger, world.clock, world.ids, audited(world))
    with pytest.raises(CommandRefused, match="under way"):
        await command(PAYMENT, "another reason")

    assert (False, True) == (first.already, again.already)
    assert first.payment == again.payment == await paid(world)


@pytest.mark.parametrize("because", ["", "  ", "x" * 301])
async def test_a_reason_is_wanted(because: str):
    world = await begun(Acme(create_answers=[Refused("no")]))
    command = MakeInvoice(world.ledger, world.clock, world.ids, audited(world))

    with pytest.raises(CommandRefused, match="--because"):
        await command(PAYMENT, because)
