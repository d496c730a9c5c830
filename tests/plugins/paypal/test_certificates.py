"""Certificates: whom the plugin believes, what it asks for, and how often."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
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
from penstock_paypal.webhooks.certificate import FETCHES
from penstock_paypal.webhooks.chain import Trust
from tests.plugins.paypal.fakes import ToldHttp, pem_answer
from tests.plugins.paypal.signing import SENT, URL, World

MISSING = Forged("PayPal does not have the certificate, 10 minutes after the delivery came")


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

    for days in (14, 28, 89):
        assert Authentic() == await world.ask(genuine, now=SENT + timedelta(days=days))
    assert isinstance(await world.ask(genuine, now=SENT + timedelta(days=91)), Forged)


async def test_a_certificate_of_the_future_decides_nothing(authority: Authority) -> None:
    world = World.of(authority, start=SENT + timedelta(minutes=10))

    genuine = world.genuine()

    assert Undecided("the certificate is not valid yet", 300.0) == await world.ask(genuine)
    assert Authentic() == await world.ask(genuine, SENT + timedelta(minutes=5))
    assert Authentic() == await world.ask(world.genuine(at=6))


async def test_what_a_certificate_of_the_future_did_not_sign_does_not_wait_for_it(
    authority: Authority,
) -> None:
    world = World.of(authority, start=SENT + timedelta(minutes=10))
    tampered = replace(world.genuine(), body=b"{}")

    assert Forged("the signature does not match") == await world.ask(tampered)


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


def usage(*names: str) -> x509.KeyUsage:
    every = "digital_signature content_commitment key_encipherment data_encipherment key_agreement"
    every += " key_cert_sign crl_sign encipher_only decipher_only"
    return x509.KeyUsage(**{name: name in names for name in every.split()})


@pytest.mark.parametrize(
    "given", [None, usage("key_encipherment"), usage("content_commitment", "data_encipherment")]
)
async def test_a_certificate_whose_key_may_not_sign_is_refused(
    authority: Authority, given: x509.KeyUsage | None
) -> None:
    """
    One without the extension too: all that PayPal is known to have signed with have it.
    """
    world = World.of(authority, usage=given)

    assert Forged(
        "the certificate's key usage does not allow digital signatures"
    ) == await world.ask(world.genuine())


async def test_a_certificate_whose_key_may_sign_and_no_more_will_do(authority: Authority) -> None:
    world = World.of(authority, usage=usage("digital_signature"))

    assert Authentic() == await world.ask(world.genuine())


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
    roots = x509.load_pem_x509_certificates(environment(name, {}).anchors)
    next_year = datetime.fromisoformat("2028-01-01T00:00:00+00:00")

    assert 4 == len(roots)
    assert all(one.subject == one.issuer for one in roots)
    assert all(one.not_valid_after_utc > next_year for one in roots)


def test_local_exists_only_where_the_local_platform_defines_it() -> None:
    with pytest.raises(SettingsError, match="set it to live or sandbox"):
        environment("local", {})
