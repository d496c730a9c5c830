"""Certificates: what the plugin asks PayPal for, and how often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import Authentic, HttpNotSent, HttpUnanswered, Response, Undecided
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.certificate import FETCHES
from tests.plugins.paypal.fakes import pem_answer
from tests.plugins.paypal.signing import SENT, URL, World


async def test_a_known_certificate_is_not_asked_for_again(world: World) -> None:
    for minutes in (0, 1, 60 * 23):
        assert Authentic() == await world.ask(world.genuine(at=minutes))

    assert [("GET", URL)] == world.http.asked


async def test_a_certificate_is_fetched_anew_after_a_day_whatever_its_host_says(
    world: World,
) -> None:
    world.serve(pem_answer(world.pem, **{"cache-control": "max-age=999999999"}))
    await world.ask(world.genuine())
    await world.ask(world.genuine(at=60 * 24 + 1))

    assert 2 == len(world.http.asked)


async def test_many_deliveries_at_once_ask_once(world: World) -> None:
    world.http.gate = asyncio.Event()
    asking = [asyncio.create_task(world.ask(world.genuine(str(n)))) for n in range(10)]
    await asyncio.sleep(0)
    world.http.gate.set()

    assert [Authentic()] * 10 == await asyncio.gather(*asking)
    assert [("GET", URL)] == world.http.asked


async def test_one_who_gives_up_waiting_leaves_the_others_their_answer(world: World) -> None:
    world.http.gate = asyncio.Event()
    first, second = (asyncio.create_task(world.ask(world.genuine(str(n)))) for n in range(2))
    await asyncio.sleep(0)
    first.cancel()
    world.http.gate.set()

    assert Authentic() == await second


@pytest.mark.parametrize(
    "answer",
    [
        HttpNotSent("no connection"),
        HttpUnanswered("timeout"),
        Response(500, {}, b""),
        Response(302, {"location": "https://evil.example/cert"}, b""),
        Response(403, {}, b"<html>denied</html>"),
        Response(200, {}, b"<html>maintenance</html>"),
        Response(200, {}, b""),
        Response(200, {}, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ],
)
async def test_a_host_that_serves_no_certificate_decides_nothing(
    world: World, answer: Response | Exception
) -> None:
    """
    And it is left alone for some seconds; then it is asked again, and the delivery is authentic.
    """
    world.serve([answer, pem_answer(world.pem)])

    assert isinstance(await world.ask(world.genuine()), Undecided)
    assert isinstance(await world.ask(world.genuine(at=0.05)), Undecided)
    assert 1 == len(world.http.asked)
    assert Authentic() == await world.ask(world.genuine(at=0.1))


def made_up(number: int) -> str:
    """An address that PayPal's certificate could have."""
    return f"{URL[: -len('0000')]}{number:04x}"


async def test_a_known_certificate_stays_known_whatever_names_strangers_make_up(
    world: World,
) -> None:
    """
    1,024 names of the allowed form crowded it out once, and each of them was asked for.
    """
    assert Authentic() == await world.ask(world.genuine())
    genuine = world.genuine()
    for number in range(1, 3000):
        world.http.answers[made_up(number)] = Response(404, {}, b"")
        named = {**genuine.headers, door.CERT_URL: made_up(number)}
        await world.ask(replace(genuine, headers=named), SENT + timedelta(seconds=number))
    world.serve(AssertionError("asked for again"))

    assert Authentic() == await world.ask(world.genuine("1", at=50))
    assert 1 + 50 * FETCHES >= len(world.http.asked)


async def test_a_known_certificate_is_renewed_while_the_budget_for_others_is_used_up(
    world: World,
) -> None:
    assert Authentic() == await world.ask(world.genuine())
    noon = 60 * 24 + 1
    genuine = world.genuine(at=noon)
    for number in range(1, 20):
        world.http.answers[made_up(number)] = Response(404, {}, b"")
        named = {**genuine.headers, door.CERT_URL: made_up(number)}
        assert isinstance(await world.ask(replace(genuine, headers=named)), Undecided)

    assert Authentic() == await world.ask(world.genuine("1", at=noon))
    assert [FETCHES, ("GET", URL)] == [len(world.http.asked) - 2, world.http.asked[-1]]


async def test_without_a_budget_a_new_certificate_waits_and_is_found_once_there_is_one(
    world: World,
) -> None:
    genuine = world.genuine()
    for number in range(1, 20):
        world.http.answers[made_up(number)] = Response(404, {}, b"")
        named = {**genuine.headers, door.CERT_URL: made_up(number)}
        await world.ask(replace(genuine, headers=named))

    assert Undecided(
        "PayPal was not asked for the certificate: too many unknown certificates are named", 5.0
    ) == await world.ask(genuine)
    assert Authentic() == await world.ask(genuine, SENT + timedelta(seconds=61))


async def test_other_spellings_of_an_address_crowd_nothing_out(authority: Authority) -> None:
    """
    A host that makes no difference between upper and lower case serves one file under each.
    """
    world = World.of(authority, urls="https://[a-z.]+/v1/notifications/certs/CERT-[0-9a-fA-F-]+")
    genuine = world.genuine()
    assert Authentic() == await world.ask(genuine)
    other = {**genuine.headers, door.CERT_URL: URL.replace("caa", "CAA")}

    assert Authentic() == await world.ask(replace(genuine, headers=other))
    assert [("GET", URL)] == world.http.asked


@pytest.mark.parametrize(
    "answer",
    [
        Response(404, {}, b""),
        Response(503, {}, b""),
        HttpUnanswered("timeout"),
        Response(200, {}, b"<html>maintenance</html>"),
    ],
)
async def test_a_known_certificate_outlives_a_day_in_which_its_host_fails(
    world: World, answer: Response | Exception
) -> None:
    """
    And it is asked for once a minute at most; after that day nothing is known of it.
    """
    await world.ask(world.genuine())
    world.serve(answer)
    hour = 60.0
    for at in (24 * hour + 1, 24 * hour + 1.5, 30 * hour, 47 * hour):
        assert Authentic() == await world.ask(world.genuine(at=at))

    assert 4 == len(world.http.asked)
    assert {"paypal.certificate_not_renewed"} == {event for _, event, _ in world.log.lines}
    assert isinstance(await world.ask(world.genuine(at=48 * hour + 5)), Undecided)
    world.serve(pem_answer(world.pem))

    assert Authentic() == await world.ask(world.genuine(at=48 * hour + 6))


async def test_a_certificate_that_was_renewed_under_its_address_is_asked_for_when_it_expires(
    authority: Authority,
) -> None:
    world = World.of(authority, end=SENT + timedelta(hours=1))
    renewed = authority.issue(NAME, world.key.public_key(), SENT, SENT + timedelta(days=90))
    await world.ask(world.genuine())
    world.serve([Response(503, {}, b""), pem_answer(pem(renewed))])

    assert isinstance(await world.ask(world.genuine(at=70)), Undecided)
    assert Authentic() == await world.ask(world.genuine(at=72))
