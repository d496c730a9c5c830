"""`reprocess`: what the gateway holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import Unanswered
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import PaymentStatus
from penstock.errors import UnknownPayment
from penstock.operators.reprocessing import Reprocess, Reprocessing
from tests.unit.operators.resolving import audited, work
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.refunds import ask
from tests.unit.pipeline.world import World


class TestReprocess:
    async def reprocess(self, world: World, of: str, *, dry_run: bool = False) -> Reprocessing:
        command = Reprocess(world.ledger, world.clock, world.ids, audited(world))
        return await command(of, "the webhook was lost", dry_run=dry_run)

    async def test_a_parked_charge_whose_money_turned_up_is_settled_by_the_sweep(self):
        world = World(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        world.clock.advance(60)
        await work(world)
        charge = (await payment(world)).operations[0]
        world.acme.charges[charge.id] = "ch-1"
        done = await self.reprocess(world, "p1")
        await world.sweep()

        assert [OperationKind.charge] == [one.kind for one in done.asked]
        assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(world)

    async def test_a_lost_refund_is_not_asked_for_again(self):
        world = World(Acme(refund_answers=[Unanswered("timeout")]))
        await send(world)
        await work(world)
        await ask(world, 500)
        await work(world)
        done = await self.reprocess(world, "p1")
        for _ in range(2):
            world.clock.advance(60)
            await world.sweep()

        assert [OperationKind.refund] == [one.kind for one in done.left]
        assert 1 == len(world.acme.refund_calls)

    async def test_a_dry_run_and_an_unknown_payment_change_nothing(self):
        world = World()
        await send(world)
        await work(world)
        before = await payment(world)
        dry = await self.reprocess(world, "p1", dry_run=True)
        with pytest.raises(UnknownPayment, match="gap detector"):
            await self.reprocess(world, "p9")

        assert [OperationKind.reread] == [one.kind for one in dry.asked]
        assert before == replace(await payment(world))
