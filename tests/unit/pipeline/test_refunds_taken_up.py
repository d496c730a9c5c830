"""A refund that was requested: when it is sent, asked about, or left to people."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import NotSent, Pending, Unanswered
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.errors import GatewayUnavailable, LedgerConflict, PaymentConflict, UnknownPayment
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.contended import Contended
from tests.unit.pipeline.refund_terms import TERMS, asked, rewritten
from tests.unit.pipeline.refunds import ask, paid, refunds, work
from tests.unit.pipeline.world import LEASE, World


@pytest.mark.parametrize("conflicts", [9, 10])
async def test_an_answer_is_kept_though_others_write_up_to_ten_times(conflicts: int):
    world = World()
    await paid(world)
    identity = await ask(world, 500)
    refund = world.acme.refund

    async def crowded(request: Any) -> Any:
        answer = await refund(request)
        ledger = Contended(world, conflicts)
        object.__setattr__(stage, "ledger", ledger)
        return answer

    stage = replace(world.refund, gateways={"acme": world.acme})
    world.acme.refund = crowded  # type: ignore[method-assign]  # a crowd comes with the answer

    with nullcontext() if conflicts < 10 else pytest.raises(LedgerConflict, match="try again"):
        await stage(asked(identity))

    left = OperationState.succeeded if conflicts < 10 else OperationState.submitting
    assert left is (await refunds(world))[0].state


async def test_a_message_of_no_refund_is_refused():
    world = World()
    held = await paid(world)
    for operation in ("none", held.operations[0].id):
        with pytest.raises(PaymentConflict, match="no refund of that id"):
            await world.refund(asked(operation))
    with pytest.raises(UnknownPayment):
        await world.refund(asked("none", "p404"))
    assert [] == world.acme.refund_calls


@pytest.mark.parametrize("lacks", ["terms", "money"])
async def test_a_refund_without_terms_or_money_is_never_sent(lacks: str):
    world = World()
    held = await paid(world)
    terms = None if lacks == "terms" else TERMS
    bare = Operation("op-1", OperationKind.refund, terms=terms)
    steps = held.transactions if lacks == "terms" else ()
    await rewritten(world, operations=held.replacing(bare), transactions=steps)

    with pytest.raises(PaymentConflict, match="without terms, or of a payment without money"):
        await world.refund(asked("op-1"))
    assert [] == world.acme.refund_calls


@pytest.mark.parametrize(("minutes", "calls"), [(60, 2), (59, 1)])
async def test_an_hour_before_the_gateway_forgets_it_a_lost_one_is_left_to_people(
    minutes: int, calls: int
):
    world = World(Acme(refund_answers=[Unanswered("lost")]))
    await paid(world)
    await ask(world, 500)
    await work(world)
    world.clock.advance((world.acme.window - timedelta(minutes=minutes)).total_seconds())

    await work(world)

    assert calls == len(world.acme.refund_calls)


async def test_the_way_of_a_refund_is_asked_for_until_its_first_attempt():
    world = World(Acme(routes=[NotSent("later")]))
    await paid(world)
    await ask(world, 500)
    await work(world)
    assert (0, OperationState.reserved) == (
        len(world.acme.refund_calls),
        (await refunds(world))[0].state,
    )
    world.clock.advance(60)
    began = world.clock.now()
    world.acme.refund_answers = [Unanswered("lost")]
    await work(world)
    world.clock.advance(60)
    await work(world)

    assert ["/sales", "/sales"] == [one.path for one in world.acme.refund_calls]
    assert began == (await refunds(world))[0].began_at


@pytest.mark.parametrize(
    ("fields", "asks", "state", "reason"),
    [
        ({"state": OperationState.pending, "due_at": NOON}, 1, OperationState.pending, None),
        (
            {"state": OperationState.submitting, "lease_until": NOON},
            0,
            OperationState.unknown,
            "its worker died; its message asks again",
        ),
        (
            {"state": OperationState.unknown, "lost_at": NOON, "reason": "timeout"},
            0,
            OperationState.unknown,
            "timeout",
        ),
    ],
)
async def test_the_sweep_asks_about_a_pending_refund_and_leaves_a_lost_one_to_its_message(
    fields: dict[str, Any], asks: int, state: OperationState, reason: str | None
):
    class Read(Acme):
        reads = 0

        async def read_refund(self, request: Any) -> Any:
            self.reads += 1
            return Pending("RE1")

    acme = Read()
    world = World(acme)
    held = await paid(world)
    given = {"terms": TERMS, "path": "/sales", "began_at": NOON, "reference": "RE1", **fields}
    one = replace(Operation("op-1", OperationKind.refund), **given)
    before = await rewritten(world, operations=held.replacing(one))

    after = await world.refund.resume(before, one)

    found = after.operation_by_id("op-1")
    assert found is not None
    assert (asks, state, reason) == (acme.reads, found.state, found.reason)
    assert (state is OperationState.pending) == (found.due_at is not None)


@pytest.mark.parametrize(
    "fields",
    [
        {"lease_until": NOON + LEASE},
        {"restricted_at": NOON},
        {"lease_until": NOON + LEASE, "restricted_at": NOON},
    ],
)
async def test_the_sweep_leaves_a_refund_alone_that_somebody_is_at_or_that_is_held(
    fields: dict[str, Any],
):
    world = World()
    held = await paid(world)
    one = replace(
        Operation("op-1", OperationKind.refund, OperationState.unknown, terms=TERMS), **fields
    )
    before = await rewritten(world, operations=held.replacing(one))

    assert before is await world.refund.resume(before, one)


async def test_a_lost_answer_of_a_refund_says_so():
    world = World(Acme(refund_answers=[Unanswered("lost")]))
    await paid(world)
    identity = await ask(world, 500)

    with pytest.raises(GatewayUnavailable, match="lost"):
        await world.refund(asked(identity))
