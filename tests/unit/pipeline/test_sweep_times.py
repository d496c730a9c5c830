"""When the sweep comes to an entity, and what its line says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from penstock.api import ChargeRequest, LookupAnswer
from penstock.domain.change import Change
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import GatewayUnavailable
from penstock.pipeline.batch import MARGIN
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.desk import Desk
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.test_sweep import lost
from tests.unit.pipeline.world import ITEM_TIMEOUT, World

LEFT = ITEM_TIMEOUT + MARGIN


class Away(Acme):
    """Names a time when it is asked."""

    retry_after: float | None = None
    takes: float = 0.0
    clock: FrozenClock

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        if request.payment_id == "good":
            self.clock.advance(self.takes)
            return await super().look_up(request)
        raise GatewayUnavailable("away", retry_after=self.retry_after)


def away(retry_after: float | None = None, takes: float = 0.0) -> World:
    acme = Away()
    world = World(acme)
    acme.retry_after, acme.takes, acme.clock = retry_after, takes, world.clock
    return world


@pytest.mark.parametrize(
    ("named", "alone"),
    [(None, 60), (5, 60), (59, 60), (61, 61), (600, 600), (900, 900), (5000, 900)],
)
async def test_what_cannot_be_done_is_left_alone_for_a_minute_or_as_long_as_the_gateway_says(
    named: float | None, alone: float
):
    world = away(named)
    await lost(world, "p1")
    world.clock.advance(120)

    await world.sweep()

    held = await world.payment("p1")
    assert world.clock.now() + timedelta(seconds=alone) == held.due_at


async def test_what_was_done_is_not_put_off():
    world = away()
    await lost(world, "good")
    world.clock.advance(120)

    with capture_logs() as logs:
        await world.sweep()

    held = await world.payment("good")
    assert (None, ["done"], []) == (
        held.due_at,
        [line["status"] for line in logs if line["event"] == "stage.finished"],
        [line for line in logs if line["event"] == "stage.failed"],
    )


async def test_the_line_of_a_turn_says_what_came_of_it_and_how_long_it_took():
    world = away(takes=0.12344)
    await lost(world, "p1", "p2", "good")
    world.clock.advance(120)

    with capture_logs() as logs:
        await world.sweep()

    lines = [line for line in logs if line["event"] == "stage.finished"]
    assert [
        ("p2", "retry", "retry", "GatewayUnavailable: away", 0.0),
        ("p1", "retry", "retry", "GatewayUnavailable: away", 0.0),
        ("good", "resumed", "done", None, 123.4),
    ] == [
        tuple(line[name] for name in ("entity", "outcome", "status", "because", "ms"))
        for line in sorted(lines, key=lambda line: line["entity"], reverse=True)
    ]
    assert [(3, 2, 0)] == [
        (line["swept"], line["failed"], line["left"])
        for line in logs
        if line["event"] == "sweep.finished"
    ]
    assert [] == [line for line in logs if line["event"] == "stage.failed"]


async def test_a_bug_that_one_entity_meets_is_counted_as_one():
    class Broken(Acme):
        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            raise RuntimeError("4111")

    world = World(Broken())
    await lost(world, "p1")
    world.clock.advance(120)

    with capture_logs() as logs:
        await world.sweep()

    assert [("sweep", "RuntimeError")] == [
        (line["stage"], line["kind"]) for line in logs if line["event"] == "stage.failed"
    ]


@pytest.mark.parametrize(
    ("times", "left"),
    [
        ([], None),
        ([LEFT], 0),
        ([LEFT + 0.1, LEFT], 1),
        ([LEFT + 0.1] * 2 + [LEFT], 1),
        ([LEFT + 0.1] * 3 + [LEFT], None),
    ],
    ids=["enough", "none", "to look", "to send", "for one"],
)
async def test_a_run_that_ends_with_work_left_says_so(times: list[float], left: int | None):
    world = World()
    await lost(world, "p1")
    world.clock.advance(120)
    given = iter(times)

    with capture_logs() as logs:
        await world.sweep(remaining=lambda: next(given, LEFT if times else 1000.0))

    assert ([] if left is None else [left]) == [
        line["left"] for line in logs if line["event"] == "sweep.out_of_time"
    ]


async def test_what_is_sent_of_an_entity_says_whose_it_is():
    world = World()
    await lost(world, "p1")

    assert ("acme", None) == await world.sweep.send(Ref(EntityKind.payment, "p1"))
    assert ("", None) == await world.sweep.send(Ref(EntityKind.payment, "none"))


async def test_an_entity_that_is_not_there_is_no_failure():
    assert await World().sweep.resume(Ref(EntityKind.payment, "none")) is None


async def test_a_checkout_is_not_read_because_an_event_or_a_message_is_due():
    store = Store()
    await store.pay()
    held = await store.payment()
    refund = Operation("op-1", OperationKind.refund, due_at=store.clock.now())
    await store.ledger.commit(Change(replacing(held, refund), held.version))

    await store.sweep()

    assert 0 == store.till.reads


async def test_a_subscription_is_not_read_before_it_is_due():
    desk = Desk()
    await desk.active()
    await desk.observe((await desk.subscription()).ref, "club")
    reads = counted(desk)
    await desk.sweep.resume((await desk.subscription()).ref)

    assert [] == reads


def counted(desk: Desk) -> list[str]:
    """What is read of the club from here on."""
    reads: list[str] = []
    read = desk.club.read_subscription

    async def noted(reference: str, now: Any) -> Any:
        reads.append(reference)
        return await read(reference, now)

    desk.club.read_subscription = noted  # type: ignore[method-assign]  # counts
    return reads


def replacing(entity: Any, operation: Operation) -> Any:
    after = entity.with_operation(operation)
    return replace(after, version=entity.version + 1)
