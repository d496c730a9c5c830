"""Waiting for letters that were sent back: what counts as their end, and when it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from penstock.operators.content import Content
from penstock.operators.dead_letters import Became, Decided, Report
from penstock.operators.effects import Effects
from penstock.operators.knowledge import Known
from penstock.operators.letters import Letter
from penstock.ports import Message
from penstock.testing.builders import delivery
from penstock.testing.clock import NOON, LeapingClock

SECOND = timedelta(seconds=1)
BEFORE = Known("charge reserved", mark="1")


def letter(name: str = "m-1", since: datetime | None = NOON, **rest: object) -> Letter:
    given: dict[str, object] = {"attributes": {"reason": "no funds"}, **rest}
    message = replace(Message(name, "{}", "pay-1", "r"), **given)  # type: ignore[arg-type]  # fields by name
    return Letter("payments", message, Content("charge", "pay-1"), BEFORE, since, 1)


@dataclass
class Letters:
    """The dead letters that are there, and when they were looked at."""

    there: Sequence[Letter] = ()
    queue: str = "payments"
    looks: list[float] = field(default_factory=list[float])
    clock: LeapingClock = field(default_factory=LeapingClock)

    async def list(self) -> Report:
        self.looks.append((self.clock.now() - NOON).total_seconds())
        return Report(tuple(self.there))


async def told(
    letters: Letters,
    seconds: float = 3,
    known: Known = BEFORE,
    *,
    again: bool = True,
    sent: Sequence[Letter] | None = None,
) -> dict[str, str]:
    async def knowledge(queue: str, content: Content) -> Known:
        assert "payments" == queue
        return known

    effects = Effects(letters, knowledge, letters.clock, again)  # type: ignore[arg-type]  # what it uses
    return await effects.wait(sent or [letter()], seconds)


OPEN = {"m-1": "no end seen yet: charge reserved"}


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (letter("m-2"), True),
        (letter("m-0"), True),
        (letter("m-1"), False),
        (letter("m-2", since=None), True),
        (letter("m-2", since=NOON - 60 * SECOND), True),
        (letter("m-2", since=NOON - 61 * SECOND), False),
        (letter("m-2", group="pay-0"), False),
        (letter("m-2", group="pay-2"), False),
        (letter("m-2", content="[]"), False),
        (letter("m-2", content="~"), False),
    ],
)
async def test_another_copy_of_a_letter_that_is_dead_since_then_is_its_end(
    other: Letter, found: bool
) -> None:
    """
    The queue's clock may be a minute behind ours.
    """
    assert ({"m-1": "parked again: no funds"} if found else OPEN) == await told(Letters([other]))


@pytest.mark.parametrize(
    ("queue", "again", "word"),
    [
        ("payments", True, "parked again: no funds"),
        ("payments", False, "parked: no funds"),
        ("rejected", True, "rejected again: no funds"),
        ("rejected", False, "rejected: no funds"),
    ],
)
async def test_a_letter_that_is_dead_again_says_so(queue: str, again: bool, word: str) -> None:
    assert {"m-1": word} == await told(Letters([letter("m-2")], queue), again=again)


@pytest.mark.parametrize(
    ("known", "ended"),
    [
        (Known("charge declined", ended=True, mark="2"), True),
        (Known("charge declined", ended=True, mark="1"), False),
        (Known("charge unknown", mark="2"), False),
        (Known("charge declined", ended=True, mark="0"), True),
    ],
)
async def test_an_end_that_the_ledger_knew_before_is_not_the_letters_effect(
    known: Known, ended: bool
) -> None:
    letters = Letters()
    found = await told(letters, known=known)

    assert {"m-1": known.text if ended else f"no end seen yet: {known.text}"} == found
    assert (1.0 if ended else 3.0) == (letters.clock.now() - NOON).total_seconds()


@pytest.mark.parametrize(
    ("seconds", "looks"),
    [(0, [0]), (1, [1]), (4, [4]), (5, [4, 5]), (9, [4, 9]), (10, [4, 9, 10])],
)
async def test_the_dead_letters_are_looked_at_every_fifth_time_and_when_the_time_is_up(
    seconds: float, looks: list[float]
) -> None:
    letters = Letters()

    assert OPEN == await told(letters, seconds)
    assert looks == letters.looks
    assert seconds == (letters.clock.now() - NOON).total_seconds()


async def test_a_webhooks_end_is_not_in_the_ledger() -> None:
    webhook = replace(letter(), content=Content("webhook", asked=delivery()))

    assert {
        "m-1": "not rejected or parked again; the ledger does not know deliveries by their id"
    } == await told(Letters(), sent=[webhook])


async def test_nothing_is_waited_for_where_nothing_was_sent() -> None:
    letters = Letters()

    assert {} == await Effects(letters, None, letters.clock).wait([], 60)  # type: ignore[arg-type]  # unused
    assert (NOON, []) == (letters.clock.now(), letters.looks)


def test_a_report_counts_each_result_and_says_what_a_dry_run_would_do() -> None:
    decided = [
        Decided(letter(), Became.dropped),
        Decided(letter(), Became.sent_back),
        Decided(letter(), Became.sent_back),
        Decided(letter(), Became.failed, "no answer"),
        Decided(letter(), Became.refused, "it is done"),
    ]
    planned = [Decided(letter(), Became.planned, "dropped")] * 2

    assert "2 sent back, 1 dropped, 1 refused, 1 failed" == Report(decided=decided).effect
    assert "2 would be dropped" == Report(decided=planned).effect
    assert "nothing was selected" == Report().effect
    assert decided[1:3] == Report(decided=decided).of(Became.sent_back)
