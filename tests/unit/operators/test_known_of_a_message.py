"""What the ledger knows of the work that a message asks for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.record import Became
from penstock.operators.content import content
from penstock.operators.knowledge import Known
from penstock.pipeline.deliver import REPLAY, attempt_key
from penstock.pipeline.orders import Action, ActionMessage
from penstock.pipeline.recording import record_id
from penstock.ports import Message
from penstock.testing.builders import delivery, event, notification, payment
from penstock.testing.clock import NOON
from tests.unit.operators.contents import CHARGE, REFUND, read
from tests.unit.operators.desk import Desk


async def held(desk: Desk, *operations: Operation) -> Payment:
    one = payment(operations=operations)
    decided = change(None, one, now=NOON, new_id=desk.world.ids.new)
    await desk.world.ledger.commit(decided)
    return decided.entity


@pytest.mark.parametrize(
    ("changes", "known"),
    [
        ({}, Known("charge reserved", mark="1")),
        ({"attempts": 2}, Known("charge reserved, attempt 2", mark="1")),
        (
            {"state": OperationState.succeeded, "attempts": 1},
            Known("charge succeeded, attempt 1", succeeded=True, ended=True, mark="1"),
        ),
        ({"state": OperationState.declined}, Known("charge declined", ended=True, mark="1")),
        ({"state": OperationState.pending}, Known("charge pending", ended=True, mark="1")),
        ({"state": OperationState.unknown}, Known("charge unknown", mark="1")),
        (
            {"restricted_at": NOON, "reason": "held: the payer is restricted"},
            Known("charge reserved, held: the payer is restricted", ended=True, mark="1"),
        ),
    ],
)
async def test_what_is_known_of_a_charge_is_its_state_and_whether_that_is_its_end(
    changes: dict[str, object], known: Known
) -> None:
    desk = Desk()
    charge = replace(Operation("op-1", OperationKind.charge), **changes)  # type: ignore[arg-type]  # fields by name
    await held(desk, charge)

    assert known == await desk.knowledge("payments", read("payments", CHARGE.dumps()))


async def test_what_is_known_of_work_that_the_ledger_lacks() -> None:
    desk = Desk()
    asked = [
        ("payments", CHARGE.dumps()),
        ("payments", REFUND.dumps()),
        ("payments", ActionMessage("I-1", "acme", Action.collect, "op-1").dumps()),
        ("verified", notification().dumps()),
        ("deliveries", delivery().dumps()),
        ("sink-slack", event().dumps()),
        ("payments", "no JSON"),
    ]

    assert [
        Known("no payment has this id"),
        Known("no refund has this id"),
        Known("no collect has this id"),
        Known("not recorded", mark="none"),
        Known("not verified: the ledger knows nothing of it"),
        Known("slack has not had it"),
        Known("it cannot be read, so nothing is known of it"),
    ] == [await desk.knowledge(queue, read(queue, body)) for queue, body in asked]


async def test_a_payment_that_we_never_charged_says_so() -> None:
    desk = Desk()
    await held(desk)

    assert Known("the payment is accepted and was never charged by us") == await desk.knowledge(
        "payments", read("payments", CHARGE.dumps())
    )


async def test_what_is_known_of_another_action_is_that_operation() -> None:
    desk = Desk()
    await held(
        desk,
        Operation("op-1", OperationKind.refund, OperationState.pending),
        Operation("op-2", OperationKind.refund),
    )

    assert Known("refund pending", ended=True, mark="1") == await desk.knowledge(
        "payments", read("payments", REFUND.dumps())
    )


@pytest.mark.parametrize(
    "action", [one for one in Action if one not in (Action.collect, Action.charge)]
)
async def test_an_action_on_a_payment_is_looked_up_there(action: Action) -> None:
    desk = Desk()
    await held(desk, Operation("op-1", OperationKind(action.value)))
    asked = ActionMessage("pay-1", "acme", action, "op-1")

    assert Known(f"{action.value} reserved", mark="1") == await desk.knowledge(
        "payments", read("payments", asked.dumps())
    )


@pytest.mark.parametrize("became", list(Became))
async def test_a_notification_is_done_unless_it_is_parked(became: Became) -> None:
    desk = Desk()
    told = notification()
    kept = rules.record(
        None,
        record_id(told),
        told,
        became,
        because=None,
        subject=None,
        confirmed=False,
        now=NOON,
        new_id=desk.world.ids.new,
    )
    await desk.world.ledger.commit(kept)
    done = became is not Became.parked

    assert Known(f"recorded as {became.value}", done, done, "1") == await desk.knowledge(
        "verified", read("verified", told.dumps())
    )


async def test_an_event_that_a_sink_has_had_is_done() -> None:
    desk = Desk()
    fact = event()
    await desk.attempts.record("slack", fact.id, NOON)

    assert Known(
        "slack has had it", succeeded=True, ended=True, mark="delivered"
    ) == await desk.knowledge("sink-slack", read("sink-slack", fact.dumps()))


async def test_a_replay_is_known_apart_from_the_first_delivery() -> None:
    """A replay that was parked must not be taken for done: then it would be dropped."""
    desk = Desk()
    fact = event()
    await desk.attempts.record("slack", fact.id, NOON)
    parked = Message("m-1", fact.dumps(), "g", "r", attributes={REPLAY: "replay-1"})
    told = content("sink-slack", parked)

    assert "replay-1" == told.facts["replay"]
    assert Known("slack has not had it") == await desk.knowledge("sink-slack", told)

    await desk.attempts.record("slack", attempt_key(fact.id, "replay-1"), NOON)
    assert (await desk.knowledge("sink-slack", told)).succeeded
