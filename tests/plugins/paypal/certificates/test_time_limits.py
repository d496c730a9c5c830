"""Certificates: to the second, when one is asked for again and when it stops being known."""

from __future__ import annotations

from datetime import timedelta

import pytest

from penstock.api import Authentic, Authenticity, Forged, Response, Undecided
from penstock_paypal.simulator.authority import Authority
from tests.plugins.paypal.fakes import pem_answer
from tests.plugins.paypal.signing import SENT, World

DAY = 24 * 3600
AWAY = Response(503, {}, b"")


async def asked(world: World, second: float) -> Authenticity:
    """The verifier's answer to a genuine delivery of that second."""
    return await world.ask(world.genuine(f"{second:.0f}", at=second / 60))


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("max-age=3600", 3600),
        ("public, max-age=301", 301),
        ("max-age=299", 300),
        ("max-age=0", 300),
        (f"max-age={DAY}", DAY),
        (f"max-age={DAY + 1}", DAY),
        ("no-store", DAY),
    ],
)
async def test_a_certificate_is_kept_as_long_as_its_host_says_within_five_minutes_and_a_day(
    world: World, stated: str, seconds: int
) -> None:
    world.serve(pem_answer(world.pem, **{"cache-control": stated}))
    await asked(world, 0)
    await asked(world, seconds - 1)

    assert 1 == len(world.http.asked)
    await asked(world, seconds)

    assert 2 == len(world.http.asked)


@pytest.mark.parametrize(("life", "seconds"), [(3600, 3600), (60, 300)])
async def test_a_certificate_that_expires_sooner_is_asked_for_then(
    authority: Authority, life: int, seconds: int
) -> None:
    """
    It may be renewed under the same address; a minute before its end five minutes are the least.
    """
    world = World.of(authority, end=SENT + timedelta(seconds=life))
    await asked(world, 0)
    await asked(world, seconds - 1)

    assert 1 == len(world.http.asked)
    await asked(world, seconds)

    assert 2 == len(world.http.asked)


@pytest.mark.parametrize(
    ("second", "answer"),
    [
        (2 * DAY - 1, Authentic()),
        (2 * DAY, Undecided("the certificate's host answered 503", 5.0)),
    ],
)
async def test_a_known_certificate_is_good_for_one_day_more_while_its_host_fails(
    world: World, second: int, answer: Authenticity
) -> None:
    await asked(world, 0)
    world.serve(AWAY)

    assert answer == await asked(world, second)


async def test_a_known_certificate_that_is_not_served_is_asked_for_once_a_minute(
    world: World,
) -> None:
    await asked(world, 0)
    world.serve(AWAY)
    for second in (DAY, DAY + 59):
        assert Authentic() == await asked(world, second)

    assert 2 == len(world.http.asked)
    await asked(world, DAY + 60)

    assert 3 == len(world.http.asked)


async def test_an_unknown_certificate_is_asked_for_ever_more_seldom_up_to_half_a_minute(
    world: World,
) -> None:
    """
    However many deliveries name it: the waits are 5, 10, 20, 30 and 30 seconds.
    """
    world.serve(AWAY)
    when = []
    for second in range(100):
        before = len(world.http.asked)
        await asked(world, second)
        when += [second] * (len(world.http.asked) - before)

    assert [0, 5, 15, 35, 65, 95] == when


async def test_a_certificate_that_is_not_paypals_is_not_asked_for_again_for_five_minutes(
    authority: Authority,
) -> None:
    world = World.of(authority, name="evil.example")
    refused = Forged("the certificate is made out to another name")
    for second in (0, 299):
        assert refused == await asked(world, second)

    assert 1 == len(world.http.asked)
    assert refused == await asked(world, 300)
    assert 2 == len(world.http.asked)


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [(300, Authentic()), (301, Forged("the certificate has expired"))],
)
async def test_an_expired_certificate_is_good_for_five_minutes_of_skew(
    authority: Authority, seconds: int, answer: Authenticity
) -> None:
    world = World.of(authority, end=SENT - timedelta(seconds=seconds))

    assert answer == await asked(world, 0)


@pytest.mark.parametrize("status", [199, 201, 206, 302, 403, 500])
async def test_only_an_answer_of_200_brings_a_certificate(world: World, status: int) -> None:
    world.serve(Response(status, {}, world.pem))

    assert Undecided(f"the certificate's host answered {status}", 5.0) == await asked(world, 0)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_missing_certificate_is_one_that_paypal_does_not_have(
    world: World, status: int
) -> None:
    world.serve(Response(status, {}, world.pem))

    assert Undecided("PayPal does not have the certificate", 5.0) == await asked(world, 0)
