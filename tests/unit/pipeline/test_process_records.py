"""What the ledger keeps of each kind of notification, by what the gateway can say of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.api import (
    CheckoutNews,
    Confirmation,
    Confirmed,
    Contradicted,
    InvoiceObservation,
    Money,
    Notification,
    NotYet,
    Observation,
    PaymentStatus,
    Ref,
    SubscriptionObservation,
    Transaction,
    Unconfirmable,
)
from penstock.domain.change import Change
from penstock.domain.payment import Payment
from penstock.domain.record import Became, Record
from penstock.domain.ref import EntityKind
from penstock.errors import LedgerConflict
from penstock.ports import Outgoing
from penstock.testing import builders
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.approving import SUCCEEDED, approved
from tests.unit.pipeline.till import CAPTURE, DECLINED, Store
from tests.unit.pipeline.world import World

CLAIMED = Observation(replace(Acme().sale, amount=Money(999_00, "USD")))
CONTRADICTED = Contradicted(("amount",), CLAIMED)


async def arrive(world: World, one: Notification, dedup: str = "1") -> tuple[str, str | None]:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=dedup))
    (result,) = await world.consume(world.verified, world.process)
    return result.status, result.error


async def record(world: World, event_id: str = "WH-1") -> Record:
    found = await world.record(event_id)
    assert found is not None
    return found


async def test_what_is_parked_names_its_subject_and_is_not_confirmed():
    world = World(Acme(unavailable=Unconfirmable("odd")))
    await arrive(world, notification())
    first = await record(world)
    await arrive(world, notification(), "again")

    assert (Became.parked, "payment#acme-SALE1", False, "odd") == (
        first.became,
        first.subject,
        first.confirmed,
        first.because,
    )
    assert first == await record(world)


@pytest.mark.parametrize(
    ("confirmation", "because"),
    [
        (Confirmed(InvoiceObservation("INV-9")), "the invoice is not ours"),
        (Confirmed(CheckoutNews()), "the payment has no checkout"),
    ],
)
async def test_what_is_true_and_about_nothing_that_is_kept_is_recorded_as_confirmed(
    confirmation: Confirmation, because: str
):
    world = World(Acme(confirmations=[confirmation]))

    assert ("done", None) == await arrive(world, notification())

    found = await record(world)
    assert (Became.recorded, because, True) == (found.became, found.because, found.confirmed)
    assert await world.ledger.load(Payment, "acme-SALE1") is None


@pytest.mark.parametrize(
    ("confirmation", "because"),
    [
        (Confirmed(InvoiceObservation("INV-9")), "the invoice is not ours"),
        (Confirmed(CheckoutNews()), "the payment has no checkout"),
    ],
)
async def test_the_same_beside_a_payment_leaves_it_as_it_is(
    confirmation: Confirmation, because: str
):
    world = World()
    await arrive(world, notification())
    before = await world.payment()
    world.acme.confirmations = [confirmation]

    await arrive(world, notification("WH-2"), "2")

    assert (before, because) == (await world.payment(), (await record(world, "WH-2")).because)


async def test_news_of_our_invoice_that_change_nothing_are_applied():
    world = World()
    await arrive(world, notification())
    before = await world.payment()
    world.acme.confirmations = [Confirmed(InvoiceObservation("INV-1"))]

    await arrive(world, notification("WH-2"), "2")

    found = await record(world, "WH-2")
    assert (before, Became.applied) == (await world.payment(), found.became)


async def test_a_notification_that_shows_nothing_new_writes_nothing_of_its_payment():
    world = World()
    await arrive(world, notification())
    before = await world.payment()

    await arrive(world, notification("WH-2"), "2")

    assert before == await world.payment()


async def test_a_repeat_of_what_concerns_nothing_is_a_duplicate():
    world = World()
    await arrive(world, notification(entity=None))

    assert ("done", None) == await arrive(world, notification(entity=None), "again")
    assert 1 == len(await world.published())


@dataclass
class Plain:
    """A gateway that sends notifications and can be asked nothing."""

    name: str = "acme"


@dataclass
class Believed(Plain):
    """A gateway whose signature covers the body."""

    says: Observation | None = None

    def observe(self, notification: Notification) -> Observation | None:
        return self.says


@pytest.mark.parametrize(
    ("gateway", "entity", "became", "because"),
    [
        (Plain(), "acme-SALE1", Became.recorded, "the gateway has no way to confirm it"),
        (Plain(), None, Became.recorded, "it concerns no payment, subscription or dispute"),
        (Believed(), "acme-SALE1", Became.recorded, "the gateway has no way to confirm it"),
        (Believed(says=Observation(Acme().sale)), "acme-SALE1", Became.applied, None),
    ],
)
async def test_what_a_gateway_can_say_decides_what_its_notification_is_worth(
    gateway: Any, entity: str | None, became: Became, because: str | None
):
    world = World(gateway)

    assert "done" == (await arrive(world, notification(entity=entity)))[0]

    found = await record(world)
    assert (became, because) == (found.became, found.because)


@pytest.mark.parametrize("bodies", [(b"1", b"2"), (b"2", b"1"), (b"3", b"4"), (b"4", b"3")])
async def test_another_body_under_a_transmission_alarms_whichever_came_first(
    bodies: tuple[bytes, bytes],
):
    world = World()
    for number, body in enumerate(bodies):
        one = notification(f"WH-{number}", transmission="t", body=body)
        with capture_logs() as logs:
            await arrive(world, one, str(number))

    assert "delivery.altered" in [line["event"] for line in logs]


async def test_what_was_fetched_has_no_transmission_that_could_be_altered():
    world = World()
    subject = Ref(EntityKind.payment, "acme-SALE1")
    for number in range(2):
        one = Notification.fetched("acme", f"WH-{number}", "SALE", {}, NOON, subject)
        with capture_logs() as logs:
            await arrive(world, replace(one, transmission="t", digest=str(number)), str(number))
        assert "delivery.altered" not in [line["event"] for line in logs]


@pytest.mark.parametrize("gateway", ["aaa", "example"])
async def test_another_gateways_entity_of_that_name_is_never_written(gateway: str):
    world = World()
    theirs = builders.payment("acme-SALE1", gateway=gateway)
    await world.ledger.commit(Change(theirs, None))

    status, error = await arrive(world, notification())

    assert ("parked", theirs) == (status, await world.payment())
    assert "belongs to another gateway's payment" in (error or "")


@pytest.mark.parametrize(
    ("seconds", "status"), [(0, "retry"), (899, "retry"), (900, "done"), (901, "done")]
)
async def test_a_subscription_that_the_gateway_does_not_show_is_waited_for_for_15_minutes(
    seconds: float, status: str
):
    class Selling(Acme):
        async def read_subscription(
            self, reference: str, now: datetime
        ) -> SubscriptionObservation | None:
            return None

    world = World(Selling())
    world.clock.advance(seconds)
    told = replace(notification(entity="acme-I-1"), kind=EntityKind.subscription)

    assert status == (await arrive(world, told))[0]
    found = await world.record()
    because = "the gateway knows no such subscription" if status == "done" else None
    assert because == (found and found.because)


async def test_a_contradiction_is_kept_beside_the_notification_and_names_its_subject():
    world = World(Acme(confirmations=[CONTRADICTED]))
    one = notification()

    assert "done" == (await arrive(world, one))[0]

    assert await world.record() is None
    (name,) = [ref.id for ref in world.ledger._entities if ref.kind is Record.kind]  # pyright: ignore[reportPrivateUsage]
    base, _, variant = name.partition("~")
    assert ("acme/WH-1", 16) == (base, len(variant))
    found = await world.ledger.load(Record, name)
    assert found is not None
    assert (Became.contradicted, "payment#acme-SALE1", False) == (
        found.became,
        found.subject,
        found.confirmed,
    )


async def test_a_contradiction_of_what_was_fetched_is_kept_under_its_own_name():
    """
    The gateway's API shows both, so neither is forged.
    """
    world = World(Acme(confirmations=[CONTRADICTED]))
    subject = Ref(EntityKind.payment, "acme-SALE1")
    await arrive(world, Notification.fetched("acme", "WH-1", "SALE", {}, NOON, subject))

    assert Became.contradicted is (await record(world)).became


@pytest.mark.parametrize("dies", ["record", "payment"])
async def test_two_workers_at_one_notification_are_no_failure(dies: str):
    world = World()
    ledger = world.ledger

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            return getattr(ledger, name)

        async def commit(self, decided: Change[Any]) -> None:
            if isinstance(decided.entity, Record):
                await ledger.commit(decided)
                raise LedgerConflict("somebody else was first")
            await ledger.commit(decided)

    world.wrap = lambda port: Overtaken() if port is ledger and dies == "record" else port

    assert ("done", None) == await arrive(world, notification())
    assert Became.applied is (await record(world)).became


@pytest.mark.parametrize(
    ("entity", "shown"), [("acme-SALE1", "acme-SALE1"), (None, "0123456789ab")]
)
async def test_what_a_line_of_a_notification_is_about(entity: str | None, shown: str):
    world = World()
    one = notification(entity=entity, delivery_id="0123456789abcdef")
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="1"))
    (message,) = await world.verified.receive(1, 0)

    handled = await world.process(message)
    again = await world.process(message)

    assert (shown, shown, "duplicate") == (handled.entity, again.entity, again.outcome)


@dataclass
class Rereads(Acme):
    """Acme, which can be asked again and may not know yet."""

    knows: bool = True
    asked: list[tuple[str, ...]] = field(default_factory=list[tuple[str, ...]])
    back: tuple[Transaction, ...] = ()

    async def reread(self, entity: Ref, known: Any, now: datetime) -> Observation | NotYet:
        self.asked.append(tuple(one.id for one in known))
        return Observation(self.sale, refunds=self.back) if self.knows else NotYet()


BACK = Transaction("RE1", "refund", PaymentStatus.refunded, Money(250, "USD"), NOON)
OTHER = replace(BACK, id="RE2")


@pytest.mark.parametrize("knows", [True, False])
async def test_a_known_step_that_a_notification_leaves_out_is_read_again(knows: bool):
    acme = Rereads(knows=knows, back=(BACK, OTHER))
    sale = replace(acme.sale, status=PaymentStatus.partially_refunded)
    acme.sale = sale
    world = World(acme)
    acme.confirmations = [
        Confirmed(Observation(sale, refunds=(BACK,))),
        Confirmed(Observation(sale, refunds=(BACK,))),
        Confirmed(Observation(sale, refunds=(OTHER,))),
    ]
    await arrive(world, notification(), "1")
    await arrive(world, notification("WH-2"), "2")
    assert [] == acme.asked

    await arrive(world, notification("WH-3"), "3")

    assert [("SALE1", "RE2", "RE1")] == acme.asked
    held = await world.payment()
    assert {"RE1", "RE2"} == {one.id for one in held.sent_back}


class TestACheckout:
    """News of a payment that has a checkout of its own."""

    async def test_a_capture_that_names_no_checkout_is_looked_up_at_the_own_one(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        reads = store.till.reads

        await store.tell("completed", shown=None)

        assert reads + 1 == store.till.reads
        assert SUCCEEDED == await store.told()

    async def test_a_capture_of_a_payment_whose_checkout_is_not_known_counts_for_nothing(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        held = await store.payment()
        assert held.approval is not None
        lost = replace(held, approval=replace(held.approval, checkout=None), version=9)
        await store.ledger.commit(Change(lost, held.version))

        await store.tell("completed", shown=None)

        assert () == (await store.payment()).transactions

    async def test_another_capture_counts_for_nothing_beside_the_own_one(self):
        store = await approved()
        await store.back()
        await store.work()
        seen = store.till.held["C-1"]
        assert seen.money is not None
        sale = seen.money.transaction
        for number, name in enumerate(("CAP-0", "CAP-9")):
            other = replace(sale, id=name)
            store.till.held["C-2"] = replace(
                seen, reference="C-2", money=replace(seen.money, transaction=other)
            )
            await store.tell("completed", number, checkout="C-2")

        assert ["CAP-1"] == [one.id for one in (await store.payment()).transactions]

    @pytest.mark.parametrize(("seconds", "captures"), [(-1, 1), (0, 1), (1, 2)])
    async def test_an_approval_counts_anew_only_after_the_decline(
        self, seconds: float, captures: int
    ):
        store = await approved()
        store.till.capture_answers = [DECLINED]
        await store.back()
        await store.work()
        declined_at = store.clock.now()
        store.clock.advance(60)

        await store.tell("approved", at=declined_at + timedelta(seconds=seconds))

        assert captures == len(await store.captures())

    async def test_news_of_a_checkout_that_is_not_open_yet_change_nothing(self):
        store = Store()
        await store.tell("approved", payment="till-none")
        held = await store.pay()
        assert held.approval is not None
        bare = replace(held, approval=replace(held.approval, expires_at=None), version=9)
        await store.ledger.commit(Change(bare, held.version))
        store.till.approve()

        await store.tell("approved", 2)

        assert ([], 0) == (await store.captures(), store.till.reads)
