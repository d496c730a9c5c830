"""A batch: order within a group, groups side by side, nothing lost and nothing begun too late."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from penstock.errors import (
    ChannelUnavailable,
    GatewayUnavailable,
    LedgerConflict,
    MalformedMessage,
)
from penstock.pipeline.batch import Backoff, Batch, Handle, Handled, Status
from penstock.ports import Message
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.world import message


class Inbox:
    """Notes what was postponed and parked."""

    def __init__(self, *, takes_parked: bool = True) -> None:
        self.postponed: list[tuple[list[str], float]] = []
        self.parked: list[tuple[str, str]] = []
        self._takes_parked = takes_parked

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        raise NotImplementedError

    async def delete(self, message: Message) -> None:
        raise NotImplementedError

    async def postpone(self, messages: Sequence[Message], delay: float) -> None:
        self.postponed.append(([m.id for m in messages], delay))

    async def park(self, message: Message, reason: str) -> None:
        if not self._takes_parked:
            raise ChannelUnavailable("the dead-letter queue is away")
        self.parked.append((message.id, reason))

    async def depth(self) -> dict[str, int]:
        raise NotImplementedError


def batch(handle: Handle, inbox: Inbox) -> Batch:
    return Batch("test", handle, inbox, FrozenClock(), Backoff(2, 900), item_timeout=20)


def plenty() -> float:
    return 3600.0


def messages(*groups: str) -> list[Message]:
    return [message(f"{n}", group=group, number=n) for n, group in enumerate(groups, start=1)]


async def test_a_failing_message_holds_back_its_group_and_no_other():
    begun: list[str] = []

    async def handle(item: Message) -> Handled:
        begun.append(item.id)
        if item.id == "m-2":
            raise GatewayUnavailable("away", retry_after=7)
        return Handled(None, "done")

    inbox = Inbox()

    results = await batch(handle, inbox).run(messages("a", "b", "a", "b", "c"), plenty)

    assert [Status.done, Status.retry, Status.done, Status.retry, Status.done] == [
        result.status for result in results
    ]
    assert "m-4" not in begun
    assert [(["m-2", "m-4"], 7.0)] == inbox.postponed


async def test_groups_run_side_by_side_and_a_group_in_order():
    order: list[str] = []
    both = asyncio.Barrier(2)

    async def handle(item: Message) -> Handled:
        order.append(item.id)
        await both.wait()
        return Handled(None, "done")

    await batch(handle, Inbox()).run(messages("a", "b", "a", "b"), plenty)

    assert (["m-1", "m-2"], ["m-3", "m-4"]) == (sorted(order[:2]), sorted(order[2:]))


async def test_poison_is_parked_with_its_reason_and_its_followers_go_on():
    async def handle(item: Message) -> Handled:
        if item.id == "m-1":
            raise MalformedMessage("order.amount is missing")
        return Handled(None, "done")

    inbox = Inbox()

    results = await batch(handle, inbox).run(messages("a", "a"), plenty)

    assert [Status.parked, Status.done] == [result.status for result in results]
    assert [("m-1", "MalformedMessage: order.amount is missing")] == inbox.parked


async def test_what_cannot_be_parked_stays_on_the_queue():
    async def handle(item: Message) -> Handled:
        raise MalformedMessage("no")

    results = await batch(handle, Inbox(takes_parked=False)).run(messages("a", "a"), plenty)

    assert [Status.retry, Status.retry] == [result.status for result in results]


async def test_nothing_begins_without_time_to_end_and_it_comes_back_at_once():
    async def handle(item: Message) -> Handled:
        raise AssertionError("must not begin")

    inbox = Inbox()

    results = await batch(handle, inbox).run(messages("a", "a"), lambda: 25.0)

    assert [Status.retry, Status.retry] == [result.status for result in results]
    assert [(["m-1", "m-2"], 0.0)] == inbox.postponed


async def test_a_message_begins_with_a_moment_more_than_it_may_take():
    async def handle(item: Message) -> Handled:
        return Handled(None, "done")

    (result,) = await batch(handle, Inbox()).run(messages("a"), lambda: 25.1)

    assert Status.done is result.status


async def test_want_of_time_is_never_held_against_a_message():
    async def handle(item: Message) -> Handled:
        raise AssertionError("must not begin")

    inbox = Inbox()
    tired = message("1", group="a", receives=150)

    await batch(handle, inbox).run([tired], lambda: 25.0)

    assert [(["m-1"], 0.0)] == inbox.postponed


async def test_an_outage_that_says_at_once_again_does_not_use_up_the_receipts():
    """A queue gives a message up after 200 receipts: they must last longer than a day."""

    async def handle(item: Message) -> Handled:
        raise GatewayUnavailable("503", retry_after=0)

    waited = 0.0
    for receives in range(1, 201):
        inbox = Inbox()
        await batch(handle, inbox).run([message("1", receives=receives)], plenty)
        waited += inbox.postponed[0][1]

    assert waited > 24 * 3600


async def test_an_item_that_never_ends_is_ended():
    async def handle(item: Message) -> Handled:
        await asyncio.Event().wait()
        return Handled(None, "never")

    inbox = Inbox()
    slow = Batch("test", handle, inbox, FrozenClock(), Backoff(2, 900), item_timeout=0.01)

    (result,) = await slow.run(messages("a"), plenty)

    assert (Status.retry, "took longer than its time limit") == (result.status, result.error)


async def test_a_bug_keeps_the_message_and_its_text_out_of_the_log():
    async def handle(item: Message) -> Handled:
        raise RuntimeError("card 4111111111111111")

    with capture_logs() as logs:
        (result,) = await batch(handle, Inbox()).run(messages("a"), plenty)

    assert (Status.retry, "unexpected RuntimeError") == (result.status, result.error)
    assert "4111" not in str(logs)


@pytest.mark.parametrize(
    ("receives", "retry_after", "delay"),
    [
        (1, None, 2),
        (2, None, 4),
        (5, None, 32),
        (10, None, 900),
        (100, None, 900),
        (101, None, 7200),
        (9_999, None, 7200),
        (1, 30, 30),
        (1, 5000, 900),
        (1, -3, 0),
        (100, 1, 1),
        (101, 1, 7200),
        (101, 1000, 7200),
    ],
)
def test_back_off_doubles_up_to_its_cap_or_does_as_told(
    receives: int, retry_after: float | None, delay: float
):
    assert delay == Backoff(2, 900).delay(receives, retry_after)


def test_doubling_ends_before_a_number_overflows():
    assert 2.0**32 == Backoff(1, float("inf")).delay(40)


def test_the_receipts_a_queue_allows_outlast_a_holiday_and_not_the_queue():
    """
    So credentials that nobody mends for a week dead-letter nothing, and nothing expires.
    """
    backoff = Backoff(2, 900)

    waited = sum(backoff.delay(receives) for receives in range(1, 201)) / 86_400

    assert 9 < waited < 13


async def test_every_item_leaves_one_line_with_stage_entity_outcome_and_milliseconds():
    async def handle(item: Message) -> Handled:
        return Handled("pay-1", "succeeded")

    with capture_logs() as logs:
        await batch(handle, Inbox()).run(messages("a"), plenty)

    (line,) = logs
    assert ("stage.finished", "test", "pay-1", "succeeded", 0.0) == tuple(
        line[name] for name in ("event", "stage", "entity", "outcome", "ms")
    )


async def test_a_message_that_met_another_writer_is_decided_again_at_once_and_once():
    tries: list[str] = []

    async def handle(item: Message) -> Handled:
        tries.append(item.id)
        if len(tries) == 1 or item.id == "m-2":
            raise LedgerConflict("not at the expected version any more")
        return Handled(None, "done")

    results = await batch(handle, Inbox()).run(messages("a", "a"), plenty)

    assert [Status.done, Status.retry] == [result.status for result in results]
    assert ["m-1", "m-1", "m-2", "m-2"] == tries


async def test_a_group_alone_costs_no_task_of_its_own():
    """
    `serve` hands messages over one by one: a task would cost more than the rest.
    """
    tasks: list[object] = []

    async def handle(item: Message) -> Handled:
        tasks.append(asyncio.current_task())
        return Handled(None, "done")

    await batch(handle, Inbox()).run(messages("a", "a"), plenty)

    assert [asyncio.current_task()] * 2 == tasks


async def test_the_line_of_an_item_has_its_time_to_a_tenth_of_a_millisecond():
    clock = FrozenClock()
    clock.advance(7)

    async def handle(item: Message) -> Handled:
        clock.advance(0.12344)
        return Handled(None, "done")

    with capture_logs() as logs:
        await Batch("test", handle, Inbox(), clock, Backoff(2, 900), 20).run(messages("a"), plenty)

    assert [123.4] == [line["ms"] for line in logs]


async def test_what_cannot_be_postponed_comes_back_by_itself_and_is_logged():
    class Silent(Inbox):
        async def postpone(self, messages: Sequence[Message], delay: float) -> None:
            raise ChannelUnavailable("the queue is away")

    async def handle(item: Message) -> Handled:
        raise GatewayUnavailable("away")

    with capture_logs() as logs:
        results = await batch(handle, Silent()).run(messages("a", "a"), plenty)

    assert [Status.retry, Status.retry] == [one.status for one in results]
    assert [("test", "the queue is away")] == [
        (line["stage"], line["because"]) for line in logs if line["event"] == "batch.not_postponed"
    ]
