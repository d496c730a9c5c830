"""People who run commands while all goes wrong, and those who clear up in the morning."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from penstock.domain import rules
from penstock.domain.change import AnyEntity
from penstock.domain.events import Event
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment
from penstock.domain.restriction import RestrictionKind
from penstock.domain.subscription import Subscription
from penstock.errors import ChannelUnavailable, PenstockError
from penstock.operators.audited import Audited
from penstock.operators.dead_letters import LettersOf
from penstock.operators.forgetting import Erasure, ForgetPayer
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Letter, Selection
from penstock.operators.replay import Replay, ReplayId
from penstock.operators.reprocessing import Reprocess
from penstock.operators.resolving import Outcome, Resolve
from penstock.operators.restrictions import Release, Restrict
from penstock.pipeline.forgetting import Forget
from penstock.simulation.chance import Chance
from penstock.simulation.ports import ProcessWorld
from penstock.simulation.process import Process
from penstock.simulation.sink import NAME, SELECTED, Heard
from penstock.testing.stand import Stand

WHO = "arn:aws:iam::123456789012:user/ada"
WHY = "simulated"
_MOST_TRIES = 500
_LANDED = timedelta(minutes=10)
"""How long a person waits before a look at the gateway: what is late has arrived by then."""
_STALE = 900.0
"""Seconds after a command in which a call of it may still land."""
_SINKS = (f"sink-{NAME}", f"sink-{SELECTED}")
_REFUSED = "SinkRefused"
_DOUBTFUL = ("ChargeCritical", "RefundUnknown")
Begin = Callable[[Process], ProcessWorld]
"""The world for a command's process; each command is one."""


@dataclass
class Operators:
    """
    Those who run commands; each command is repeated until it succeeds, as the pages say.

    Attributes:
        capabilities: the gateway's.
        entities: all that the ledger holds.
        restricted: since when each restriction is known to be in force, in the loop's time.
        ran: how often each command succeeded.
        forgotten: the payments whose payers were erased.
        resolved: the ids of payments and subscriptions with operations that a person resolved.
        unexplained: what people found that nothing in the simulation accounts for.
    """

    gateway: str
    capabilities: Collection[str]
    stand: Stand
    begin: Begin
    chance: Chance
    heard: Heard
    entities: Callable[[], Sequence[AnyEntity]]
    restricted: dict[str, float] = field(default_factory=dict[str, float])
    _released: dict[str, float] = field(default_factory=dict[str, float])
    ran: dict[str, int] = field(default_factory=dict[str, int])
    forgotten: set[str] = field(default_factory=set[str])
    resolved: set[str] = field(default_factory=set[str])
    unexplained: list[str] = field(default_factory=list[str])

    async def night(self) -> None:
        """Run commands for ever, several at a time."""
        async with asyncio.TaskGroup() as commands:
            while True:
                await asyncio.sleep(self.chance.delay(60.0, 900.0))
                acts = (self._restrict, self._reprocess, self._replay, self._forget)
                act = self.chance.random.choice((self._restrict, *acts, self._resolve_charges))
                commands.create_task(act())

    async def morning(self, *, sinks: bool = True, settled: bool = True) -> None:
        """
        Lift every restriction, resolve what is in doubt, and send every dead letter back.

        Args:
            sinks: whether the letters of the sinks go back, too; they wait for a decision
                otherwise.
            settled: whether it is long ago that something failed: a renewal that was ended half
                way has been finished since.
        """
        world = self.begin(Process("morning", self.chance))
        for one in await world.restrictions.list():
            await self._release(one.kind, one.value)
        for entity, operation in self._doubtful():
            if not self._may_be_doubtful(operation):
                told = f"{operation.kind} is {operation.state}: {operation.reason}"
                self.unexplained.append(f"{entity.ref}: its {told}")
            await self._resolve(entity, operation)
        for queue in ("deliveries", "verified", "payments", *_SINKS):
            await self._look_at(queue, settled=settled)
            if sinks or queue not in _SINKS:
                await self._redrive(queue)

    async def _restrict(self) -> None:
        """Restrict something, watch that nothing moves its money, and release it."""
        kind, value = RestrictionKind.gateway, self.gateway
        payment = self._some()
        if payment is not None and self.chance.is_lucky(0.7):
            kind, value = RestrictionKind.payment, payment.id

        async def put(world: ProcessWorld) -> None:
            command = Restrict(world.ledger, world.restrictions, world.clock, _audited(world))
            await command(kind, value, WHY)

        key, loop = f"{kind}#{value}", asyncio.get_running_loop()
        began = loop.time()
        await self._until_done("restrict", put)
        # One that was lifted minutes ago may be lifted once more by a call that lands late.
        if self._released.get(key, -_STALE) + _STALE < began:
            self.restricted.setdefault(key, loop.time())
        await asyncio.sleep(self.chance.delay(60.0, 1800.0))
        await self._release(kind, value)

    async def _release(self, kind: RestrictionKind, value: str) -> None:
        async def lift(world: ProcessWorld) -> None:
            command = Release(
                world.ledger, world.restrictions, world.clock, world.ids, _audited(world)
            )
            await command(kind, value, WHY)

        key, loop = f"{kind}#{value}", asyncio.get_running_loop()
        self.restricted.pop(key, None)
        self._released[key] = float("inf")
        await self._until_done("release", lift)
        self._released[key] = loop.time()

    async def _reprocess(self) -> None:
        payment = self._some()
        if payment is None:
            return

        async def ask(world: ProcessWorld) -> None:
            await Reprocess(world.ledger, world.clock, world.ids, _audited(world))(payment.id, WHY)

        await self._until_done("reprocess", ask)

    async def _replay(self) -> None:
        payment = self._some()
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

    async def _forget(self) -> None:
        payment = self._some()
        if payment is None:
            return

        async def found() -> AsyncIterator[Payment | Subscription]:
            yield payment

        async def erase(world: ProcessWorld) -> None:
            forget = Forget(world.ledger, world.clock, world.ids)
            done = await ForgetPayer(forget, _audited(world))(payment.id, WHY, found())
            if done[0].erasure is not Erasure.refused:
                self.forgotten.add(payment.id)

        await self._until_done("forget", erase)

    async def _resolve_charges(self) -> None:
        """Those that nothing repeats: the gateway keeps no keys, and cannot be asked."""
        if "lookup" in self.capabilities:
            return
        now = self._plain().clock.now()
        for entity, operation in self._doubtful():
            is_charge = operation.kind is OperationKind.charge
            if is_charge and operation.lost_at and now - operation.lost_at > _LANDED:
                await self._resolve(entity, operation)

    async def _resolve(self, entity: AnyEntity, operation: Operation) -> None:
        """Look the operation up at the gateway, and write down what became of it."""
        reference = self.stand.done(operation.id)
        outcome = Outcome.failed if reference is None else Outcome.succeeded
        able = self.capabilities
        can = rules.Abilities(
            reread="reread" in able,
            subscriptions="subscriptions" in able,
            invoices="invoices" in able,
            invoice_refunds="invoicerefunds" in able,
        )

        async def say(world: ProcessWorld) -> None:
            abilities = {self.gateway: can}
            resolve = Resolve(world.ledger, world.clock, world.ids, _audited(world), abilities)
            await resolve(entity.ref, outcome, WHY, operation_id=operation.id, reference=reference)

        self.resolved.add(entity.id)
        await self._until_done("resolve", say)

    def _doubtful(self) -> list[tuple[AnyEntity, Operation]]:
        """What waits for a person, now that nothing is under way any more."""
        now = self._plain().clock.now()
        return [
            (entity, one)
            for entity in self.entities()
            for one in rules.doubtful(entity)
            if not one.leased(now) and one.due_at is None and one.restricted_at is None
        ]

    def _may_be_doubtful(self, operation: Operation) -> bool:
        if operation.kind is OperationKind.charge:
            return "lookup" not in self.capabilities
        return self.stand.meddles

    async def _look_at(self, queue: str, *, settled: bool) -> None:
        """Only what a sink refuses, or what is settled since, may be parked; in its order."""
        world = self._plain()
        knowledge = Knowledge(world.ledger, world.attempts)
        seen = await LettersOf(queue, world.parked(queue), knowledge, world.clock).list()
        places: dict[str, list[int]] = defaultdict(list)
        for one in seen.letters:
            if not self._is_explained(one):
                self.unexplained.append(f"dead letter of {queue}: {one.reason}")
            if queue in _SINKS:
                told = Event.loads(one.message.body)
                # A second copy, and an old event that was replayed, are behind what came first.
                if told.sequence not in places[one.group] and told.id not in self.heard.replayed:
                    places[one.group].append(told.sequence)
        for group, numbers in places.items():
            if settled and numbers != sorted(numbers):
                self.unexplained.append(
                    f"dead letters of {queue}: {group} is in the order {numbers}"
                )

    def _is_explained(self, letter: Letter) -> bool:
        if letter.reason.startswith(_REFUSED):
            return True
        # The merchant may have asked again, and that settled it.
        settled = letter.group in self.resolved or letter.known.ended
        return letter.reason.startswith(_DOUBTFUL) and settled

    async def _redrive(self, queue: str) -> None:
        async def send(world: ProcessWorld) -> None:
            knowledge = Knowledge(world.ledger, world.attempts)
            letters = LettersOf(queue, world.parked(queue), knowledge, world.clock)
            seen = await letters.redrive(Selection(everything=True), WHY, _audited(world))
            if seen.with_others or seen.unseen:
                raise ChannelUnavailable("others hold some of the letters: run it again")
            # What is refused is done already.
            await letters.drop(Selection(everything=True), WHY, _audited(world))

        await self._until_done("redrive", send)

    def _some(self) -> Payment | None:
        """A payment that the ledger holds."""
        held = [one for one in self.entities() if isinstance(one, Payment)]
        return self.chance.random.choice(held) if held else None

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
