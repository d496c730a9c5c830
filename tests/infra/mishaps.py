"""Scenes of what must not happen: a bug in every stage, a schedule that does not keep up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from penstock import contracts
from penstock.adapters.memory import MemoryLedger
from penstock.api import (
    Attempt,
    Authenticity,
    ChargeAnswer,
    Delivering,
    Delivery,
    Event,
    Gone,
    Notification,
    Unanswered,
)
from penstock.domain.ref import Ref
from penstock.entrypoints.functions.host import Host
from penstock.entrypoints.http.api import Api
from penstock.entrypoints.http.handlers import Handlers
from penstock.entrypoints.http.message import Answer, Request
from penstock.entrypoints.http.tokens import Authenticator
from penstock.errors import LedgerUnavailable
from penstock.ports import Outgoing, Watermark
from penstock.settings import Function
from tests.infra.scene import Scene
from tests.unit.entrypoints.stand import Pager, Stand
from tests.unit.pipeline import charging, test_collect, test_follow
from tests.unit.pipeline import test_sweep as sweeping
from tests.unit.pipeline import test_verify as verifying
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.club import Club
from tests.unit.pipeline.listing import Listing
from tests.unit.pipeline.world import World

BUG = RuntimeError("card 4111111111111111")
"""Words that must not get into a log."""


class Buggy(Acme):
    """A plugin with a bug."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        raise BUG

    async def charge(self, *given: Any) -> ChargeAnswer:
        raise BUG


class Away(MemoryLedger):
    """A ledger that cannot say what is due."""

    def __init__(self, failure: Exception) -> None:
        super().__init__()
        self._failure = failure

    async def due(self, now: datetime, limit: int) -> Sequence[Ref]:
        raise self._failure


class Broken(Pager):
    """A sink with a bug."""

    def accepts(self, event: Event) -> bool:
        raise BUG


class Closed(Pager):
    """A sink with a schedule of its own, whose endpoint is gone."""

    retries = (5.0,)

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        return Gone("410")


async def verify_meets_a_bug() -> None:
    world = World(Buggy())
    await verifying.arrive(world)
    await world.consume(world.deliveries, world.verify)


async def process_meets_a_bug() -> None:
    await _notified(World(Acme(unavailable=BUG)), notification())


async def charge_meets_a_bug() -> None:
    world = World(Buggy())
    await charging.send(world)
    await world.consume(world.payments, world.charge)


async def endpoint_is_gone() -> None:
    await _delivered(Stand(pager=Closed()))


async def deliver_meets_a_bug() -> None:
    await _delivered(Stand(pager=Broken()))


async def _delivered(stand: Stand) -> None:
    world = World()
    await _notified(world, notification())
    (event, *_) = await world.published()
    stage = stand.platform.batch(Function.deliver, "pager")
    await stand.world.queues["sink-pager"].send(Outgoing(event.dumps(), "g", "d"))
    await stage.run(await stage.inbox.receive(1, 0), lambda: 60.0)


async def sweep_meets_a_bug() -> None:
    world = World(sweeping.Moody())
    await sweeping.lost(world, "bug")
    world.clock.advance(120)
    await world.sweep()


async def sweep_begins_with_a_bug() -> None:
    with pytest.raises(RuntimeError):
        await _hosted(Function.sweep, Away(BUG))


async def gaps_meet_a_bug() -> None:
    await _gaps_end_with(BUG)


async def api_meets_a_bug() -> None:
    """In the handler of a request; `merchant` answers by the same class."""
    stand, contract = Stand(), contracts.load()

    async def broken(_: Any) -> Answer:
        raise BUG

    handlers = {**Handlers(stand.platform, contract).table(), "getHealth": broken}
    authenticate = Authenticator(stand.world.tokens, stand.clock)
    await Api(contract, handlers, authenticate, ("api", "receive"))(Request("GET", "/health"))


async def swept() -> None:
    """Nothing is due, which is the usual run."""
    await World().sweep()


async def sweep_out_of_time() -> None:
    """It began too late to look at anything."""
    await World().sweep(remaining=lambda: 20.0)


async def sweep_left_some() -> None:
    """Its time was over before all had their turn."""
    world = World()
    await sweeping.lost(world, "p-1", "p-2")
    world.clock.advance(120)
    left = iter([60.0] * 4)
    await world.sweep(remaining=lambda: next(left, 20.0))


async def sweep_cut_off() -> None:
    await _hosted(Function.sweep, MemoryLedger(), 4.0)


async def sweep_without_ledger() -> None:
    with pytest.raises(LedgerUnavailable):
        await _hosted(Function.sweep, Away(LedgerUnavailable("away")))


async def gaps_found_nothing() -> None:
    world = World(Listing())
    await world.gaps()


async def gaps_cut_off() -> None:
    await _hosted(Function.gaps, MemoryLedger(), 4.0)


async def renew_meets_a_bug() -> None:
    stand = Stand()
    stand.world.dead_letters["payments"].depth = Buggy().charge  # type: ignore[method-assign]
    with pytest.raises(RuntimeError):
        await Host(Function.renew, stand.platform)._renew(lambda: 60.0)


async def letter_of_three_days() -> None:
    await _letter(days=3)


async def letter_of_nine_days() -> None:
    await _letter(days=9)


async def letter_of_today() -> None:
    await _letter(days=0)


async def _letter(days: int) -> None:
    """A dead letter of the payments queue, and a look at it after so many days."""
    stand = Stand()
    letter = Outgoing("{}", group="g", dedup="d", attributes={"reason": "a test"})
    await stand.world.dead_letters["payments"].send(letter)
    stand.clock.advance(days * 86_400)
    await replace(stand.platform.renew, patience=0.0)()


async def dispute_opened() -> None:
    """Once: it is resolved later, which is no other dispute."""
    world = World(test_follow.Asked())
    await _notified(world, test_follow.disputed())
    await _notified(world, test_follow.disputed("WH-D2"))


async def collection_not_answered() -> None:
    desk = await test_collect.owing(Club(collect_answers=[Unanswered("lost")]))
    await test_collect.ask(desk)
    await test_collect.work(desk)


async def _notified(world: World, one: Notification) -> None:
    await world.verified.send(Outgoing(one.dumps(), group=one.group, dedup=one.delivery_id))
    await world.consume(world.verified, world.process)


async def _hosted(function: Function, ledger: MemoryLedger, seconds: float = 60.0) -> None:
    """A run of the schedule's, as its function has it."""
    stand = Stand()
    stand.world.ledger = ledger
    host = Host(function, stand.platform)
    run = host._sweep if function is Function.sweep else host._gaps
    await run(lambda: seconds)


async def _gaps_end_with(failure: Exception) -> None:
    bank = Listing()
    world = World(bank)
    now = world.clock.now()
    await world.watermarks.move("acme", None, Watermark(now, now, now))
    world.clock.advance(3600)
    bank.failures.append(failure)
    await world.gaps()


FAILED = {"StagesFailed": 1}
SWEPT = {"SweepsFinished": 1}
TOO_SLOW = {"SweepsUnfinished": 1}
SCENES = (
    Scene("verify", verify_meets_a_bug, FAILED),
    Scene("process", process_meets_a_bug, FAILED),
    Scene("charge", charge_meets_a_bug, FAILED),
    Scene("deliver-slack", deliver_meets_a_bug, FAILED),
    Scene("deliver-slack", endpoint_is_gone, {"SinksDisabled": 1}),
    Scene("sweep", sweep_meets_a_bug, {**FAILED, **SWEPT, "OperationsUnknown": 1}),
    Scene("sweep", sweep_begins_with_a_bug, FAILED, items=False),
    Scene("gaps", gaps_meet_a_bug, {**FAILED, "GapsFailed": 1}, items=False),
    Scene("api", api_meets_a_bug, FAILED, items=False),
    Scene("sweep", swept, SWEPT, items=False),
    Scene("sweep", sweep_out_of_time, {**SWEPT, **TOO_SLOW}, items=False),
    Scene("sweep", sweep_left_some, {**SWEPT, **TOO_SLOW, "OperationsUnknown": 2}),
    Scene("sweep", sweep_cut_off, TOO_SLOW, items=False),
    Scene("sweep", sweep_without_ledger, TOO_SLOW, items=False),
    Scene("gaps", gaps_found_nothing, {"GapsFinished": 1}, items=False),
    Scene("gaps", gaps_cut_off, {"GapsFailed": 1}, items=False),
    Scene("renew", renew_meets_a_bug, FAILED, items=False),
    Scene("renew", letter_of_today, {"DeadLetterDays": 0}, items=False),
    Scene("renew", letter_of_three_days, {"DeadLetterDays": 3}, items=False),
    Scene("renew", letter_of_nine_days, {"DeadLetterDays": 9}, items=False),
    Scene("process", dispute_opened, {"DisputesOpened": 1}),
    Scene("charge", collection_not_answered, {"OperationsUnknown": 1}),
)
