"""Several workers at one endpoint: one that took an event in the last three days stays enabled."""

from __future__ import annotations

import pytest

from penstock.adapters.memory import MemoryAttempts
from penstock.api import Delivered, Gone
from penstock.errors import LedgerUnavailable
from penstock.ports import Trouble
from tests.unit.pipeline.wire import DAY, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def last_try_is_due(scene: Scene) -> None:
    """`e-1` has failed for three days, and so has all else; its last try comes next."""
    await scene.come("e-1", "pay-1")
    await scene.pass_by(3 * DAY)


async def test_a_success_during_the_last_try_of_another_event_keeps_the_endpoint_enabled(
    scene: Scene,
):
    await last_try_is_due(scene)

    async def another_worker_delivers() -> None:
        scene.wire.takes = ("good",)
        await scene.come("good", "pay-2")
        await scene.work()

    scene.wire.meanwhile["e-1"] = another_worker_delivers
    await scene.work()

    assert ["e-1", "good"] == scene.wire.had[-2:]
    assert 1 == len(await scene.parked())
    assert [] == scene.logs
    assert await scene.attempts.trouble("wire") is None


async def test_a_success_and_a_new_failure_during_the_last_try_keep_the_endpoint_enabled(
    scene: Scene,
):
    await last_try_is_due(scene)

    async def other_workers_deliver_and_fail() -> None:
        scene.wire.takes = ("good",)
        await scene.come("good", "pay-2")
        await scene.come("bad", "pay-3")
        await scene.work()

    scene.wire.meanwhile["e-1"] = other_workers_deliver_and_fail
    await scene.work()

    assert [] == scene.logs
    assert Trouble(scene.clock.now()) == await scene.attempts.trouble("wire")


async def test_a_success_that_began_before_the_first_failure_ends_it(scene: Scene):
    async def another_worker_fails() -> None:
        await scene.come("e-1", "pay-1")
        await scene.work()

    scene.wire.takes = ("good",)
    scene.wire.meanwhile["good"] = another_worker_fails
    await scene.come("good", "pay-2")
    await scene.work()

    assert ["good", "e-1"] == scene.wire.had
    assert await scene.attempts.trouble("wire") is None


async def test_a_success_during_the_disabling_enables_the_endpoint_and_says_so(scene: Scene):
    await last_try_is_due(scene)
    scene.wire.takes = ("good",)
    # The last try of `e-1` is hidden until the other worker looks.
    (held,) = await scene.queue.receive(10, 0)

    async def another_worker_disables() -> None:
        await scene.queue.postpone([held], 0)
        await scene.work()

    scene.wire.meanwhile["good"] = another_worker_disables
    await scene.come("good", "pay-2")
    await scene.work()

    assert ["sink.disabled", "sink.enabled"] == scene.logs
    assert await scene.attempts.trouble("wire") is None


async def test_a_failure_that_ends_after_the_disabling_does_not_enable_the_endpoint(scene: Scene):
    async def another_worker_is_told_410() -> None:
        down, scene.wire.answer = scene.wire.answer, Gone("the endpoint answered 410 Gone")
        await scene.come("e-2", "pay-2")
        await scene.work()
        scene.wire.answer = down

    scene.wire.meanwhile["e-1"] = another_worker_is_told_410
    await scene.come("e-1", "pay-1")
    await scene.work()

    trouble = await scene.attempts.trouble("wire")
    assert trouble is not None
    assert scene.clock.now() == trouble.disabled_at


async def test_two_workers_that_are_told_410_disable_the_endpoint_once(scene: Scene):
    async def another_worker_is_told_410() -> None:
        await scene.come("e-2", "pay-2")
        await scene.work()

    scene.wire.answer = Gone("the endpoint answered 410 Gone")
    scene.wire.meanwhile["e-1"] = another_worker_is_told_410
    await scene.come("e-1", "pay-1")
    await scene.work()

    assert ["sink.disabled"] == scene.logs


class Stumbles(MemoryAttempts):
    """A store that gives no answer to the first call about the endpoint after a delivery."""

    stumbles = False

    async def trouble(self, sink: str) -> Trouble | None:
        self._stumble()
        return await super().trouble(sink)

    async def note(self, sink: str, trouble: Trouble | None, *, before: Trouble | None) -> bool:
        self._stumble()
        return await super().note(sink, trouble, before=before)

    def _stumble(self) -> None:
        if self.stumbles:
            self.stumbles = False
            raise LedgerUnavailable("read: no answer from DynamoDB")


async def test_a_success_that_could_not_be_noted_is_noted_when_its_event_comes_again():
    attempts = Stumbles()
    scene = Scene(attempts=attempts)
    await scene.come("e-1")
    await scene.work()

    async def the_store_is_away() -> None:
        attempts.stumbles = True

    scene.wire.answer = Delivered()
    scene.wire.meanwhile["e-1"] = the_store_is_away
    scene.clock.advance(5)
    await scene.work()
    scene.clock.advance(900)
    await scene.work()

    assert not attempts.stumbles
    assert await attempts.trouble("wire") is None
