"""Certificates: which of them the plugin believes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from penstock.api import Authentic, Forged, SettingsError, Undecided
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import environment
from penstock_paypal.simulator.authority import NAME, Authority, pem
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.chain import Trust
from tests.plugins.paypal.fakes import ToldHttp, pem_answer
from tests.plugins.paypal.signing import SENT, World


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
