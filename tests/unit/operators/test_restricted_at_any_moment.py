"""A restriction that is put between any two calls: each operation moves money once or waits."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.restriction import RestrictionKind
from tests.unit.operators.restricting import (
    ACME,
    release,
    restrict,
    work,
)
from tests.unit.pipeline.charging import send, states
from tests.unit.pipeline.invoicing import arrive, operation
from tests.unit.pipeline.refunds import ask, refunds
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import PAYMENT
from tests.unit.pipeline.world import World


@dataclass
class Racing:
    """Goes around every port: the restriction is put before the n-th call of the world."""

    step: int
    put: Callable[[], Awaitable[Any]]
    calls: int = 0

    def __call__(self, port: Any) -> Any:
        return _Racing(port, self)

    async def before(self) -> None:
        self.calls += 1
        if self.calls == self.step:
            await self.put()


class _Racing:
    def __init__(self, port: Any, racing: Racing) -> None:
        for name in (one for one in dir(port) if not one.startswith("_")):
            member = getattr(port, name)
            plain = not callable(member) or name in {"read", "refund_window"}
            setattr(self, name, member if plain else _step(member, racing))


def _step(member: Callable[..., Any], racing: Racing) -> Callable[..., Any]:
    async def call(*args: Any, **named: Any) -> Any:
        await racing.before()
        return await member(*args, **named)

    return call


class TestARestrictionThatIsPutAtAnyMoment:
    """
    What is under way then ends; nothing else is submitted; a release brings it to its end once.
    """

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_charge(self, step: int):
        world = World()
        racing = Racing(step, lambda: restrict(world, *ACME))
        await send(world)
        world.wrap = racing
        await work(world)
        world.wrap = lambda port: port

        whole = (PaymentStatus.succeeded, OperationState.succeeded)
        held = (PaymentStatus.accepted, OperationState.reserved)
        assert await states(world) == (whole if world.acme.charge_calls else held)
        await self.released(world)
        assert (whole, 1) == (await states(world), world.acme.charge_calls)

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_refund(self, step: int):
        world = World()
        await send(world)
        await work(world)
        await ask(world, 500)
        racing = Racing(step, lambda: restrict(world, *ACME))
        world.wrap = racing
        await work(world)
        world.wrap = lambda port: port
        (refund,) = await refunds(world)

        moved = len(world.acme.refund_calls)
        assert refund.state is (OperationState.succeeded if moved else OperationState.reserved)
        await self.released(world)
        (refund,) = await refunds(world)
        assert (OperationState.succeeded, 1) == (refund.state, len(world.acme.refund_calls))

    @pytest.mark.parametrize("step", range(1, 22))
    async def test_during_an_invoice(self, step: int):
        world = World()
        racing = Racing(step, lambda: restrict(world, *ACME))
        await arrive(world)
        world.wrap = racing
        await world.consume(world.verified, world.process)
        world.wrap = lambda port: port
        made = await operation(world)

        begun = len(world.acme.invoices)
        assert made.state is (OperationState.succeeded if begun else OperationState.reserved)
        await self.released(world)
        assert (1, 1, OperationState.succeeded) == (
            len(world.acme.mails),
            len(world.acme.recorded),
            (await operation(world)).state,
        )

    @pytest.mark.parametrize("step", range(1, 11))
    async def test_during_a_capture(self, step: int):
        store = Store()
        await store.pay()
        store.till.approve()
        await store.back()
        racing = Racing(step, lambda: restrict(store, RestrictionKind.gateway, "till"))
        store.wrap = racing
        await store.work()
        store.wrap = lambda port: port

        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        whole, waits = PaymentStatus.succeeded, PaymentStatus.approval_pending
        assert held.status is (whole if store.till.captures else waits)
        await release(store, RestrictionKind.gateway, "till")
        await store.sweep()
        await store.work()
        held = await store.ledger.load(Payment, PAYMENT)
        assert held is not None
        assert (whole, 1) == (held.status, len(store.till.captures))

    async def released(self, world: World) -> None:
        await release(world, *ACME)
        await world.sweep()
        await work(world)
