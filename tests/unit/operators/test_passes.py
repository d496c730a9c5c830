"""A walk through a queue: everything is handed out once, in order, and nothing is lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest

from penstock.errors import ChannelUnavailable, LedgerUnavailable
from penstock.operators.passes import Walk, walk
from penstock.ports import Message


def message(name: str) -> Message:
    """`a1` is the first message of group `a`."""
    return Message(name, "{}", name[0], f"receipt of {name}")


@dataclass
class Queue:
    """
    A queue that hands out what the test says, batch by batch.

    Attributes:
        batches: by pass; an empty one ends a pass.
    """

    batches: list[str]
    visible: int = 0
    in_flight: int = 0
    asked: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    deleted: list[str] = field(default_factory=list[str])
    returned: list[list[str]] = field(default_factory=list[list[str]])
    fails_to_return: bool = False

    async def depth(self) -> Mapping[str, int]:
        return {"visible": self.visible, "in_flight": self.in_flight}

    async def receive(self, limit: int, wait: float) -> Sequence[Message]:
        self.asked.append((limit, wait))
        batch = self.batches.pop(0) if self.batches else ""
        if batch == "!":
            raise ChannelUnavailable("no answer")
        return [message(name) for name in batch.split()]

    async def give_back(self, messages: Sequence[Message]) -> None:
        self.returned.append([one.id for one in messages])
        if self.fails_to_return:
            raise ChannelUnavailable("no answer")

    async def delete(self, message: Message) -> None:
        self.deleted.append(message.id)


def deletes(*names: str) -> Callable[[Message], Awaitable[bool]]:
    async def handle(message: Message) -> bool:
        if message.id.endswith("9"):
            raise LedgerUnavailable(f"no answer for {message.id}")
        return message.id in names

    return handle


async def walked(queue: Queue, *names: str) -> Walk:
    return await walk(queue, deletes(*names), 1.5)  # type: ignore[arg-type]  # what a walk uses


def ids(found: Walk) -> list[str]:
    return [one.id for one in found.seen]


async def test_ten_are_asked_for_and_waited_for_until_all_that_were_visible_were_seen() -> None:
    queue = Queue(["a1 a2", "b1", ""], visible=3, in_flight=4)
    found = await walked(queue)

    assert ["a1", "a2", "b1"] == ids(found)
    assert (4, 0, {}) == (found.with_others, found.unseen, found.failed)
    assert [(10, 1.5), (10, 1.5), (10, 0)] == queue.asked
    assert ([["a1", "a2", "b1"]], []) == (queue.returned, queue.deleted)


async def test_what_is_kept_is_given_back_and_what_is_deleted_is_not() -> None:
    queue = Queue(["a1 a2 b1", ""], visible=3)
    await walked(queue, "a1")

    assert (["a1"], [["a2", "b1"]]) == (queue.deleted, queue.returned)


async def test_nothing_is_given_back_where_all_was_deleted() -> None:
    queue = Queue(["a1", ""], visible=1)
    await walked(queue, "a1")

    assert (["a1"], []) == (queue.deleted, queue.returned)


async def test_another_pass_sees_what_deletions_made_room_for() -> None:
    queue = Queue(["a1", "", "a2", ""], visible=2)
    found = await walked(queue, "a1")

    assert (["a1", "a2"], 0) == (ids(found), found.unseen)


@pytest.mark.parametrize(
    ("visible", "deleted", "passes", "unseen"),
    [(3, "", 1, 2), (3, "a1", 2, 2), (1, "a1", 1, 0), (0, "a1", 1, 0)],
)
async def test_no_other_pass_is_made_for_nothing(
    visible: int, deleted: str, passes: int, unseen: int
) -> None:
    queue = Queue(["a1", "", "", "a2", ""], visible=visible)
    found = await walked(queue, deleted)

    assert (["a1"], unseen) == (ids(found), found.unseen)
    assert 1 + passes == len(queue.asked)


async def test_a_pass_ends_when_the_queue_hands_out_again_what_is_held() -> None:
    """
    The visibility timeout is over: the pass has taken too long.
    """
    queue = Queue(["a1 b1", "b1 a1", "c1"], visible=3)
    found = await walked(queue)

    assert (["a1", "b1"], 1) == (ids(found), found.unseen)
    assert [["a1", "b1"]] == queue.returned


async def test_a_batch_with_something_new_goes_on_and_hands_nothing_out_twice() -> None:
    queue = Queue(["a1", "a1 b1", "b2", ""], visible=3)

    assert ["a1", "b1", "b2"] == ids(await walked(queue))


async def test_a_message_that_was_kept_in_an_earlier_pass_is_not_handed_out_again() -> None:
    queue = Queue(["a1 b1", "", "b1 a2", ""], visible=3)
    found = await walked(queue, "a1")

    assert ["a1", "b1", "a2"] == ids(found)
    assert [["b1"], ["b1", "a2"]] == queue.returned


async def test_a_message_that_fails_stops_its_group_and_no_other() -> None:
    queue = Queue(["a1 a9 a3 b1", "a4 b2", ""], visible=6)
    found = await walked(queue, "a1", "a3", "b1", "b2")

    assert ["a1", "a9", "b1", "b2"] == ids(found)
    assert {"a9": "no answer for a9"} == found.failed
    assert (["a1", "b1", "b2"], [["a9", "a3", "a4"]]) == (queue.deleted, queue.returned)


@pytest.mark.parametrize("fails", [False, True])
async def test_what_is_held_is_given_back_when_the_queue_gives_no_answer(fails: bool) -> None:
    queue = Queue(["a1", "!"], visible=2, fails_to_return=fails)
    with pytest.raises(ChannelUnavailable):
        await walked(queue)

    assert [["a1"]] == queue.returned
