"""Certificates: whom the plugin believes, what it asks for, and how often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from penstock.api import (
    Authentic,
    Forged,
    HttpNotSent,
    HttpUnanswered,
    Response,
    SettingsError,
    Undecided,
)
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import environment
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.chain import Trust
from tests.plugins.paypal.fakes import ToldHttp, pem_answer
from tests.plugins.paypal.signing import SENT, URL, World


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(SENT - timedelta(days=30))


@pytest.fixture
def world(authority: Authority) -> World:
    return World.of(authority)


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


async def test_a_certificate_missing_twice_a_minute_apart_is_forged(world: World) -> None:
    world.serve(Response(404, {}, b""))
    first = await world.ask(world.genuine())
    soon = await world.ask(world.genuine(at=0.9))

    assert Undecided("PayPal does not have the certificate", 60.0) == first
    assert Undecided("PayPal does not have the certificate", 6.0) == soon
    assert 1 == len(world.http.asked)
    assert Forged("PayPal has no such certificate") == await world.ask(world.genuine(at=1))
    assert 2 == len(world.http.asked)


async def test_what_strangers_make_us_keep_is_bounded_and_does_not_hasten_a_verdict(
    world: World,
) -> None:
    """
    They may name any address; crowding out what we know of one must not make it forged.
    """
    world.serve(Response(404, {}, b""))
    await world.ask(world.genuine())
    genuine = world.genuine()
    for number in range(1, 1200):
        other = f"{URL[: -len('0000')]}{number:04x}"
        world.http.answers[other] = Response(500, {}, b"")
        await world.ask(replace(genuine, headers={**genuine.headers, door.CERT_URL: other}))
    again = await world.ask(world.genuine(at=0.5))

    assert 1201 == len(world.http.asked)
    assert isinstance(again, Undecided)


async def test_a_certificate_missing_once_is_not_held_against_it(world: World) -> None:
    world.serve([Response(404, {}, b""), pem_answer(world.pem, **{"cache-control": "max-age=0"})])
    await world.ask(world.genuine())

    assert Authentic() == await world.ask(world.genuine(at=1))
    world.serve(Response(404, {}, b""))

    assert isinstance(await world.ask(world.genuine(at=10)), Undecided)


@pytest.mark.parametrize(
    ("life", "answer"),
    [
        (timedelta(minutes=4), Authentic()),
        (timedelta(minutes=6), Forged("the certificate has expired")),
    ],
)
async def test_an_expired_certificate_is_refused_but_for_a_small_skew(
    authority: Authority, life: timedelta, answer: object
) -> None:
    world = World.of(authority, end=SENT - life)

    assert answer == await world.ask(world.genuine())


async def test_a_kept_certificate_expires_while_it_is_kept(authority: Authority) -> None:
    world = World.of(authority, end=SENT + timedelta(hours=1))

    assert Authentic() == await world.ask(world.genuine())
    assert Forged("the certificate has expired") == await world.ask(world.genuine(at=120))


async def test_what_waited_on_our_queues_is_judged_as_of_when_it_came(
    authority: Authority,
) -> None:
    """
    A delivery redriven after its certificate expired is still PayPal's.
    """
    world = World.of(authority, end=SENT + timedelta(hours=1))
    genuine = world.genuine()

    assert Authentic() == await world.ask(genuine, now=SENT + timedelta(days=14))
    assert Authentic() != await world.ask(genuine, now=SENT + timedelta(days=40))


async def test_a_certificate_of_the_future_decides_nothing(authority: Authority) -> None:
    world = World.of(authority, start=SENT + timedelta(minutes=10))

    assert Undecided("the certificate is not valid yet") == await world.ask(world.genuine())
    assert Authentic() == await world.ask(world.genuine(at=6))


@pytest.mark.parametrize(
    "name", [f"evil{NAME}", f"{NAME}.evil", "*.local", NAME.upper() + "x", "localhost"]
)
async def test_a_certificate_for_another_name_is_refused(authority: Authority, name: str) -> None:
    world = World.of(authority, name=name)

    assert Forged("the certificate is made out to another name") == await world.ask(
        world.genuine()
    )


async def test_a_short_key_is_refused(authority: Authority) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - the point
    world = World.of(authority, key=key)
    # A signature of that length does not pass the header check; the certificate must not either.
    long = {door.SIGNATURE: "A" * 344}

    assert Forged("the certificate's key is no RSA key of 2048 bits or more") == await world.ask(
        replace(world.genuine(), headers={**world.genuine().headers, **long})
    )


async def test_a_chain_to_nobody_we_trust_decides_nothing_and_names_the_remedy(
    authority: Authority,
) -> None:
    """
    PayPal's own host served it, so PayPal may have changed its CA: kept until people have looked.
    """
    stranger = World.of(Authority.make(SENT - timedelta(days=30)))
    world = World.of(authority)
    world.serve(pem_answer(stranger.pem))
    answer = await world.ask(stranger.genuine())

    assert isinstance(answer, Undecided)
    assert "PROVIDER_PAYPAL_EXTRA_CERTIFICATES" in answer.because
    assert ["paypal.certificate_untrusted"] == [event for _, event, _ in world.log.lines]


async def test_a_configured_root_and_intermediate_complete_the_chain(authority: Authority) -> None:
    stranger = Authority.make(SENT - timedelta(days=30))
    extra = pem(stranger.root) + pem(stranger.intermediate)
    world = World.of(authority, extra=extra.decode(), issuing=stranger)

    assert Authentic() == await world.ask(world.genuine())


async def test_a_configured_intermediate_is_not_itself_trusted(authority: Authority) -> None:
    stranger = Authority.make(SENT - timedelta(days=30))
    extra = pem(stranger.intermediate).decode()
    world = World.of(authority, extra=extra, issuing=stranger)

    assert isinstance(await world.ask(world.genuine()), Undecided)


async def test_an_intermediate_that_came_with_the_certificate_is_used(
    authority: Authority,
) -> None:
    stranger = Authority.make(SENT - timedelta(days=30))
    world = World.of(authority, extra=pem(stranger.root).decode(), issuing=stranger)
    world.serve(pem_answer(world.pem + pem(stranger.intermediate)))

    assert Authentic() == await world.ask(world.genuine())


def test_extra_certificates_that_are_none_are_an_error_that_names_the_setting() -> None:
    with pytest.raises(SettingsError, match="PROVIDER_PAYPAL_EXTRA_CERTIFICATES"):
        Trust(environment("live", {}), "no PEM", ToldHttp(), RecordingLog(), 1.0)


@pytest.mark.parametrize("name", ["live", "sandbox"])
def test_the_shipped_roots_are_readable_and_in_force(name: str) -> None:
    """
    At least two of them for longer than the next year: PayPal may move from one to another.
    """
    from cryptography import x509

    roots = x509.load_pem_x509_certificates(environment(name, {}).anchors)
    next_year = datetime.fromisoformat("2028-01-01T00:00:00+00:00")

    assert 4 == len(roots)
    assert all(one.subject == one.issuer for one in roots)
    assert all(one.not_valid_after_utc > next_year for one in roots)


def test_local_exists_only_where_the_local_platform_defines_it() -> None:
    with pytest.raises(SettingsError, match="set it to live or sandbox"):
        environment("local", {})
