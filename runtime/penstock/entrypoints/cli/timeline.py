"""A payment's timeline, as `payments show` has it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

from penstock.entrypoints.cli.stack import Stack

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.domain.record import Record
    from penstock.queries.timeline import Timeline, Told

_SECOND = len("2026-11-02T12:00:00")
_WIDTH = 80


async def read(world: AwsWorld, stack: Stack, payment_id: str) -> Timeline | None:
    """
    The payment with what surrounds it; None for one that the ledger does not hold.

    Raises:
        PluginError: a sink of the stack is not installed here.
    """
    from penstock.plugins import load
    from penstock.queries.audit import ListAudit
    from penstock.queries.timeline import ReadTimeline

    registry, environ = load(only=stack.plugins), stack.environ()
    selected = {name: registry.selection(name, environ) for name in stack.sinks}
    listed = ListAudit(world.audit, world.clock)
    query = ReadTimeline(world.ledger, world.attempts, world.restrictions, listed, selected)
    return await query(payment_id)


def view(found: Timeline) -> dict[str, Any]:
    """For programs."""
    from penstock.entrypoints.http.audit_view import audit_view
    from penstock.entrypoints.http.views import moment, operation_view

    return {
        "operations": [
            {**operation_view(one), "open": one.open} for one in found.payment.operations
        ],
        "notifications": [_notification(one) for one in found.notifications],
        "events": [_event(one) for one in found.told],
        "restrictions": [
            {
                "restricted": one.key,
                "since": moment(one.since),
                "made_at": moment(one.in_force_since),
                "actor": one.actor,
                "reason": one.reason,
            }
            for one in found.restrictions
        ],
        "audit": [audit_view(one) for one in found.entries],
    }


def lines(view: dict[str, Any]) -> list[str]:
    """For people, oldest first; then what is still to come."""
    dated = [(one["received_at"], _heard(one)) for one in view["notifications"]]
    dated += [(one["time"], _told(one)) for one in view["events"]]
    dated += [
        (one["at"], f"{one['command']} by {one['actor']}: {one.get('effect', 'not finished')}")
        for one in view["audit"]
    ]
    told = ["", "What happened:"] if dated else []
    for at, text in sorted(dated):
        told += _wrapped(f"{at[:_SECOND].replace('T', ' ')}  {text}")
    for one in view["restrictions"]:
        told += _wrapped(
            f"restricted ({one['restricted']}) since {one['made_at']} by {one['actor']}, because "
            f"{one['reason']}"
        )
    waits = [one for one in view["operations"] if one["open"]]
    if waits:
        told += ["", "What comes next:"]
    for one in waits:
        told += _wrapped(_next(one))
    return told


def _notification(record: Record) -> dict[str, Any]:
    from penstock.entrypoints.http.views import moment, present

    return present(
        {
            "id": record.id,
            "type": record.type,
            "occurred_at": moment(record.occurred_at),
            "received_at": moment(record.created_at),
            "became": record.became.value,
            "because": record.because,
        }
    )


def _heard(one: dict[str, Any]) -> str:
    gateway, _, event_id = one["id"].partition("/")
    because = f": {one['because']}" if "because" in one else ""
    return f"{gateway} sent {one['type']} ({event_id}), {one['became']}{because}"


def _event(told: Told) -> dict[str, Any]:
    from penstock.entrypoints.http.views import moment

    return {
        "id": told.event.id,
        "time": moment(told.event.time),
        "type": str(told.event.type),
        "published": told.published,
        "delivered": dict(told.delivered),
    }


def _told(event: dict[str, Any]) -> str:
    if not event["published"]:
        return f"{event['type']}: not published yet; the sweep does it"
    reached = [
        f"{sink} {'has it' if had else 'waits'}" for sink, had in event["delivered"].items()
    ]
    return f"{event['type']}: {', '.join(reached) or 'for no sink'}"


def _next(one: dict[str, Any]) -> str:
    if "held" in one:
        return f"{one['kind']} {one['state']}, held until a release ({one['attempts']} attempts)"
    because = f": {one['reason']}" if "reason" in one else ""
    if "next_try_at" not in one:
        return (
            f"{one['kind']} {one['state']}, carried by a message or its dead letter "
            f"({one['attempts']} attempts){because}"
        )
    at = one["next_try_at"][:_SECOND].replace("T", " ")
    return f"{one['kind']} {one['state']}, next at {at} ({one['attempts']} attempts){because}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent=" " * 21, break_on_hyphens=False)
