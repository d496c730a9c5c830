"""After an outage: how soon what is due is done, and how politely; see `recovering.py`."""

import asyncio

import pytest
from structlog.testing import capture_logs

from penstock.api import ChargeRequest, GatewayUnavailable, LookupAnswer, Pending
from penstock.errors import NotShownYet
from penstock.pipeline.turns import FAILURES, SIDE_BY_SIDE, Turns
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from tests.unit.pipeline import recovering
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.recovering import delay_of_a_payment_never_sent
from tests.unit.pipeline.virtual import run
from tests.unit.pipeline.world import World


@pytest.mark.parametrize("pending", [0, 100, 1000])
def test_a_payment_never_sent_does_not_wait_for_pending_ones(pending: int) -> None:
    assert run(delay_of_a_payment_never_sent(pending)) < 1


def test_a_payment_that_becomes_due_while_a_gateway_is_asked_waits_for_seconds() -> None:
    assert run(recovering.delay_while_gateway_is_asked(300)) < 6


def test_a_function_recovers_hundreds_of_invoices_a_minute_eight_at_a_time() -> None:
    recovered = run(recovering.invoices_a_minute(250))

    assert recovered.done > 200
    assert SIDE_BY_SIDE == recovered.most


def test_a_gateway_that_is_away_is_left_alone_and_its_payments_are_kept() -> None:
    asked, left = run(recovering.requests_to_a_gateway_that_is_away(200))

    # At most once a minute; those under way when the last one fails end too.
    assert FAILURES <= asked <= 3 * (FAILURES + SIDE_BY_SIDE)
    assert 200 == left


def test_a_gateway_that_names_a_time_is_not_asked_before_it() -> None:
    asked, left = run(recovering.requests_to_a_gateway_that_says_later(200, 600))

    assert (SIDE_BY_SIDE, 200) == (asked, left)


async def test_a_pending_charge_is_asked_about_ever_more_rarely_and_daily_at_last():
    world = World(Undecided())
    body = '{"id":"p1","provider":"acme","order":{"amount":1,"currency":"JPY"}}'
    await world.payments.send(Outgoing(body, group="p1", dedup="p1"))
    world.acme.answers = [Pending("ch-1")]
    await world.consume(world.payments, world.charge)
    asked: list[int] = []
    for _ in range(3 * 24 * 12):
        world.clock.advance(300)
        before = world.acme.asked
        await world.sweep()
        if world.acme.asked > before:
            asked.append(round(world.clock.monotonic() / 60))

    assert [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 4000] == asked


class Undecided(Acme):
    asked = 0

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        self.asked += 1
        return Pending("ch-1")


class TestTurns:
    def test_what_the_gateway_does_not_show_yet_is_an_answer(self):
        turns = Turns(FrozenClock())
        for _ in range(2 * FAILURES):
            turns.note("acme", NotShownYet("not yet", retry_after=600))

        assert 0 == turns.alone("acme")

    def test_failures_that_are_not_in_a_row_leave_nobody_alone(self):
        turns = Turns(FrozenClock())
        for _ in range(FAILURES - 1):
            turns.note("acme", GatewayUnavailable("away"))
        turns.note("acme", None)
        for _ in range(FAILURES - 1):
            turns.note("acme", TimeoutError())

        assert 0 == turns.alone("acme")

    def test_one_gateway_that_is_left_alone_is_no_other(self):
        clock = FrozenClock()
        turns = Turns(clock)
        turns.note("acme", GatewayUnavailable("later", retry_after=30))

        assert (30, 0) == (turns.alone("acme"), turns.alone("bank"))
        clock.advance(30)
        assert 0 == turns.alone("acme")

    def test_a_gateway_that_does_not_answer_16_times_in_a_row_is_left_alone_for_a_minute(self):
        clock = FrozenClock()
        turns = Turns(clock)
        for _ in range(15):
            turns.note("acme", TimeoutError())
        before = turns.alone("acme")
        turns.note("acme", GatewayUnavailable("away"))

        assert (0, 60) == (before, turns.alone("acme"))
        clock.advance(59)
        assert 1 == turns.alone("acme")

    def test_it_is_said_once_why_and_for_how_long_a_gateway_is_left_alone(self):
        turns = Turns(FrozenClock())
        with capture_logs() as logs:
            for _ in range(2):
                turns.note("acme", GatewayUnavailable("later", retry_after=30))
            for _ in range(FAILURES + 1):
                turns.note("bank", TimeoutError())

        assert [
            ("acme", 30, "it said so"),
            ("bank", 60, "it did not answer 16 times in a row"),
        ] == [(line["gateway"], line["seconds"], line["because"]) for line in logs]

    def test_eight_entities_of_a_gateway_are_looked_at_side_by_side(self):
        turns = Turns(FrozenClock())
        taken = [turns.room("acme").locked() or _take(turns.room("acme")) for _ in range(9)]

        assert [False] * 8 + [True] == taken
        assert not turns.room("bank").locked()


def _take(room: asyncio.Semaphore) -> bool:
    """A turn that is free is had without waiting."""
    with pytest.raises(StopIteration):
        room.acquire().send(None)
    return False
