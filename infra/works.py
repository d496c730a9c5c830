"""What each function does: its handler, its zip, its variables and what it may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra import environment as env
from infra.access import permits
from infra.asks import ASKS
from infra.components.function import Permit
from infra.components.mapping import LARGEST_BATCH
from infra.config.settings import StackSettings
from infra.environment import Variables
from infra.mocks import handlers
from infra.stack import Foundation

RECEIVE_TIMEOUT_SECONDS = 10
LONGEST_SECONDS = 900
"""[aws] How long any function may run."""
RENEW_MINUTES = 6 * 60
"""Sixteen runs lie between the tenth day of a dead letter and the fourteenth."""
GAPS_SECONDS = 300
"""
A run reads an hour of a gateway's list again and part of three days, a second for each page:
several hundred pages, and no two runs at once.
"""

MOCK_SECONDS = 5
"""It calls nobody."""
OPERATE_SECONDS = 29
"""As long as API Gateway waits, and shorter than a request's claim of its Idempotency-Key."""


def sweep_seconds(settings: StackSettings) -> int:
    """
    How long a sweep may run: entities begin until shortly before the next sweep does.

    The last of them may end beside it: two sweeps at once harm nothing.
    """
    return min(settings.sweep_minutes * 60 + settings.item_timeout_seconds, LONGEST_SECONDS)


@dataclass(frozen=True, slots=True)
class Work:
    """
    What one function does.

    Attributes:
        bundle: the kind of zip it runs from.
        queue: the queue it consumes, by its logical name.
        timeout_seconds: how long it may run; None is what the stack's settings say.
        memory_mb: by which its share of a processor goes, too. Workers wait for others nearly all
            the time, and waiting is paid by the megabyte: 70 to 90 MB of theirs are used, bodies
            of 150 KB among them, and Lambda wants some for itself. A gateway waits for `receive`,
            which uses 33 MB, and a person for the API and for
            `merchant`: those have theirs for the processor.
    """

    handler: str
    variables: Variables
    permits: Sequence[Permit]
    bundle: str = "worker"
    queue: str | None = None
    timeout_seconds: int | None = None
    memory_mb: int = 192
    batch_size: int = LARGEST_BATCH


def works(made: Foundation) -> Mapping[str, Work]:
    """What every function does, by its logical name."""
    return {
        "receive": Work(
            "penstock.entrypoints.functions.receive.handler",
            env.base(made)
            | env.doors(made)
            | {"PENSTOCK_DELIVERIES_TOPIC_ARN": made.topics["deliveries"].topic.arn},
            [permits.publish(made, "deliveries")],
            bundle="receive",
            timeout_seconds=RECEIVE_TIMEOUT_SECONDS,
            memory_mb=256,
        ),
        "api": Work(
            "penstock.entrypoints.functions.api.handler",
            env.working(made)
            | env.gateways(made)
            | env.ledger(made)
            | env.operations(made)
            | env.sends(made, "payments"),
            [
                permits.entities(made),
                *permits.tokens(made),
                permits.listings(made),
                permits.reads_audit(made),
                permits.send(made, "payments"),
            ],
            bundle="api",
            memory_mb=512,
        ),
        "merchant": Work(
            "penstock.entrypoints.functions.merchant.handler",
            env.working(made)
            | env.gateways(made)
            | env.ledger(made)
            | env.events(made)
            | env.access(made)
            | env.pages(made)
            | env.sends(made, "payments"),
            [
                *permits.tokens(made),
                permits.look_ups(made),
                permits.send(made, "payments"),
                *_moves_money(made, "merchant"),
            ],
            bundle="merchant",
            memory_mb=512,
        ),
        "verify": _consumer(
            made,
            "verify",
            "deliveries",
            env.gateways(made) | env.sends(made, "verified", "rejected"),
            [
                permits.send(made, "verified", "rejected"),
                *permits.verifies(made),
            ],
        ),
        "process": _consumer(
            made,
            "process",
            "verified",
            _money(made) | env.access(made) | env.sends(made, "rejected"),
            [
                permits.send(made, "rejected"),
                *permits.restrictions(made),
                *_moves_money(made, "process"),
            ],
        ),
        "charge": _consumer(
            made,
            "charge",
            "payments",
            _money(made),
            [*permits.restrictions(made), *_moves_money(made, "charge")],
            made.settings.sqs_max_number_of_messages,
        ),
        "sweep": Work(
            "penstock.entrypoints.functions.workers.sweep",
            env.working(made)
            | _money(made)
            | env.access(made)
            | env.retention(made)
            | env.sends(made, "payments", "verified"),
            [
                permits.due(made),
                *permits.forgets(made),
                permits.send(made, "payments", "verified"),
                *permits.restrictions(made),
                *_moves_money(made, "sweep"),
            ],
            timeout_seconds=sweep_seconds(made.settings),
        ),
        "gaps": Work(
            "penstock.entrypoints.functions.workers.gaps",
            env.working(made)
            | env.gateways(made)
            | env.ledger(made)
            | env.sends(made, "deliveries", "verified"),
            [
                *permits.compares(made),
                permits.looks_at(made, "deliveries", "verified"),
                permits.send(made, "verified"),
                *permits.gateways(made, *ASKS["gaps"]),
            ],
            timeout_seconds=max(GAPS_SECONDS, made.settings.function_timeout_seconds),
        ),
        "renew": Work(
            "penstock.entrypoints.functions.workers.renew",
            env.working(made) | env.dead_letters(made),
            permits.renews(made),
        ),
        **({"operate": _operate(made)} if made.settings.operations_api else {}),
        **{f"deliver-{sink}": _deliver(made, sink) for sink in made.plugins.sinks},
        **{
            name: Work(handler, env.base(made), [], timeout_seconds=MOCK_SECONDS)
            for name, handler in handlers(made.plugins).items()
        },
    }


def _operate(made: Foundation) -> Work:
    return Work(
        "penstock.entrypoints.functions.operate.handler",
        env.base(made) | env.gateway_names(made) | env.ledger(made),
        [*permits.tokens(made), *permits.operates(made)],
        bundle="api",
        timeout_seconds=OPERATE_SECONDS,
        memory_mb=512,
    )


def _money(made: Foundation) -> Variables:
    """What a function reads that moves or documents money."""
    return env.gateways(made) | env.ledger(made) | env.events(made) | env.invoices(made)


def _moves_money(made: Foundation, function: str) -> Sequence[Permit]:
    """For a function that calls gateways for what they can do, and no others."""
    return [
        permits.entities(made),
        permits.publish(made, "events"),
        *permits.gateways(made, *ASKS[function]),
    ]


def _deliver(made: Foundation, sink: str) -> Work:
    return _consumer(
        made,
        "deliver",
        f"sink-{sink}",
        env.sink(made, sink) | env.ledger(made),
        [
            permits.attempts(made, sink),
            *permits.plugins(made, {sink: made.plugins.sinks[sink]}),
        ],
        bundle="deliver",
    )


def _consumer(
    made: Foundation,
    stage: str,
    queue: str,
    variables: Variables,
    allowed: Sequence[Permit],
    batch_size: int = LARGEST_BATCH,
    bundle: str = "worker",
) -> Work:
    consumed = made.queues[queue]
    return Work(
        f"penstock.entrypoints.functions.workers.{stage}",
        env.working(made) | env.consumes(made, consumed, batch_size) | variables,
        [*permits.consume(consumed), *allowed],
        bundle=bundle,
        queue=queue,
        batch_size=batch_size,
    )
