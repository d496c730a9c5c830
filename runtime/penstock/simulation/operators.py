"""People at night: they restrict, release, reprocess, replay and redrive while all goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from penstock.domain.payment import Payment
from penstock.domain.restriction import RestrictionKind
from penstock.errors import PenstockError
from penstock.operators.audited import Audited
from penstock.operators.dead_letters import LettersOf
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Selection
from penstock.operators.replay import Replay, ReplayId
from penstock.operators.reprocessing import Reprocess
from penstock.operators.restrictions import Release, Restrict
from penstock.simulation.chance import Chance
from penstock.simulation.ports import ProcessWorld
from penstock.simulation.process import Process
from penstock.simulation.sink import NAME, Heard

WHO = "arn:aws:iam::123456789012:user/ada"
WHY = "simulated"
_MOST_TRIES = 500
Begin = Callable[[Process], ProcessWorld]
"""The world for a command's process; each command is one."""


@dataclass
class Operators:
    """
    Those who run commands; each command is repeated until it succeeds, as the pages say.

    Attributes:
        ran: how often each command succeeded.
        unexplained: dead letters that nothing in the simulation accounts for.
    """

    gateway: str
    begin: Begin
    chance: Chance
    heard: Heard
    ran: dict[str, int] = field(default_factory=dict[str, int])
    unexplained: list[str] = field(default_factory=list[str])

    async def night(self) -> None:
        """Run commands for ever, several at a time."""
        async with asyncio.TaskGroup() as commands:
            while True:
                await asyncio.sleep(self.chance.delay(60.0, 900.0))
                act = self.chance.random.choice(
                    (self._restrict, self._restrict, self._reprocess, self._replay)
                )
                commands.create_task(act())

    async def morning(self) -> None:
        """Lift every restriction, and send every dead letter back."""
        world = self.begin(Process("morning", self.chance))
        for one in await world.restrictions.list():
            await self._release(one.kind, one.value)
        for queue in ("deliveries", "verified", "payments", f"sink-{NAME}", "sink-cashier"):
            await self._look_at(queue)
            await self._redrive(queue)

    async def _restrict(self) -> None:
        kind, value = RestrictionKind.gateway, self.gateway
        payment = await self._some()
        if payment is not None and self.chance.is_lucky(0.7):
            kind, value = RestrictionKind.payment, payment.id

        async def put(world: ProcessWorld) -> None:
            command = Restrict(world.ledger, world.restrictions, world.clock, _audited(world))
            await command(kind, value, WHY)

        await self._until_done("restrict", put)
        await asyncio.sleep(self.chance.delay(60.0, 1800.0))
        await self._release(kind, value)

    async def _release(self, kind: RestrictionKind, value: str) -> None:
        async def lift(world: ProcessWorld) -> None:
            command = Release(
                world.ledger, world.restrictions, world.clock, world.ids, _audited(world)
            )
            await command(kind, value, WHY)

        await self._until_done("release", lift)

    async def _reprocess(self) -> None:
        payment = await self._some()
        if payment is None:
            return

        async def ask(world: ProcessWorld) -> None:
            await Reprocess(world.ledger, world.clock, world.ids, _audited(world))(payment.id, WHY)

        await self._until_done("reprocess", ask)

    async def _replay(self) -> None:
        payment = await self._some()
        if payment is None:
            return
        events = (await self._plain().ledger.history(payment.ref, 50))[::-1]
        self.heard.replayed |= {event.id for event in events}
        world = self._plain()
        replay = ReplayId.new(world.clock, world.ids)

        async def send(world: ProcessWorld) -> None:
            queue = world.channel(f"sink-{NAME}")
            command = Replay(NAME, queue, world.attempts, world.ledger, world.clock)
            await command(events, replay, WHY, _audited(world))

        await self._until_done("replay", send)

    async def _look_at(self, queue: str) -> None:
        """Only what a sink refuses may be parked."""
        world = self._plain()
        knowledge = Knowledge(world.ledger, world.attempts)
        seen = await LettersOf(queue, world.parked(queue), knowledge, world.clock).list()
        for one in seen.letters:
            reason = one.message.attributes.get("reason", "it has no reason")
            if not reason.startswith("SinkRefused"):
                self.unexplained.append(f"dead letter of {queue}: {reason}")

    async def _redrive(self, queue: str) -> None:
        async def send(world: ProcessWorld) -> None:
            knowledge = Knowledge(world.ledger, world.attempts)
            letters = LettersOf(queue, world.parked(queue), knowledge, world.clock)
            await letters.redrive(Selection(everything=True), WHY, _audited(world))
            # What is refused is done already.
            await letters.drop(Selection(everything=True), WHY, _audited(world))

        await self._until_done("redrive", send)

    async def _some(self) -> Payment | None:
        """A payment that the ledger holds."""
        world = self._plain()
        refs: Sequence[Any] = await world.ledger.of_day(world.clock.now().date(), 100)
        found = await world.ledger.find(self.chance.random.choice(refs)) if refs else None
        return found if isinstance(found, Payment) else None

    def _plain(self) -> ProcessWorld:
        """The world as one sees it who only looks on: nothing fails."""
        return self.begin(Process("-", Chance(self.chance.random)))

    async def _until_done(
        self, name: str, command: Callable[[ProcessWorld], Coroutine[Any, Any, None]]
    ) -> None:
        for _ in range(_MOST_TRIES):
            process = Process(name, self.chance)
            task = process.start(_tried(command, self.begin(process)))
            await asyncio.wait((task,))
            if not task.cancelled() and task.result():
                self.ran[name] = self.ran.get(name, 0) + 1
                return
            await asyncio.sleep(self.chance.delay(1.0, 60.0))
        raise AssertionError(f"{name} never succeeded")


async def _tried(command: Callable[[ProcessWorld], Awaitable[None]], world: ProcessWorld) -> bool:
    try:
        await command(world)
    except PenstockError:
        return False
    return True


def _audited(world: ProcessWorld) -> Audited:
    return Audited(world.audit, world.clock, world.ids, WHO)
