"""Follow and reread: what one entity's change means for another, and what the sweep asks again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from penstock.api import (
    Claimed,
    Confirmation,
    Confirmed,
    DisputeObservation,
    EntityKind,
    Gateway,
    Implied,
    Money,
    Notification,
    NotYet,
    Observation,
    Payer,
    PaymentStatus,
    Ref,
    Transaction,
)
from penstock.domain.dispute import Dispute
from penstock.domain.payment import Payment
from penstock.pipeline.orders import load_order
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.world import CALLER, World

BACK = Transaction("REV1", "reversal", PaymentStatus.refunded, Money(1250, "USD"), NOON)
DISPUTE = DisputeObservation("D-1", "open", NOON, payments=("acme-SALE1",), as_of=NOON)


@dataclass
class Asked(Acme):
    """Acme, and its API can be asked again; it has disputes, too."""

    back: tuple[Transaction, ...] = ()
    asked: list[str] = field(default_factory=list[str])
    dispute: DisputeObservation = DISPUTE
    shown: bool = True

    async def confirm(self, notification: Notification, now: datetime) -> Confirmation:
        if notification.kind is EntityKind.dispute:
            return Confirmed(self.dispute) if self.shown else Claimed(self.dispute, "403")
        return await super().confirm(notification, now)

    async def reread(
        self, entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> Observation | DisputeObservation | NotYet:
        self.asked.append(str(entity))
        if entity.kind is EntityKind.dispute:
            return self.dispute if self.shown else NotYet()
        return Observation(self.sale, payer=Payer("P", "Ann", self.email), refunds=self.back)


async def arrive(world: World, one: Notification) -> str:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    (result,) = await world.consume(world.verified, world.process)
    return result.status


def disputed(event_id: str = "WH-D") -> Notification:
    one = notification(event_id, entity="acme-D-1", delivery_id=f"d-{event_id}")
    return replace(one, kind=EntityKind.dispute, type="DISPUTE.CREATED")


async def types(world: World) -> list[str]:
    return [str(event.type) for event in await world.published()]


async def test_a_dispute_has_its_payment_read_again_at_once():
    acme = Asked()
    world = World(acme)
    await arrive(world, notification())
    acme.sale = replace(acme.sale, status=PaymentStatus.reversed)
    acme.back = (BACK,)

    assert "done" == await arrive(world, disputed())

    assert ["payment.succeeded", "invoice.paid", "dispute.opened", "payment.reversed"] == (
        await types(world)
    )
    assert ["payment#acme-SALE1"] == acme.asked


@pytest.mark.parametrize("other", ["acme-eu", "abc"])
async def test_a_dispute_in_one_account_leaves_the_payments_of_another_alone(other: str):
    """Two accounts of one provider: a dispute may name any id, another account's among them."""

    class Two(World):
        eu = Asked()

        @property
        def gateways(self) -> dict[str, Gateway]:
            return {**super().gateways, other: self.eu}

    acme = Asked()
    world = Two(acme)
    world.eu.name = other
    await arrive(world, notification())

    stranger = replace(disputed(), gateway=other, entity=f"{other}-D-1")
    assert "done" == await arrive(world, stranger)

    payment = await world.ledger.load(Payment, "acme-SALE1")
    assert payment is not None
    assert (False, []) == (payment.disputed, acme.asked)
    assert await world.ledger.load(Dispute, f"{other}-D-1") is not None


async def test_a_dispute_about_a_payment_from_before_penstock_makes_no_invoice():
    acme = Asked()
    world = World(acme)

    await arrive(world, disputed())

    assert (["dispute.opened"], [], []) == (await types(world), acme.asked, acme.invoices)


async def test_a_follow_that_a_crash_cut_off_is_resumed_by_the_sweep():
    acme = Asked()
    world = World(acme)
    await arrive(world, notification())

    class Killed(BaseException):
        pass

    class Dying(Asked):
        async def reread(
            self, entity: Ref, known: Sequence[Transaction], now: datetime
        ) -> Observation | DisputeObservation | NotYet:
            raise Killed

    world.wrap = lambda port: Dying() if port is acme else port
    with pytest.raises(Killed):
        await arrive(world, disputed())
    world.wrap = lambda port: port
    world.clock.advance(120)

    await world.sweep()
    await world.sweep()

    assert ["payment#acme-SALE1"] == acme.asked
    assert [] == list(await world.ledger.due(world.clock.now(), 10))


async def test_a_dispute_that_the_api_shows_later_is_confirmed_by_the_sweep():
    acme = Asked(shown=False)
    world = World(acme)
    await arrive(world, disputed())
    held = await world.ledger.load(Dispute, "acme-D-1")
    assert held is not None
    assert not held.confirmed
    acme.shown = True
    world.clock.advance(120)

    await world.sweep()

    held = await world.ledger.load(Dispute, "acme-D-1")
    assert held is not None
    assert (True, None) == (held.confirmed, held.due_at)
    assert ["dispute.opened", "dispute.updated"] == await types(world)


async def test_a_pending_payment_is_asked_about_by_the_sweep_and_then_invoiced():
    acme = Asked()
    acme.sale = replace(acme.sale, status=PaymentStatus.pending)
    world = World(acme)
    await arrive(world, notification())
    for _ in range(6):
        world.clock.advance(24 * 3600)
        await world.sweep()
    acme.sale = replace(acme.sale, status=PaymentStatus.succeeded)
    world.clock.advance(24 * 3600 + 60)

    await world.sweep()

    assert ["payment.pending", "payment.succeeded", "invoice.paid"] == await types(world)
    assert len(acme.asked) <= 8


async def test_a_refund_known_before_is_read_again_with_every_notification():
    acme = Asked()
    world = World(acme)
    acme.confirmations = [
        Confirmed(Observation(replace(acme.sale, status=PaymentStatus.reversed), refunds=(BACK,)))
    ]
    await arrive(world, notification())
    acme.back = (replace(BACK, status=PaymentStatus.declined),)

    await arrive(world, notification("WH-2", delivery_id="d-2"))

    assert "payment.restored" in await types(world)


async def test_unsent_events_and_messages_leave_before_any_question_is_asked():
    acme = Asked()
    acme.sale = replace(acme.sale, status=PaymentStatus.pending)
    world = World(acme)
    await arrive(world, notification())
    await world.published()
    down = world.payments

    class Down:
        async def send(self, message: Outgoing) -> None:
            raise ConnectionError

    world.wrap = lambda port: Down() if port is down else port
    order = load_order({"amount": 5, "currency": "JPY"})
    with pytest.raises(ConnectionError):
        await world.accept("key-1", "acme", order, CALLER)
    world.wrap = lambda port: port
    world.clock.advance(3600)
    order: list[str] = []
    sent, asked = world.payments.send, acme.reread

    async def send(message: Outgoing) -> None:
        order.append("sent")
        await sent(message)

    async def reread(
        entity: Ref, known: Sequence[Transaction], now: datetime
    ) -> Observation | DisputeObservation | NotYet:
        order.append("asked")
        return await asked(entity, known, now)

    world.payments.send = send
    acme.reread = reread

    await world.sweep()

    assert ["sent", "asked"] == order


async def test_a_stale_copy_for_more_than_a_day_is_applied_and_logged():
    acme = Asked()
    pending = replace(acme.sale, status=PaymentStatus.pending)
    acme.sale = pending
    acme.confirmations = [Confirmed(Observation(pending), (Implied.decided,))]
    world = World(acme)
    await arrive(world, notification())
    with capture_logs() as logs:
        for _ in range(60):
            world.clock.advance(timedelta(hours=1).total_seconds())
            await world.sweep()

    assert ["payment.pending"] == await types(world)
    assert "payment.stale_applied" in [line["event"] for line in logs]
