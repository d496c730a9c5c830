"""
The ledger or the topic fails once, at any call, before or after it did its work: as after a
crash everything happens once, although the worker that met the failure goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment
from penstock.errors import ChannelUnavailable, LedgerUnavailable
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.test_kill import Selling, ended, partly_refunded
from tests.unit.pipeline.world import World

ERRORS = {"commit": LedgerUnavailable, "send": ChannelUnavailable}
"""What a port says it raises, by a method that it has and others do not."""
MOST = 40
"""More calls of these two than any of the lives below has."""


class Outage:
    """Goes around the ledger and the channels: their n-th call fails."""

    def __init__(self, call: int, *, after: bool) -> None:
        self._left = call
        self._after = after

    def __call__(self, port: Any) -> Any:
        error = next((raised for name, raised in ERRORS.items() if hasattr(port, name)), None)
        return _Failing(port, error, self) if error else port

    async def call(self, work: Callable[..., Any], error: type[Exception], *args: Any) -> Any:
        self._left -= 1
        if self._left == 0:
            if self._after:
                await work(*args)
            raise error("away")
        return await work(*args)


class _Failing:
    def __init__(self, port: Any, error: type[Exception], outage: Outage) -> None:
        self._port, self._error, self._outage = port, error, outage

    def __getattr__(self, name: str) -> Any:
        work = getattr(self._port, name)

        async def call(*args: Any) -> Any:
            return await self._outage.call(work, self._error, *args)

        return call


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", range(1, MOST))
@pytest.mark.parametrize("bank", [Acme, Selling, partly_refunded])
async def test_a_sale_is_told_and_invoiced_once_when_any_one_call_fails(
    bank: Callable[[], Acme], call: int, after: bool
):
    world = World(bank(), wrap=Outage(call, after=after))
    one = notification()
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup="d"))

    for _ in range(10):
        await world.consume(world.verified, world.process)
        world.clock.advance(200)
        with suppress(LedgerUnavailable):
            # The schedule calls it again.
            await world.sweep()

    await ended(world, "acme-SALE1", OperationKind.invoice)
    assert (1, 1, 1) == (
        len(world.acme.invoices),
        len(world.acme.mails),
        len(set(world.acme.recorded)),
    )
    told = [event.type for event in await world.published()]
    assert sorted({*told}) == sorted(told)
    assert {"payment.succeeded", "invoice.paid"} <= {*told}
    held = await world.ledger.load(Payment, "acme-SALE1")
    assert held is not None
    assert held.due_at is None
