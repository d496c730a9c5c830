"""Notifications that contradict, that are altered, or whose step is left out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.api import (
    Confirmed,
    Contradicted,
    Money,
    Notification,
    NotYet,
    Observation,
    PaymentStatus,
    Ref,
    SubscriptionObservation,
    Transaction,
)
from penstock.domain.change import Change
from penstock.domain.record import Became, Record
from penstock.domain.ref import EntityKind
from penstock.errors import LedgerConflict
from penstock.ports import Outgoing
from penstock.testing import builders
from tests.unit.pipeline.acme import NOON, Acme, notification
from tests.unit.pipeline.recording import arrive, record
from tests.unit.pipeline.world import World

CLAIMED = Observation(replace(Acme().sale, amount=Money(999_00, "USD")))
CONTRADICTED = Contradicted(("amount",), CLAIMED)


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
