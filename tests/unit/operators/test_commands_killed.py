"""
Operators' commands killed at any step, before or after the call took effect, and run again.

What was meant is done once; a killed run stays in the audit trail as not finished.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.api import Unanswered
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import RestrictionKind
from penstock.domain.rules import Abilities
from penstock.operators.audited import Audited
from penstock.operators.reprocessing import Reprocess
from penstock.operators.resolving import Outcome, Resolve
from penstock.operators.restrictions import Release, Restrict
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.charging import payment, send, states
from tests.unit.pipeline.test_kill import Dying, Killed
from tests.unit.pipeline.world import World

ACME = (RestrictionKind.gateway, "acme")
WHY = "a test"


class Office:
    """An operator's desk over a world; `wrap` goes around every port that commands use."""

    def __init__(self, acme: Acme | None = None) -> None:
        self.world = World(acme or Acme())
        self.audit = MemoryAudit()
        self.wrap: Callable[[Any], Any] = lambda port: port

    @property
    def ports(self) -> tuple[Any, Any, Any]:
        world = self.world
        audited = Audited(self.wrap(self.audit), world.clock, world.ids, "local ada")
        return self.wrap(world.ledger), self.wrap(world.restrictions), audited

    async def restrict(self) -> None:
        ledger, restrictions, audited = self.ports
        await Restrict(ledger, restrictions, self.world.clock, audited)(*ACME, WHY)

    async def release(self) -> None:
        ledger, restrictions, audited = self.ports
        world = self.world
        await Release(ledger, restrictions, world.clock, world.ids, audited)(*ACME, WHY)

    async def resolve(self) -> None:
        ledger, _, audited = self.ports
        world = self.world
        command = Resolve(ledger, world.clock, world.ids, audited, {"acme": Abilities()})
        charge = (await payment(world)).operations[0].id
        ref = Ref(EntityKind.payment, "p1")
        await command(ref, Outcome.succeeded, WHY, operation_id=charge, reference="ch-7")

    async def reprocess(self) -> None:
        ledger, _, audited = self.ports
        world = self.world
        await Reprocess(ledger, world.clock, world.ids, audited)("p1", WHY)

    async def killed_once(self, command: Callable[[], Awaitable[None]], dying: Dying) -> None:
        """Run it, and once more if it died."""
        self.wrap = dying
        try:
            await command()
        except Killed:
            self.world.clock.advance(1)
            await command()
        self.wrap = lambda port: port

    async def unfinished(self) -> int:
        day = self.world.clock.now().date()
        return sum(one.done is None for one in await self.audit.of_day(day, 100))


async def charges(world: World) -> None:
    await world.consume(world.payments, world.dispatch)


async def held(office: Office) -> None:
    """Two charges that a restriction holds."""
    await office.restrict()
    for name in ("p1", "p2"):
        body = f'{{"id":"{name}","provider":"acme","order":{{"amount":1250,"currency":"USD"}}}}'
        await office.world.payments.send(Outgoing(body, group=name, dedup=name))
    await charges(office.world)


async def lost() -> Office:
    """A charge that nobody can look up."""
    office = Office(Acme(idempotent_charges=False, answers=[Unanswered("timeout")]))
    await send(office.world)
    await charges(office.world)
    office.world.clock.advance(60)
    await charges(office.world)
    await office.world.published()
    return office


DEATHS = [(step, after) for step in range(1, 13) for after in (False, True)]


@pytest.mark.parametrize(("step", "after"), DEATHS)
async def test_a_killed_restrict_holds_after_it_is_run_again(step: int, after: bool):
    office, dying = Office(), Dying(step, after=after)
    await office.killed_once(office.restrict, dying)
    await send(office.world)
    await charges(office.world)

    assert 0 == office.world.acme.charge_calls
    assert 1 == len(await office.world.restrictions.list())
    assert 1 >= await office.unfinished()


@pytest.mark.parametrize(("step", "after"), DEATHS)
async def test_a_killed_release_sends_all_of_it_once_it_is_run_again(step: int, after: bool):
    office, dying = Office(), Dying(step, after=after)
    await held(office)
    await office.killed_once(office.release, dying)
    await office.world.sweep()
    await charges(office.world)

    assert (2, 2) == (office.world.acme.charge_calls, len(office.world.acme.charges))
    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(office.world)
    assert [] == list(await office.world.restrictions.held("gateway#acme", 10))


@pytest.mark.parametrize(("step", "after"), DEATHS[:8])
async def test_a_killed_resolve_is_published_once(step: int, after: bool):
    office, dying = await lost(), Dying(step, after=after)
    await office.killed_once(office.resolve, dying)
    office.world.clock.advance(120)
    await office.world.sweep()

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(office.world)
    assert ["payment.succeeded"] == [one.type for one in await office.world.published()]


@pytest.mark.parametrize(("step", "after"), DEATHS[:8])
async def test_a_killed_reprocess_has_the_gateway_asked(step: int, after: bool):
    office, dying = await lost(), Dying(step, after=after)
    office.world.acme.charges[(await payment(office.world)).operations[0].id] = "ch-1"
    await office.killed_once(office.reprocess, dying)
    await office.world.sweep()

    assert (PaymentStatus.succeeded, OperationState.succeeded) == await states(office.world)
    assert 1 == office.world.acme.charge_calls


async def test_the_deaths_above_cover_every_call_of_the_commands():
    calls: dict[str, int] = {}
    for name in ("restrict", "release", "resolve", "reprocess"):
        office = await lost() if name in ("resolve", "reprocess") else Office()
        if name == "release":
            await held(office)
        never = Dying(10_000, after=False)
        office.wrap = never
        await getattr(office, name)()
        calls[name] = 10_000 - never._left

    assert {"restrict": 3, "release": 12, "resolve": 4, "reprocess": 4} == calls
