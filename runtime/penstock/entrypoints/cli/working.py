"""What is under way, as `penstock queue work` shows it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.letters import age
from penstock.entrypoints.cli.session import Session
from penstock.queries.work import FindWork, Work

_WIDTH = 80
_INDENT = " " * 4
Depths = dict[str, dict[str, int]]


def show(begun: Session, days: int, limit: int) -> None:
    """All that is known of it."""
    queues = list(begun.stack().queues)
    cap = float(begun.stack().outputs.get("settings", {}).get("backoffCapSeconds", 900))

    async def look(world: AwsWorld) -> tuple[Depths, Sequence[Work], Sequence[Work]]:
        depths = {one: dict(await world.inbox(one).depth()) for one in queues}
        find = FindWork(world.ledger, world.clock)
        return depths, await find.due(limit), await find.carried(days, limit)

    depths, due, carried = begun.run(look)
    now = begun.now()
    begun.show(
        {
            "in_flight": {name: of["in_flight"] for name, of in depths.items()},
            "due": [_view(one) for one in due],
            "with_messages": [_view(one) for one in carried],
            "not_known": list(_not_known(cap)),
        },
        lambda: [
            *(line for one in due for line in _line(one, now)),
            *(line for one in carried for line in _line(one, now)),
            *([] if due or carried else ["no open operation and no unsent event is known"]),
            *_in_flight(depths),
            *(line for text in _not_known(cap) for line in textwrap.wrap(text, _WIDTH)),
        ],
    )


def _view(one: Work) -> dict[str, Any]:
    return {
        "entity": one.entity,
        "what": one.what,
        "state": one.state,
        "attempts": one.attempts,
        "because": one.because,
        "next_at": one.next_at.isoformat() if one.next_at else None,
        "tried_at": one.tried_at.isoformat(),
    }


def _line(one: Work, now: datetime) -> Iterator[str]:
    tried = f", attempt {one.attempts}" if one.attempts else ""
    yield from textwrap.wrap(
        f"{_when(one, now)}  {one.what} {one.state}{tried}  {one.entity}",
        _WIDTH,
        subsequent_indent=_INDENT,
    )
    if one.because:
        yield from textwrap.wrap(
            f"why: {one.because}", _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT
        )


def _when(one: Work, now: datetime) -> str:
    if one.next_at is None:
        return f"with a message, last change {age(now - one.tried_at)} ago"
    if one.next_at <= now:
        return f"due since {age(now - one.next_at)}, by the sweep"
    return f"in {age(one.next_at - now)}, by the sweep"


def _in_flight(depths: Depths) -> Iterator[str]:
    counted = [f"{name} {of['in_flight']}" for name, of in depths.items() if of["in_flight"]]
    yield f"in flight: {', '.join(counted) or 'nothing'}"


def _not_known(cap: float) -> Iterator[str]:
    """What neither SQS nor the ledger says."""
    longest = age(timedelta(seconds=cap))
    yield (
        "Not known: SQS does not say which messages are in flight, nor when one is handed out "
        f"again. In back-off that is at most {longest} after its last try (eight times that "
        "after a hundred tries), or as late as the gateway asked for."
    )
    yield (
        "Not listed: notifications and events in back-off, which only their queues count, and "
        "collections of subscriptions that a message carries."
    )
