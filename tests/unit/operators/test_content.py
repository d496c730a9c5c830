"""What an operator is shown of a message: what it asks for, and what the ledger knows of that."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain import rules
from penstock.domain.change import change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.domain.record import Became
from penstock.errors import CommandRefused
from penstock.operators.content import Content, content
from penstock.operators.knowledge import Known
from penstock.operators.letters import Letter, Selection
from penstock.operators.sending import expected
from penstock.pipeline.deliver import REPLAY, attempt_key
from penstock.pipeline.orders import Action, ActionMessage, ChargeMessage
from penstock.pipeline.recording import record_id
from penstock.ports import Message
from penstock.testing.builders import delivery, event, notification, order, payment
from penstock.testing.clock import NOON
from tests.unit.operators.desk import Desk

CHARGE = ChargeMessage("pay-1", "acme", order(reference="order-1"))
REFUND = ActionMessage("pay-1", "acme", Action.refund, "op-1")
RECEIVED = "2026-11-02T12:00:00+00:00"


def read(queue: str, body: str) -> Content:
    return content(queue, Message("m-1", body, "g", "r"))


def test_a_charge_shows_its_amount_and_reference() -> None:
    assert Content(
        "charge",
        "pay-1",
        {"provider": "acme", "amount": "12.50 USD", "reference": "order-1"},
        CHARGE,
    ) == read("payments", CHARGE.dumps())
    without = ChargeMessage("pay-1", "acme", order())
    assert {"provider": "acme", "amount": "12.50 USD"} == read("payments", without.dumps()).facts


def test_another_action_shows_its_operation() -> None:
    assert Content("refund", "pay-1", {"provider": "acme", "operation": "op-1"}, REFUND) == read(
        "payments", REFUND.dumps()
    )


def test_a_notification_shows_whose_it_is_and_how_we_know_of_it() -> None:
    told = notification()
    facts = {
        "gateway": "example",
        "notification": "note-1",
        "occurred_at": RECEIVED,
        "evidence": "signed",
    }

    assert Content("charge.succeeded", "pay-1", facts, told) == read("verified", told.dumps())
    # What the gateway's API contradicts is rejected as a notification.
    assert Content("charge.succeeded", "pay-1", facts, told) == read("rejected", told.dumps())


@pytest.mark.parametrize("queue", ["deliveries", "rejected"])
def test_a_webhook_shows_when_it_came_and_how_long_it_is(queue: str) -> None:
    came = delivery(b'{"a":1}')

    assert Content(
        "webhook",
        came.id[:12],
        {"gateway": "example", "received_at": RECEIVED, "bytes": "7"},
        came,
    ) == read(queue, came.dumps())


def test_an_event_for_a_sink_shows_its_id_and_time() -> None:
    fact = event()

    assert Content(
        "payment.succeeded",
        fact.entity,
        {"event": "event-1", "gateway": "example", "time": RECEIVED},
        fact,
    ) == read("sink-slack", fact.dumps())


@pytest.mark.parametrize("queue", ["payments", "verified", "deliveries", "rejected", "sink-slack"])
def test_what_cannot_be_read_says_so(queue: str) -> None:
    shown = read(queue, "no JSON")

    assert ("unreadable", None, None) == (shown.what, shown.subject, shown.asked)
    assert shown.facts["because"]


def test_a_notification_among_deliveries_is_unreadable() -> None:
    assert "unreadable" == read("deliveries", notification().dumps()).what


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


@pytest.mark.parametrize(
    ("queue", "body", "known", "says"),
    [
        ("rejected", CHARGE.dumps(), Known("x"), "no function consumes this queue"),
        ("payments", CHARGE.dumps(), Known("x"), "charge will take it; the ledger has: x"),
        ("other", CHARGE.dumps(), Known("x"), "its consumer will take it; the ledger has: x"),
        (
            "payments",
            CHARGE.dumps(),
            Known("x", succeeded=True),
            "it will change nothing, the ledger has: x",
        ),
        (
            "sink-slack",
            event().dumps(),
            Known("slack has had it", succeeded=True),
            "it will end as a duplicate, slack has had it: see `penstock events replay --help`",
        ),
        ("sink-slack", event().dumps(), Known("x"), "deliver will take it; the ledger has: x"),
        (
            "verified",
            notification().dumps(),
            Known("x"),
            "process will take it; the ledger has: x",
        ),
        ("deliveries", delivery().dumps(), Known("x"), "verify will take it; the ledger has: x"),
    ],
)
def test_before_a_message_is_sent_it_says_what_will_become_of_it(
    queue: str, body: str, known: Known, says: str
) -> None:
    told = content("payments" if queue in ("rejected", "other") else queue, _message(body))

    assert says == expected(queue, told, known)


def test_a_message_that_cannot_be_read_will_be_parked() -> None:
    told = Content("unreadable", None, {"because": "it is no JSON"})

    assert "charge will park it: it is no JSON" == expected("payments", told, Known("x"))
    assert "charge will park it: it cannot be read" == expected(
        "payments", replace(told, facts={}), Known("x")
    )


def _message(body: str, **rest: object) -> Message:
    return replace(Message("m-1", body, "g", "r"), **rest)  # type: ignore[arg-type]  # fields by name


HOUR = timedelta(hours=1)


def letter(**attributes: str) -> Letter:
    message = _message("{}", id="0123456789abcdef", attributes=attributes, group="pay-1")
    return Letter("payments", message, read("payments", "{}"), Known("x"), NOON - HOUR, 3)


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(everything=True), True),
        (Selection(ids=["01234567"]), True),
        (Selection(ids=["other-id", "0123456789abcdef"]), True),
        (Selection(ids=["12345678"]), False),
        (Selection(reason="NO funds"), True),
        (Selection(reason="funds are"), False),
        (Selection(group="pay-1"), True),
        (Selection(group="pay-"), False),
        (Selection(older_than=HOUR), True),
        (Selection(older_than=HOUR + timedelta(seconds=1)), False),
        (Selection(ids=["01234567"], group="pay-2"), False),
        (Selection(ids=["01234567"], reason="else"), False),
        (Selection(reason="no funds", group="pay-1", older_than=timedelta()), True),
    ],
)
def test_a_letter_is_taken_if_it_fits_all_that_is_given(selection: Selection, taken: bool) -> None:
    assert taken is selection.takes(letter(reason="there are No Funds"), NOON)


def test_a_letter_of_unknown_age_is_not_old_enough() -> None:
    ageless = replace(letter(), since=None)

    assert not Selection(older_than=timedelta()).takes(ageless, NOON)
    assert Selection(group="pay-1").takes(ageless, NOON)


def test_a_letter_without_a_reason_says_where_it_may_come_from() -> None:
    assert "received 200 times without an end; SQS moved it, or the sender gave no reason" == (
        letter().reason
    )
    assert ("0123456789abcdef", "pay-1") == (letter().id, letter().group)


@pytest.mark.parametrize(
    ("selection", "says"),
    [
        (Selection(), "say which: an id, --reason"),
        (Selection(ids=["0123456"]), "an id has at least 8 characters"),
        (Selection(ids=["01234567", "0"], everything=True), "an id has at least 8 characters"),
    ],
)
def test_a_selection_that_selects_nothing_or_too_much_is_refused(
    selection: Selection, says: str
) -> None:
    with pytest.raises(CommandRefused, match=says):
        selection.checked()


@pytest.mark.parametrize(
    "selection",
    [
        Selection(ids=["01234567"]),
        Selection(reason="x"),
        Selection(group="g"),
        Selection(older_than=HOUR),
        Selection(everything=True),
    ],
)
def test_one_condition_is_enough(selection: Selection) -> None:
    assert selection == selection.checked()


def test_ids_that_name_no_letter_are_told() -> None:
    selection = Selection(ids=["01234567", "89abcdef"])

    assert ["89abcdef"] == selection.missing([letter()])
    assert ["01234567", "89abcdef"] == selection.missing([])
