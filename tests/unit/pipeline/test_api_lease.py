"""What the API does while its caller waits ends before its lease, so that nobody else is at it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.signup import SignUp, sign_up_id
from penstock.errors import GatewayUnavailable
from penstock.simulation.loop import VirtualLoop
from tests.unit.pipeline.club import asked
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import PAYMENT
from tests.unit.pipeline.world import LEASE

HANGS = 3600.0


async def hang(_: Any) -> Any:
    await asyncio.sleep(HANGS)


def timed(work: Callable[[], Coroutine[Any, Any, Any]]) -> float:
    """How long it took on virtual time."""

    async def run() -> float:
        await work()
        return asyncio.get_running_loop().time()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(run())


def test_a_checkout_that_hangs_is_given_up_before_its_lease_ends() -> None:
    async def work() -> None:
        store = Store()
        store.till.open_checkout = hang
        with pytest.raises(GatewayUnavailable):
            await store.pay()
        payment = await store.ledger.load(Payment, PAYMENT)
        operation = payment.operation(OperationKind.checkout) if payment else None
        assert operation is not None
        assert OperationState.unknown is operation.state

    assert timed(work) < LEASE.total_seconds()


def test_a_sign_up_that_hangs_is_given_up_before_its_lease_ends() -> None:
    async def work() -> None:
        desk = Desk()
        desk.club.create_subscription = hang
        with pytest.raises(GatewayUnavailable):
            await desk.subscribe("key-1", asked())
        sign_up = await desk.ledger.load(SignUp, sign_up_id("key-1"))
        operation = sign_up.operation(OperationKind.subscribe) if sign_up else None
        assert operation is not None
        assert OperationState.unknown is operation.state

    assert timed(work) < LEASE.total_seconds()
