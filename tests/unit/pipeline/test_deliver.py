"""Deliver: a sink gets an event once, at its own pace, or not at all with a reason."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from penstock.adapters.memory import MemoryAttempts
from penstock.api import Attempt, Delivered, Delivering, Event, EventType, Refused, RetryAfter
from penstock.errors import SinkRefused, SinkUnavailable
from penstock.pipeline.deliver import Deliver
from penstock.ports import Message
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.world import message

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PAID = Event("e-1", EventType.payment_succeeded, "p1", "acme", 1, NOON, {})


class Board:
    """A sink that writes on a board."""

    name = "board"

    def __init__(self, answer: Delivering) -> None:
        self._answer = answer
        self.had: list[tuple[str, int]] = []

    def accepts(self, event: Event) -> bool:
        return event.type is EventType.payment_succeeded

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        self.had.append((event.id, attempt.number))
        return self._answer


class Everything(Board):
    """A board that takes any event."""

    def accepts(self, event: Event) -> bool:
        return True


def stage(board: Board) -> Deliver:
    return Deliver(board, MemoryAttempts(), FrozenClock())


async def test_the_same_event_twice_reaches_the_sink_once():
    board = Board(Delivered())
    deliver = stage(board)

    await deliver(message(PAID.dumps()))
    again = await deliver(message(PAID.dumps(), number=2))

    assert ([("e-1", 1)], "duplicate") == (board.had, again.outcome)


async def test_an_event_the_sink_does_not_accept_is_skipped():
    other = Event("e-2", EventType.invoice_paid, "p1", "acme", 2, NOON, {})
    board = Board(Delivered())

    handled = await stage(board)(message(other.dumps()))

    assert ([], "skipped") == (board.had, handled.outcome)


async def test_a_sink_that_says_later_is_tried_then_and_told_which_attempt_it_is():
    board = Board(RetryAfter("429", seconds=17))

    with pytest.raises(SinkUnavailable) as later:
        await stage(board)(message(PAID.dumps(), receives=3))

    assert (17, [("e-1", 3)]) == (later.value.retry_after, board.had)


async def test_a_sink_that_never_will_parks_the_event_with_its_reason():
    with pytest.raises(SinkRefused, match="channel_not_found"):
        await stage(Board(Refused("channel_not_found")))(message(PAID.dumps()))


async def test_an_event_of_a_type_that_only_newer_code_knows_is_skipped_and_never_parked():
    """
    During a deployment newer code publishes already while this code still delivers.
    """
    newer = json.loads(PAID.dumps()) | {"type": "payment.blessed"}
    board = Everything(Delivered())

    handled = await stage(board)(message(json.dumps(newer)))

    assert ([], "skipped") == (board.had, handled.outcome)


@pytest.mark.parametrize(
    ("selected", "outcome"),
    [
        (None, "payment.succeeded delivered"),
        ({"payment.succeeded", "dispute.opened"}, "payment.succeeded delivered"),
        ({"dispute.opened"}, "skipped"),
    ],
)
async def test_a_sink_gets_only_the_event_types_that_are_selected_for_it(
    selected: set[str] | None, outcome: str
):
    deliver = replace(stage(Everything(Delivered())), selected=selected)

    assert outcome == (await deliver(message(PAID.dumps()))).outcome


def replayed(replay: str, number: int = 2) -> Message:
    return replace(message(PAID.dumps(), number=number), attributes={"replay": replay})


async def test_a_replayed_event_reaches_the_sink_again_once_a_replay():
    board = Board(Delivered())
    deliver = stage(board)
    await deliver(message(PAID.dumps()))

    first = await deliver(replayed("r-1"))
    copy = await deliver(replayed("r-1", 3))
    second = await deliver(replayed("r-2", 4))

    assert 3 == len(board.had)
    assert ["payment.succeeded delivered", "duplicate", "payment.succeeded delivered"] == [
        one.outcome for one in (first, copy, second)
    ]


async def test_a_replay_is_not_held_back_by_the_sinks_selection():
    """
    The command has applied it, or the operator has said otherwise.
    """
    board = Everything(Delivered())
    deliver = Deliver(board, MemoryAttempts(), FrozenClock(), selected=["invoice.paid"])

    await deliver(message(PAID.dumps()))
    await deliver(replayed("r-1"))

    assert 1 == len(board.had)
