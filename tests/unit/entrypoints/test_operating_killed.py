"""Operators' requests whose host is killed at any call of a port, and sent again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from penstock.api import Refused, Unanswered
from penstock.contracts import Checked
from penstock.domain.caller import Caller, Scope
from penstock.domain.operation import OperationKind
from penstock.domain.payment import Payment
from penstock.domain.restriction import Restriction, RestrictionKind
from penstock.entrypoints.http.handlers import Call
from penstock.entrypoints.http.message import Answer
from penstock.entrypoints.http.operating import OperateHandlers
from penstock.errors import TransientError
from penstock.operators.once import LEASE
from penstock.pipeline.keys import derived_id
from penstock.ports import Asked
from tests.unit.entrypoints.stand import Stand
from tests.unit.entrypoints.test_operating import sold
from tests.unit.operators.desk import Dying, Killed, lives

PAYMENT = "acme-SALE1"
BODIES: dict[str, dict[str, Any]] = {
    "restrict": {"kind": "gateway", "value": "acme"},
    "release": {"kind": "gateway", "value": "acme"},
    "reprocessPayment": {"payment": PAYMENT},
    "resolveOperation": {"kind": "payment", "value": PAYMENT, "outcome": "failed"},
    "makeInvoice": {"payment": PAYMENT},
}
CALLS = {
    "restrict": 5,
    "release": 11,
    "reprocessPayment": 6,
    "resolveOperation": 6,
    "makeInvoice": 7,
}
"""Calls of ports: a host dies before and after each."""
NEVER = 1000


class Around:
    """The stand's world, whose host may die."""

    def __init__(self, stand: Stand, dying: Dying) -> None:
        world = stand.world
        self.clock, self.ids = world.clock, world.ids
        self.ledger, self.audit = dying(world.ledger), dying(world.audit)
        self.restrictions, self.answers = dying(world.restrictions), dying(world.answers)


async def ready(operation: str) -> Stand:
    """A sale, and what makes the command one that can be done."""
    stand = Stand()
    if operation == "resolveOperation":
        stand.acme.create_answers = [Unanswered("timeout")]
    if operation == "makeInvoice":
        stand.acme.create_answers = [Refused("INVALID_RECIPIENT")]
    # An invoice whose answer was lost is tried again later.
    with suppress(TransientError):
        await sold(stand)
    if operation == "release":
        kind, now = RestrictionKind.gateway, stand.clock.now()
        await stand.world.restrictions.put(Restriction(kind, "acme", now, "token t-1", "x"))
        payment = await stand.world.ledger.load(Payment, PAYMENT)
        assert payment is not None
        await stand.world.restrictions.note("gateway#acme", payment.ref)
    stand.clock.advance(60)
    return stand


async def send(stand: Stand, operation: str, dying: Dying) -> Answer:
    world: Any = Around(stand, dying)
    body = {**BODIES[operation], "reason": "a test"}
    if operation == "resolveOperation":
        payment = await stand.world.ledger.load(Payment, PAYMENT)
        assert payment is not None
        body["operation"] = payment.operation_id(OperationKind.invoice)
    caller = Caller("t-1", "shop", frozenset(Scope))
    call = Call(Checked({"Idempotency-Key": "k"}, body), {}, b"", caller)
    handlers = OperateHandlers(replace(stand.platform, world=world))
    return await handlers.table()[operation](call)


async def state(stand: Stand) -> Any:
    payment = await stand.world.ledger.load(Payment, PAYMENT)
    assert payment is not None
    restricted = [one.key for one in await stand.world.restrictions.list()]
    operations = [(one.id, one.state, one.reason) for one in payment.operations]
    return payment.status, operations, payment.sequence, restricted


@pytest.mark.parametrize(
    ("operation", "claims"), [("restrict", 1), ("release", 2), ("makeInvoice", 2)]
)
async def test_a_claim_of_code_before_this_version_is_finished_by_its_repeat(
    operation: str, claims: int
):
    """
    Such a claim does not say what its request was about: the repeat says it.
    """
    undisturbed, stand = await ready(operation), await ready(operation)
    await send(undisturbed, operation, Dying(NEVER, after=False))
    with pytest.raises(Killed):
        await send(stand, operation, Dying(claims, after=True))
    answers, now = stand.world.answers, stand.clock.now()
    kept = await answers.claim(Asked(derived_id("operate", "k", "shop"), "", "", now), now)
    await answers.keep(replace(kept, meant=None))
    stand.clock.advance(LEASE.total_seconds())
    done = await send(stand, operation, Dying(NEVER, after=False))

    assert 200 == done.status
    assert await state(undisturbed) == await state(stand)


@pytest.mark.parametrize("operation", BODIES)
async def test_a_request_whose_host_was_killed_is_finished_by_its_repeat(operation: str):
    """
    Once the claim of the first try has ended; what was meant is done once, and every further
    repeat has the same answer.
    """
    undisturbed, alive = await ready(operation), Dying(NEVER, after=False)
    await send(undisturbed, operation, alive)
    for dying in lives(CALLS[operation]):
        stand = await ready(operation)
        with pytest.raises(Killed):
            await send(stand, operation, dying)
        stand.clock.advance(LEASE.total_seconds())
        done = await send(stand, operation, Dying(NEVER, after=False))
        again = await send(stand, operation, Dying(NEVER, after=False))

        assert (200, done.body) == (done.status, again.body)
        assert await state(undisturbed) == await state(stand)

    assert CALLS[operation] == alive.calls
    print(f"{operation}: killed {2 * alive.calls} times")
