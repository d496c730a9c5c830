"""Process: nothing genuine is taken for a copy of something that is not, and nothing mixes."""

from dataclasses import replace
from datetime import timedelta

from structlog.testing import capture_logs

from penstock.api import Confirmed, Contradicted, Money, Observation, PaymentStatus, Transaction
from penstock.domain.delivery import Notification
from penstock.domain.payment import Implied, Payment
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.world import World


async def handled(world: World, one: Notification, dedup: str) -> str:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=dedup))
    (result,) = await world.consume(world.verified, world.process)
    return result.status


def contradicted_once() -> Acme:
    claimed = replace(Acme().sale, amount=Money(999_00, "USD"))
    return Acme(confirmations=[Contradicted(("amount",), Observation(claimed))])


async def test_a_contradiction_that_is_corrected_and_sent_again_counts():
    world = World(contradicted_once())
    await handled(world, notification(), "first")

    await handled(world, notification(transmission="t-2"), "sent again by hand")

    assert ["payment.contradicted", "payment.succeeded", "invoice.paid"] == [
        event.type for event in await world.published()
    ]


async def test_a_contradicted_delivery_that_comes_again_is_told_once():
    world = World(contradicted_once())
    world.acme.confirmations *= 2
    await handled(world, notification(), "first")

    with capture_logs() as logs:
        await handled(world, notification(), "the same once more")

    assert ["duplicate"] == [one["outcome"] for one in logs if one["event"] == "stage.finished"]
    assert ["payment.contradicted"] == [event.type for event in await world.published()]
    assert 1 == len(await world.drain(world.rejected))


async def test_a_body_made_up_for_a_transmission_does_not_use_it_up():
    world = World(contradicted_once())
    await handled(world, notification("WH-1", body=b"made up"), "forged")

    await handled(world, notification("WH-1", body=b"genuine"), "genuine")

    assert ["payment.contradicted", "payment.succeeded", "invoice.paid"] == [
        event.type for event in await world.published()
    ]


async def test_an_event_id_used_twice_for_two_payments_loses_neither():
    world = World()
    await handled(world, notification("WH-1"), "1")
    world.acme.sale = replace(world.acme.sale, id="SALE2")
    second = notification("WH-1", entity="acme-SALE2", transmission="t-2", body=b"another")

    await handled(world, second, "2")

    held = await world.ledger.load(Payment, "acme-SALE2")
    assert held is not None
    assert (PaymentStatus.succeeded, 2) == (held.status, len(world.acme.recorded))


async def test_a_notification_for_a_gateway_that_is_gone_is_parked_not_forgotten():
    world = World(Acme(name="other"))

    status = await handled(world, notification(), "1")

    assert ("parked", 1) == (status, len(await world.drain(world.dead)))


async def test_a_sale_never_writes_over_another_gateways_payment_of_that_name():
    world = World()
    body = '{"id":"acme-SALE1","provider":"acme","order":{"amount":7,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="p", dedup="p"))
    await world.consume(world.payments, world.charge)
    charged = await world.ledger.load(Payment, "acme-SALE1")
    assert charged is not None
    world.ledger._entities[charged.ref] = replace(charged, gateway="example")  # pyright: ignore[reportPrivateUsage]

    status = await handled(world, notification(), "1")

    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    assert ("parked", charged.transactions) == (status, held.transactions)


async def test_a_notification_nested_too_deep_to_be_read_is_parked():
    world = World()
    text = notification().dumps().replace('"resource":{', '"resource":{"a":' + "[" * 5000, 1)
    await world.verified.send(Outgoing(text, group="g", dedup="d"))

    (result,) = await world.consume(world.verified, world.process)

    assert "parked" == result.status


async def test_pending_money_that_comes_later_is_told_and_invoiced_then():
    world = World()
    world.acme.sale = replace(world.acme.sale, status=PaymentStatus.pending)
    await handled(world, notification("WH-1"), "1")
    world.acme.sale = replace(world.acme.sale, status=PaymentStatus.succeeded)

    await handled(world, notification("WH-2"), "2")

    assert ["payment.pending", "payment.succeeded", "invoice.paid"] == [
        event.type for event in await world.published()
    ]


async def test_a_refund_told_beside_an_old_copy_of_its_sale_is_not_lost():
    """
    No sale is known to keep it with, and nothing but its own notification tells of it.
    """
    world = World()
    old = Observation(replace(world.acme.sale, status=PaymentStatus.pending))
    refund = Transaction("RE1", "refund", PaymentStatus.refunded, Money(250, "USD"), NOON)
    shown = [Confirmed(old, (Implied.decided,)), Confirmed(replace(old, refunds=(refund,)))]
    world.acme.confirmations = [*shown, Confirmed(Observation(world.acme.sale, refunds=(refund,)))]
    await handled(world, notification("WH-1"), "completed")

    first = await handled(world, notification("WH-2", transmission="t-2"), "refunded")
    world.clock.advance(timedelta(days=1).total_seconds())
    await world.consume(world.verified, world.process)

    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    assert ("retry", Money(250, "USD"), (refund,)) == (first, held.refunded, held.sent_back)
