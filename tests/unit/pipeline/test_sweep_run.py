"""One run of the sweep: whose turn it is, what ends it, and what it says of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from penstock.adapters.memory import MemoryLedger
from penstock.domain.change import Change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import GatewayUnavailable, NotShownYet
from penstock.pipeline.sweep_run import SweepRun, Swept
from penstock.testing.builders import payment
from penstock.testing.clock import NOON, FrozenClock
from tests.unit.pipeline import virtual

Turn = Callable[[Ref], Awaitable[Exception | None]]


@dataclass
class Working:
    """Does what a test wants of a run."""

    turn: Turn
    deferred: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    async def send(self, ref: Ref) -> tuple[str, Exception | None]:
        return "acme", GatewayUnavailable("unsent") if ref.id == "unsent" else None

    async def resume(self, ref: Ref) -> Exception | None:
        return await self.turn(ref)

    async def defer(self, ref: Ref, seconds: float) -> None:
        self.deferred.append((ref.id, seconds))


class TestARun:
    async def run(self, turn: Turn, *names: str) -> tuple[SweepRun, Working]:
        ledger, working = MemoryLedger(), Working(turn)
        for name in names:
            due = Operation("op", OperationKind.charge, OperationState.unknown, due_at=NOON)
            await ledger.commit(Change(payment(name, operations=(due,)), None))
        return SweepRun(working, ledger, FrozenClock(), 20, lambda: 1000.0), working

    def test_a_fault_of_its_own_ends_it_and_what_is_under_way_with_it(self):
        ended: list[str] = []

        async def turn(ref: Ref) -> Exception | None:
            if ref.id == "fault":
                raise KeyError("a fault of the run")
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(ref.id)
            return None

        async def going() -> None:
            run, _ = await self.run(turn, "fault", "slow")
            await asyncio.wait_for(run.go(None), 60)

        with pytest.raises(KeyError):
            virtual.run(going())
        assert ["slow"] == ended

    async def test_what_could_not_be_sent_is_its_failure_whatever_else_was_done(self):
        async def turn(ref: Ref) -> Exception | None:
            return None if ref.id != "away" else NotShownYet("not yet")

        run, _ = await self.run(turn, "unsent", "away", "good")
        await run.go(None)

        assert {
            "unsent": "GatewayUnavailable: unsent",
            "away": "NotShownYet: not yet",
            "good": None,
        } == {ref.id: one.error for ref, one in run.swept.items()}
        assert (0, True) == (run.left, run.looked)

    async def test_with_a_limit_it_looks_once(self):
        async def turn(ref: Ref) -> Exception | None:
            return None

        run, _ = await self.run(turn, "a", "b", "c")
        await run.go(2)

        assert [Swept(Ref(EntityKind.payment, one)) for one in ("a", "b")] == list(
            run.swept.values()
        )

    async def test_a_gateway_that_is_left_alone_has_its_entities_put_off_for_as_long(self):
        async def turn(ref: Ref) -> Exception | None:
            return GatewayUnavailable("later", retry_after=77)

        run, working = await self.run(turn, *(f"p{number:02}" for number in range(10)))
        await run.go(None)

        assert [(f"p{number:02}", 77) for number in range(1, 10)] == working.deferred
        assert 9 == run.left

    async def test_before_it_has_looked_it_has_not(self):
        run, _ = await self.run(lambda ref: asyncio.sleep(0))

        assert (0, False) == (run.left, run.looked)
