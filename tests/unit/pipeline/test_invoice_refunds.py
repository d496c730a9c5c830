"""What went back of a payment is on its invoice, once, whatever becomes of the answers."""

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import InvoiceRefund, Money, PaymentStatus, Transaction
from penstock.domain.operation import OperationKind, OperationState
from penstock.errors import InvoiceRefused
from penstock.pipeline.forgetting import Forget
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.invoicing import arrive, away_once, operation, paid
from tests.unit.pipeline.world import World

REFUNDS = OperationKind.invoice_refunds


def refund(minor: int, name: str = "R1", status: PaymentStatus = PaymentStatus.refunded):
    at = NOON + timedelta(hours=1)
    return Transaction(name, "refund", status, Money(minor, "USD"), at)


def part_gone(acme: Acme, *steps: Transaction) -> None:
    """Acme's sale with so much refunded."""
    acme.steps = steps
    acme.sale = replace(acme.sale, status=PaymentStatus.partially_refunded)


async def news(world: World, event_id: str) -> None:
    one = notification(event_id, delivery_id=event_id)
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=event_id))
    await world.consume(world.verified, world.process)


async def invoiced(acme: Acme | None = None) -> World:
    """A world whose invoice is paid and whose sale is whole."""
    world = World(acme or Acme())
    await arrive(world)
    await world.consume(world.verified, world.process)
    return world


def on_invoice(world: World) -> int:
    return sum(one.amount.minor for one in world.acme.invoice_refunds_held)


async def test_a_cent_refunded_before_the_sale_was_first_seen_is_on_its_one_invoice():
    world = World()
    part_gone(world.acme, refund(1))
    await arrive(world)

    await world.consume(world.verified, world.process)

    told = await world.published()
    assert ["payment.succeeded", "payment.refunded", "invoice.paid"] == [e.type for e in told]
    assert {"minor": 1, "currency": "USD"} == told[1].data["moved"]
    assert (1, ["INV-1"], [1]) == (
        len(world.acme.invoices),
        world.acme.mails,
        world.acme.refunds_recorded,
    )
    assert Money(1, "USD") == (await paid(world)).invoice_refunded


async def test_each_refund_after_the_invoice_is_recorded_on_it():
    world = await invoiced()
    part_gone(world.acme, refund(300))
    await news(world, "WH-2")
    part_gone(world.acme, refund(300), refund(200, "R2"))

    await news(world, "WH-3")
    await news(world, "WH-4")

    assert [300, 200] == world.acme.refunds_recorded
    assert OperationState.succeeded is (await operation(world, REFUNDS)).state


@pytest.mark.parametrize("shown_after", [0, 60, 540], ids=lambda s: f"{s} s")
async def test_a_refund_whose_answer_was_lost_is_not_recorded_twice(shown_after: int):
    world = await invoiced(Acme(after_refund=away_once()))
    part_gone(world.acme, refund(300))
    world.acme.refunds_shown = False
    await news(world, "WH-2")
    waited = 0
    while waited < 1200:
        world.acme.refunds_shown = waited >= shown_after
        world.clock.advance(60)
        waited += 60
        await world.sweep()

    assert [300] == world.acme.refunds_recorded
    assert (OperationState.succeeded, Money(300, "USD")) == (
        (await operation(world, REFUNDS)).state,
        (await paid(world)).invoice_refunded,
    )


async def test_a_refund_that_was_not_taken_is_recorded_once_the_invoice_stayed_without_it():
    world = await invoiced(Acme(before_refund=away_once()))
    part_gone(world.acme, refund(300))
    await news(world, "WH-2")
    recorded: list[int] = []
    for _ in range(14):
        world.clock.advance(60)
        await world.sweep()
        recorded.append(on_invoice(world))

    assert ([0] * 9, 300) == (recorded[:9], recorded[-1])


async def test_a_refund_after_the_payer_was_forgotten_is_on_the_invoice():
    """
    The gateway holds the recipient since the invoice was mailed: a record needs no address.
    """
    world = await invoiced()
    assert await Forget(world.ledger, world.clock, world.ids)(await paid(world))
    part_gone(world.acme, refund(300))

    await news(world, "WH-2")

    assert 300 == on_invoice(world)
    assert OperationState.succeeded is (await operation(world, REFUNDS)).state


async def test_money_that_came_back_is_taken_off_the_invoice():
    world = await invoiced()
    part_gone(world.acme, refund(300), refund(200, "R2"))
    await news(world, "WH-2")
    part_gone(world.acme, refund(300), refund(200, "R2", PaymentStatus.declined))

    await news(world, "WH-3")

    assert 300 == on_invoice(world)
    assert (
        Money(300, "USD") == (await paid(world)).refunded == (await paid(world)).invoice_refunded
    )


async def test_more_on_the_invoice_than_went_back_is_corrected_refund_by_refund():
    held = [InvoiceRefund("A", Money(500, "USD")), InvoiceRefund("B", Money(200, "USD"))]
    world = await invoiced(Acme(invoice_refunds_held=held))
    part_gone(world.acme, refund(200))

    await news(world, "WH-2")

    assert [InvoiceRefund("B", Money(200, "USD"))] == world.acme.invoice_refunds_held
    assert [] == world.acme.refunds_recorded


async def test_a_restored_payment_leaves_no_refund_on_its_invoice():
    world = await invoiced()
    part_gone(world.acme, refund(300))
    await news(world, "WH-2")
    part_gone(world.acme, refund(300, status=PaymentStatus.declined))
    world.acme.sale = replace(world.acme.sale, status=PaymentStatus.succeeded)

    await news(world, "WH-3")

    assert ([], None) == (world.acme.invoice_refunds_held, (await paid(world)).invoice_refunded)


async def test_a_refund_the_gateway_refuses_is_tried_again_only_when_the_total_changes():
    tries: list[str] = []

    def refuse() -> None:
        tries.append("tried")
        raise InvoiceRefused("CANNOT_PROCESS_REFUNDS")

    world = await invoiced(Acme(before_refund=refuse))
    part_gone(world.acme, refund(300))
    await news(world, "WH-2")
    for event_id in ("WH-3", "WH-4"):
        await news(world, event_id)
        world.clock.advance(3600)
        await world.sweep()
    first = await operation(world, REFUNDS)
    world.acme.before_refund = lambda: None
    part_gone(world.acme, refund(300), refund(200, "R2"))

    await news(world, "WH-5")

    assert (OperationState.declined, "CANNOT_PROCESS_REFUNDS") == (first.state, first.reason)
    assert (1, [500]) == (len(tries), world.acme.refunds_recorded)
    assert None is (await paid(world)).invoice_refund_refused


async def test_a_worker_that_died_while_recording_leaves_the_refund_to_the_next_look():
    class Killed(BaseException):
        pass

    def die() -> None:
        raise Killed

    world = await invoiced(Acme(after_refund=die))
    part_gone(world.acme, refund(300))
    with pytest.raises(Killed):
        await news(world, "WH-2")
    world.acme.after_refund = lambda: None
    world.clock.advance(120)

    await world.sweep()

    assert [300] == world.acme.refunds_recorded
    assert OperationState.succeeded is (await operation(world, REFUNDS)).state
