"""An operator's desk over the pipeline in memory: commands, the audit trail, a killed command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from penstock.adapters.memory import MemoryAttempts, MemoryAudit, MemoryDeadLetters, MemoryQueue
from penstock.domain.audit import Entry
from penstock.operators.audited import Audited
from penstock.operators.dead_letters import LettersOf, Report
from penstock.operators.knowledge import Knowledge
from penstock.operators.letters import Selection
from penstock.ports import DeadLetters, Message, Outgoing
from tests.unit.pipeline.world import World

ADA = "arn:aws:iam::123456789012:user/ada"
WHY = "the bank is up again"
ALL = Selection(everything=True)
ORDER = {"amount": 1250, "currency": "USD", "reference": "order-1"}


def order(payment: str, **changes: object) -> str:
    return json.dumps({"id": payment, "provider": "acme", "order": {**ORDER, **changes}})


@dataclass
class Desk:
    """Commands on the queues of one world."""

    world: World = field(default_factory=World)
    attempts: MemoryAttempts = field(default_factory=MemoryAttempts)
    audit: MemoryAudit = field(default_factory=MemoryAudit)

    @property
    def audited(self) -> Audited:
        return Audited(self.audit, self.world.clock, self.world.ids, ADA)

    @property
    def knowledge(self) -> Knowledge:
        return Knowledge(self.world.ledger, self.attempts)

    def dead(self, queue: str = "payments") -> MemoryDeadLetters:
        if queue == "rejected":
            return MemoryDeadLetters(self.world.rejected, self.world.deliveries)
        return MemoryDeadLetters(self.world.dead, getattr(self.world, queue))

    def letters(self, queue: str = "payments", port: DeadLetters | None = None) -> LettersOf:
        dead = port or self.dead(queue)
        return LettersOf(queue, dead, self.knowledge, self.world.clock, patience=0)

    async def park(self, *bodies: str, group: str | None = None, why: str = "no") -> None:
        """Have messages of payments parked, one after the other."""
        for body in bodies:
            number = self.world.ids.new()
            name = group or json.loads(body)["id"]
            await self.world.payments.send(Outgoing(body, name, number, {"gateway": "acme"}))
            await park(self.world.payments, why)

    async def entries(self) -> list[Entry]:
        return list(await self.audit.of_day(self.world.clock.now().date(), 100))


async def redrive(desk: Desk, selection: Selection = ALL, *, dry_run: bool = False) -> Report:
    """Send dead letters of the payments queue back."""
    return await desk.letters().redrive(selection, WHY, desk.audited, dry_run=dry_run)


async def park(queue: MemoryQueue, why: str = "no") -> None:
    (message,) = await queue.receive(1, 0)
    await queue.park(message, why)
    await queue.delete(message)


async def bodies(queue: MemoryQueue) -> list[str]:
    """What a queue holds, in order; nothing is taken away."""
    return [one.body for one in await peek(queue)]


async def peek(queue: MemoryQueue) -> list[Message]:
    found: list[Message] = []
    while batch := await queue.receive(10, 0):
        found += batch
    await queue.postpone(found, 0)
    return found


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """Goes around ports: the process dies at the n-th call of all, before or after its effect."""

    def __init__(self, step: int, *, after: bool) -> None:
        self.step, self.after, self.calls = step, after, 0

    def __call__(self, port: Any) -> Any:
        return _Around(port, self)


class _Around:
    def __init__(self, port: Any, dying: Dying) -> None:
        self._port, self._dying = port, dying

    def __getattr__(self, name: str) -> Any:
        member, dying = getattr(self._port, name), self._dying

        async def step(*args: Any, **named: Any) -> Any:
            dying.calls += 1
            if dying.calls > dying.step or (dying.calls == dying.step and not dying.after):
                raise Killed
            answer = await member(*args, **named)
            if dying.calls == dying.step:
                raise Killed
            return answer

        return step


def lives(steps: int) -> Iterator[Dying]:
    """A life for each call, with the death before it and after it."""
    return (Dying(n, after=after) for n in range(1, steps + 1) for after in (False, True))
