"""A sink with a schedule of its own: three days of tries, then its endpoint is disabled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import Delivered, Gone, RetryAfter
from penstock.pipeline.deliver import REPLAY
from penstock.pipeline.endpoint import LONGEST_WAIT
from penstock.ports import Trouble
from penstock.testing.clock import NOON
from penstock_webhook.sink import RETRIES
from tests.unit.pipeline.wire import DAY, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_the_schedule_grows_over_three_days_within_what_sqs_can_wait():
    waits = [later - at for at, later in zip((0.0, *RETRIES), RETRIES, strict=False)]

    assert sorted(waits) == waits
    assert 72 * 3600 == RETRIES[-1]
    assert LONGEST_WAIT >= max(waits)
    # A queue gives a message up after 200 receipts. Those of the nine before it count, too: a
    # look at a queue shows ten messages of a group, and all come back when the first fails.
    assert 10 * (1 + len(RETRIES)) < 200


async def test_an_event_is_tried_for_three_days_with_growing_waits_and_then_parked(scene: Scene):
    await scene.come("e-1")

    tried = await scene.pass_by(4 * DAY)

    assert [0, *RETRIES] == [when.total_seconds() for when, _ in tried]
    assert [
        "SinkRefused: the endpoint answered 503; not taken within 72 hours"
    ] == await scene.parked()


async def test_a_try_waits_as_long_as_the_endpoint_asks_but_never_longer_than_sqs_can(
    scene: Scene,
):
    scene.wire.answer = RetryAfter("the endpoint answered 429", 3600)
    await scene.come("e-1")
    tried = await scene.pass_by(timedelta(hours=4))
    assert [0, 1, 2] == [when / timedelta(hours=1) for when, _ in tried]

    scene.wire.answer = RetryAfter("the endpoint answered 429", 12 * 3600)
    tried = await scene.pass_by(DAY)
    assert LONGEST_WAIT == (tried[1][0] - tried[0][0]).total_seconds()


async def test_events_of_one_payment_stay_in_order_behind_one_that_fails(scene: Scene):
    await scene.come("e-1")
    await scene.come("e-2")
    await scene.work()
    scene.wire.answer = Delivered()
    scene.clock.advance(5)
    await scene.work()

    assert ["e-1", "e-1", "e-2"] == scene.wire.had


async def test_an_endpoint_that_took_nothing_for_three_days_is_disabled_once(scene: Scene):
    for number in range(3):
        await scene.come(f"e-{number}", f"pay-{number}")
    await scene.pass_by(3 * DAY + timedelta(minutes=5))
    tries = len(scene.wire.had)

    await scene.come("e-9", "pay-9")
    await scene.work()

    assert ["sink.disabled"] == scene.logs
    assert tries == len(scene.wire.had)
    assert (
        "SinkRefused: disabled since 2026-11-05 12:00 UTC (the endpoint answered 503; not taken "
        "within 72 hours); redrive this letter to try the endpoint again"
    ) == (await scene.parked())[-1]


async def test_one_event_that_is_never_taken_disables_nothing_while_others_are(scene: Scene):
    await scene.come("e-1", "pay-1")
    await scene.work()
    scene.wire.takes = tuple(f"good-{day}" for day in range(4))
    for day in range(4):
        await scene.come(f"good-{day}", f"pay-good-{day}")
        await scene.pass_by(DAY)

    assert 1 == len(await scene.parked())
    assert [] == scene.logs


async def test_an_endpoint_that_is_gone_is_disabled_at_once(scene: Scene):
    scene.wire.answer = Gone("the endpoint answered 410 Gone")
    await scene.come("e-1", "pay-1")
    await scene.come("e-2", "pay-2")

    await scene.work()

    assert ["sink.disabled"] == scene.logs
    assert ["e-1"] == scene.wire.had
    assert "SinkRefused: the endpoint answered 410 Gone" == (await scene.parked())[0]


async def test_a_redriven_letter_that_is_taken_enables_the_endpoint(scene: Scene):
    scene.wire.answer = Gone("the endpoint answered 410 Gone")
    await scene.come("e-1", "pay-1")
    await scene.come("e-2", "pay-2")
    await scene.work()
    scene.wire.answer = Delivered()
    await scene.redrive()
    await scene.work()
    await scene.come("e-3", "pay-3")
    await scene.work()

    assert ["e-1", "e-1", "e-2", "e-3"] == scene.wire.had
    assert ["sink.disabled", "sink.enabled"] == scene.logs
    assert [] == await scene.parked()


async def test_a_replayed_event_is_tried_and_enables_the_endpoint(scene: Scene):
    await scene.attempts.note("wire", Trouble(NOON, NOON, "410"), before=None)
    scene.wire.answer = Delivered()
    await scene.come("e-1", **{REPLAY: "r-1"})
    await scene.work()

    assert ["e-1"] == scene.wire.had
    assert await scene.attempts.trouble("wire") is None


async def test_a_redriven_letter_has_three_days_of_its_own(scene: Scene):
    await scene.come("e-1")
    await scene.pass_by(4 * DAY)
    scene.wire.had.clear()
    await scene.redrive()
    await scene.pass_by(4 * DAY)

    assert 1 + len(RETRIES) == len(scene.wire.had)
    assert ["sink.disabled"] == scene.logs


async def test_an_event_that_waited_for_its_consumer_is_still_tried_for_three_days(scene: Scene):
    await scene.come("e-1")
    scene.clock.advance(2.5 * 24 * 3600)

    tried = await scene.pass_by(7 * DAY)

    assert 1 + len(RETRIES) == len(tried)
    assert 1 == len(await scene.parked())


async def test_an_event_behind_one_that_failed_for_hours_has_all_its_tries(scene: Scene):
    await scene.come("e-1")
    await scene.come("e-2")
    await scene.pass_by(timedelta(hours=11))
    scene.wire.takes = ("e-1",)

    tried = await scene.pass_by(5 * DAY)

    # The seventh try of the first one, at 12 h, is taken.
    behind = [(when - timedelta(hours=12)).total_seconds() for when, _ in tried]
    assert ["e-1"] * 7 + ["e-2"] * (1 + len(RETRIES)) == scene.wire.had
    assert [0, *RETRIES] == behind
    assert 1 == len(await scene.parked())


async def test_each_event_behind_one_that_is_never_taken_has_all_its_tries(scene: Scene):
    for number in range(3):
        await scene.come(f"e-{number}", "pay-1")
    for day in range(10):
        # Another payment's events are taken, so the endpoint stays enabled.
        scene.wire.takes = (*scene.wire.takes, f"good-{day}")
        await scene.come(f"good-{day}", f"pay-good-{day}")
        await scene.pass_by(DAY)

    tries = [scene.wire.had.count(f"e-{number}") for number in range(3)]
    assert [1 + len(RETRIES)] * 3 == tries
    assert 3 == len(await scene.parked())
    assert [] == scene.logs


async def test_no_event_waits_until_the_queue_forgets_it(scene: Scene):
    await scene.come("e-1")
    scene.clock.advance(13 * 24 * 3600)

    await scene.work()

    assert ["e-1"] == scene.wire.had
    assert [
        "SinkRefused: the endpoint answered 503; it is parked before its queue forgets it (14 days"
        " after it came)"
    ] == await scene.parked()
    assert [] == scene.logs


async def test_what_is_not_the_endpoint_s_fault_is_not_held_against_it(scene: Scene):
    scene.wire.answer = RetryAfter("the secret could not be read", tried=False)
    await scene.come("e-1")
    await scene.pass_by(4 * DAY)

    assert await scene.attempts.trouble("wire") is None
    assert [] == await scene.parked()
