"""The commands that restrict and release, and the gate that stages ask."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import Money, NotSent
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Order, Payment, PaymentStatus
from penstock.domain.restriction import RestrictionKind
from penstock.errors import CommandRefused, UnknownPayment
from penstock.operators.restrictions import Released, Restrict
from penstock.pipeline.gate import Gate
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from tests.unit.operators.restricting import (
    ACME,
    PAYMENT_KIND,
    audited,
    release,
    restrict,
    work,
)
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send
from tests.unit.pipeline.world import World


class TestTheGate:
    async def test_a_restriction_holds_after_five_seconds_at_the_latest(self):
        world = World()
        gate = Gate(world.restrictions, world.clock)
        await send(world)
        await work(world)
        held = await payment(world)
        assert await gate(held) is None

        await restrict(world, *ACME)
        world.clock.advance(5)

        assert await gate(held) is not None

    async def test_the_list_is_read_once_in_five_seconds(self):
        clock, listed = FrozenClock(), Listed()
        gate = Gate(listed, clock)  # type: ignore[arg-type]  # only lists
        held = Payment(
            id="p1",
            gateway="acme",
            order=Order(Money(1, "USD")),
            status=PaymentStatus.accepted,
            created_at=clock.now(),
            updated_at=clock.now(),
        )
        for _ in range(10):
            await gate(held)
            clock.advance(0.9)

        assert 2 == listed.reads


class Listed:
    def __init__(self) -> None:
        self.reads = 0

    async def list(self) -> list[Any]:
        self.reads += 1
        return []


class TestTheCommands:
    async def test_restricting_says_what_waits_and_what_is_under_way(self):
        world = World(Acme(answers=[NotSent("away")]))
        await send(world)
        await work(world)
        done = await restrict(world, PAYMENT_KIND, "p1")
        world.clock.advance(1)
        again = await restrict(world, PAYMENT_KIND, "p1")

        assert (True, [OperationKind.charge], ()) == (
            done.anew,
            [one.kind for one in done.waiting],
            done.under_way,
        )
        assert (False, done.restriction) == (again.anew, again.restriction)

    async def test_a_dry_run_changes_nothing(self):
        world = World()
        await send(world)
        await work(world)
        command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
        dry = await command(PAYMENT_KIND, "p1", "fraud", dry_run=True)

        assert (True, None) == (dry.anew, dry.restriction)
        assert [] == list(await world.restrictions.list())

    async def test_an_unknown_payment_an_empty_reason_and_no_name_are_refused(self):
        world = World()
        with pytest.raises(UnknownPayment):
            await restrict(world, PAYMENT_KIND, "p9")
        with pytest.raises(CommandRefused):
            await restrict(world, RestrictionKind.payer, "")
        command = Restrict(world.ledger, world.restrictions, world.clock, audited(world))
        with pytest.raises(CommandRefused):
            await command(*ACME, " ")

        assert [] == list(await world.restrictions.list())

    async def test_a_release_that_was_killed_goes_on_where_it_was(self):
        world = World()
        await restrict(world, *ACME)
        for number in range(3):
            body = (
                f'{{"id":"p{number}","provider":"acme","order":{{"amount":1,"currency":"USD"}}}}'
            )
            await world.payments.send(Outgoing(body, group=f"p{number}", dedup=f"p{number}"))
        await work(world)
        # Killed after the restriction was lifted and the first was released.
        (known,) = await world.restrictions.list()
        await world.restrictions.lift(known.key, known.since)
        (first, *_) = await world.restrictions.held("gateway#acme", 1)
        await world.restrictions.forget("gateway#acme", first)

        assert Released(None, 2) == await release(world, *ACME)
        assert Released(None, 0) == await release(world, *ACME)
