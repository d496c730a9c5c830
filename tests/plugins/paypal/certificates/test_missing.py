"""Certificates that PayPal does not have: how long a delivery waits for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import Authentic, Forged, Response, Undecided
from tests.plugins.paypal.fakes import pem_answer
from tests.plugins.paypal.signing import SENT, World

MISSING = Forged("PayPal does not have the certificate, 10 minutes after the delivery came")


async def test_a_missing_certificate_is_forged_ten_minutes_after_the_delivery_came(
    world: World,
) -> None:
    """
    Until then it is undecided, and each wait is as long as the delivery has waited already.
    """
    world.serve(Response(404, {}, b""))
    genuine, age = world.genuine(), 0.0
    for wait in (5, 5, 10, 20, 40, 80, 160, 280):
        answer = await world.ask(genuine, SENT + timedelta(seconds=age))
        assert Undecided("PayPal does not have the certificate", wait) == answer
        age += wait

    assert MISSING == await world.ask(genuine, SENT + timedelta(seconds=600))
    assert [Forged, Undecided] == [
        type(await world.ask(world.genuine(), SENT + timedelta(seconds=seconds)))
        for seconds in (600, 599)
    ]


@pytest.mark.parametrize("since", [timedelta(hours=-1), timedelta(minutes=-6), timedelta(hours=1)])
async def test_a_delivery_of_the_past_or_of_our_future_waits_for_no_missing_certificate(
    world: World, since: timedelta
) -> None:
    """
    A negative age is old: it would be waited for without an end.
    """
    world.serve(Response(404, {}, b""))

    assert MISSING == await world.ask(world.genuine(), SENT + since)


async def test_two_clocks_that_differ_a_little_make_no_delivery_old(world: World) -> None:
    world.serve([Response(404, {}, b""), pem_answer(world.pem)])

    assert isinstance(await world.ask(world.genuine(), SENT - timedelta(seconds=1)), Undecided)
    assert Authentic() == await world.ask(world.genuine(), SENT + timedelta(seconds=5))


async def test_a_certificate_that_is_missing_for_two_minutes_makes_nothing_forged(
    world: World,
) -> None:
    world.serve(Response(404, {}, b""))
    for second in range(0, 120, 10):
        genuine = world.genuine(str(second), at=second / 60)
        assert isinstance(await world.ask(genuine), Undecided)
    world.serve(pem_answer(world.pem))

    assert Authentic() == await world.ask(world.genuine(), SENT + timedelta(seconds=150))
    assert Authentic() == await world.ask(world.genuine("1", at=2.5))


async def test_a_delivery_that_was_forged_for_a_missing_certificate_is_authentic_when_sent_back(
    world: World,
) -> None:
    """
    From `rejected.fifo`, where it may have lain for two weeks, with the time at which it came.
    """
    world.serve(Response(404, {}, b""))
    genuine = world.genuine()
    assert MISSING == await world.ask(genuine, SENT + timedelta(minutes=10))
    world.serve(pem_answer(world.pem))

    assert Authentic() == await world.ask(genuine, SENT + timedelta(days=14))
