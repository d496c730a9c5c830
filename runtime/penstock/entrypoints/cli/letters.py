"""Dead letters as commands show them: for programs, and for people in 80 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.operators.dead_letters import Became, Decided, Report
from penstock.operators.letters import SHORTEST_ID as SHORT
from penstock.operators.letters import Letter

_INDENT = " " * 4
_WIDTH = 80


def letter_view(letter: Letter, now: datetime) -> dict[str, Any]:
    """A letter for programs; it holds no body, header, payer or address."""
    return {
        "id": letter.id,
        "queue": letter.queue,
        "group": letter.group,
        "what": letter.content.what,
        "subject": letter.content.subject,
        "facts": dict(letter.content.facts),
        "reason": letter.reason,
        "attempts": letter.attempts,
        "first_parked_at": letter.since.isoformat() if letter.since else None,
        "age_seconds": int((now - letter.since).total_seconds()) if letter.since else None,
        "ledger": letter.known.text,
        "done": letter.known.succeeded,
    }


def listed(report: Report, now: datetime) -> dict[str, Any]:
    """A list for programs."""
    return {
        "letters": [letter_view(one, now) for one in report.letters],
        "with_others": report.with_others,
        "unseen": report.unseen,
    }


def decided(report: Report, now: datetime, effects: Mapping[str, str]) -> dict[str, Any]:
    """What a command did, for programs."""
    return {
        "effect": report.effect,
        "letters": [
            {
                **letter_view(one.letter, now),
                "became": one.became.value,
                "because": one.because,
                "effect": effects.get(one.letter.id),
            }
            for one in report.decided
        ],
        "missing": list(report.missing),
        "with_others": report.with_others,
        "unseen": report.unseen,
    }


def lines(letter: Letter, now: datetime) -> Iterator[str]:
    """One letter in a few lines."""
    parts = [
        letter.id[:SHORT],
        age(now - letter.since) if letter.since else "?",
        f"tried {letter.attempts}x" if letter.attempts else "",
        letter.content.what,
        letter.content.subject or f"group {letter.group}",
    ]
    yield from _wrapped("  ".join(part for part in parts if part), "")
    yield from _wrapped(f"why: {letter.reason}", _INDENT)
    yield from _wrapped(f"ledger: {letter.known.text}", _INDENT)


def facts(letter: Letter) -> Iterator[str]:
    """All that is safe to show of one letter."""
    shown = {
        "id": letter.id,
        "queue": letter.queue,
        "group": letter.group,
        "what": letter.content.what,
        "subject": letter.content.subject,
        **letter.content.facts,
        "attempts": letter.attempts if letter.attempts is not None else "not known",
        "first parked": letter.since.isoformat() if letter.since else "not known",
        "why": letter.reason,
        "ledger": letter.known.text,
    }
    width = max(map(len, shown)) + 2
    for name, value in shown.items():
        if value is not None:
            yield from textwrap.wrap(
                f"{name:<{width}}{value}", _WIDTH, subsequent_indent=" " * width
            )


def told(one: Decided, now: datetime, effect: str | None) -> Iterator[str]:
    """What became of one letter."""
    letter = one.letter
    what = f"{letter.content.what} {letter.content.subject or letter.group}"
    became = f"would be {one.because}" if one.became is Became.planned else one.became.value
    because = None if one.became is Became.planned else one.because
    said = effect or because
    yield from _wrapped(
        f"{letter.id[:SHORT]}  {what}: {became}" + (f": {said}" if said else ""), ""
    )


def limits(report: Report, queue: str) -> Iterator[str]:
    """What could not be seen, and why."""
    if report.with_others:
        yield from _wrapped(
            f"{report.with_others} more are held by another command, or by one that was killed: "
            "they can be seen again when the queue's visibility timeout is over",
            "",
        )
    if report.unseen:
        yield from _wrapped(
            f"about {report.unseen} more wait behind others of their group: SQS shows ten of a "
            "group; redrive or drop those first",
            "",
        )
    for name in report.missing:
        yield f"{name}: no such letter can be seen in {queue}"


def age(span: timedelta) -> str:
    """How long ago: 40s, 12m, 5h, 3d."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def all_lines(letters: Sequence[Letter], now: datetime) -> list[str]:
    """Letters for people."""
    return [line for one in letters for line in lines(one, now)]


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(
        " ".join(text.split()) if first else text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=_INDENT,
    )
