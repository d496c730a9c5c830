"""Operators' requests that are repeated after a crash, when another operator was faster."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from penstock.adapters.memory import MemoryAudit
from penstock.api import Refused
from penstock.contracts import Checked
from penstock.domain.caller import Caller, Scope
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.entrypoints.http.handlers import Call
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.operating import OperateHandlers
from penstock.errors import RequestRefused
from penstock.operators.audited import Audited
from penstock.operators.once import LEASE
from penstock.operators.restrictions import Release, Restrict
from tests.unit.entrypoints.stand import Stand
from tests.unit.entrypoints.test_operating_killed import (
    CALLS,
    NEVER,
    PAYMENT,
    Around,
    ready,
    send,
)
from tests.unit.operators.desk import Dying, Killed, lives

ACME = (RestrictionKind.gateway, "acme")
ALIVE = Dying(NEVER, after=False)


class Eve:
    """Another operator, at the command line."""

    def __init__(self, stand: Stand) -> None:
        self.world = stand.world
        self.audited = Audited(MemoryAudit(), stand.clock, stand.world.ids, "local eve")

    async def restrict(self) -> Restriction:
        world = self.world
        command = Restrict(world.ledger, world.restrictions, world.clock, self.audited)
        done = await command(*ACME, "the bank asked")
        assert done.restriction is not None
        return done.restriction

    async def release(self) -> None:
        world = self.world
        command = Release(world.ledger, world.restrictions, world.clock, world.ids, self.audited)
        await command(*ACME, "a mistake")


async def in_force(stand: Stand) -> list[Restriction]:
    return list(await stand.world.restrictions.list())


async def overtaken(stand: Stand, operation: str, dying: Dying) -> None:
    """Send a request whose host dies, and let its claim end."""
    with pytest.raises(Killed):
        await send(stand, operation, dying)
    stand.clock.advance(LEASE.total_seconds())


async def test_a_repeated_release_leaves_what_was_restricted_since():
    """
    Its notes, too: the later release must find what the later restriction holds.
    """
    for dying in lives(CALLS["release"]):
        stand = await ready("release")
        before = await in_force(stand)
        await overtaken(stand, "release", dying)
        eve = Eve(stand)
        await eve.release()
        theirs = await eve.restrict()
        payment = await stand.world.ledger.load(Payment, PAYMENT)
        assert payment is not None
        await stand.world.restrictions.note(theirs.key, payment.ref)
        stand.clock.advance(1)
        if dying.step == 1 or (dying.step == 2 and not dying.after):
            # It died before it was claimed: nobody knows yet which one was meant.
            continue
        told = await send(stand, "release", ALIVE)

        assert [theirs] == await in_force(stand), (dying.step, dying.after)
        assert [theirs] != before
        assert [payment.ref] == list(await stand.world.restrictions.held(theirs.key, 10))
        assert 200 == told.status


async def test_a_repeated_restrict_does_not_undo_a_release():
    """
    What was put and lifted is not put again; what was never put is.
    """
    again = dict[tuple[int, bool], int]()
    for dying in lives(CALLS["restrict"]):
        stand = await ready("restrict")
        await overtaken(stand, "restrict", dying)
        put = bool(await in_force(stand))
        await Eve(stand).release()
        stand.clock.advance(1)
        await send(stand, "restrict", ALIVE)
        again[dying.step, dying.after] = len(await in_force(stand))

        assert again[dying.step, dying.after] == int(not put), (dying.step, dying.after)

    assert {0, 1} == set(again.values())


async def make(stand: Stand, key: str, dying: Dying, *, new_number: bool) -> Answer:
    world: Any = Around(stand, dying)
    body = {"payment": PAYMENT, "reason": "a test", "new_number": new_number}
    caller = Caller("t-1", "shop", frozenset(Scope))
    handlers = OperateHandlers(replace(stand.platform, world=world))
    return await handlers.make_invoice(
        Call(Checked({"Idempotency-Key": key}, body), {}, b"", caller)
    )


async def invoice(stand: Stand) -> tuple[str | None, OperationState]:
    payment = await stand.world.ledger.load(Payment, PAYMENT)
    assert payment is not None
    made = payment.operation(OperationKind.invoice)
    assert made is not None
    return payment.invoice_number, made.state


@pytest.mark.parametrize("new_number", [False, True])
async def test_a_repeated_make_invoice_is_answered_though_the_sweep_has_made_it(new_number: bool):
    for dying in lives(CALLS["makeInvoice"]):
        stand = await ready("makeInvoice")
        with pytest.raises(Killed):
            await make(stand, "k", dying, new_number=new_number)
        await stand.platform.sweep()
        number, _ = await invoice(stand)
        stand.clock.advance(LEASE.total_seconds())
        told = await make(stand, "k", ALIVE, new_number=new_number)
        await stand.platform.sweep()

        assert 200 == told.status
        wanted = "PS-SALE1-2" if new_number else "PS-SALE1"
        assert (wanted, OperationState.succeeded) == await invoice(stand), number


async def test_a_repeated_make_invoice_takes_no_second_number():
    """
    Though the number it took is withheld again by now.
    """
    for dying in lives(CALLS["makeInvoice"]):
        stand = await ready("makeInvoice")
        stand.acme.create_answers = [Refused("INVALID_RECIPIENT")]
        with pytest.raises(Killed):
            await make(stand, "k", dying, new_number=True)
        await stand.platform.sweep()
        stand.clock.advance(LEASE.total_seconds())
        await make(stand, "k", ALIVE, new_number=True)

        assert "PS-SALE1-2" == (await invoice(stand))[0], (dying.step, dying.after)


async def test_a_repeated_make_invoice_does_not_follow_another_operators_number():
    """
    It was killed before it reserved anything, and another command took the number.
    """
    stand = await ready("makeInvoice")
    stand.acme.create_answers = [Refused("INVALID_RECIPIENT")]
    with pytest.raises(Killed):
        await make(stand, "k", Dying(3, after=True), new_number=True)
    await make(stand, "other", ALIVE, new_number=True)
    await stand.platform.sweep()
    stand.clock.advance(LEASE.total_seconds())
    with pytest.raises(RequestRefused) as refused:
        await make(stand, "k", ALIVE, new_number=True)

    assert 409 == refused.value.status
    assert "PS-SALE1-2" == (await invoice(stand))[0]
