"""The issuer's certificate, fetched from where the signing certificate says it is published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID

from penstock.api import Authentic, Forged, Response, SettingsError, Undecided
from penstock.testing.context import RecordingLog
from penstock_paypal.environments import environment
from penstock_paypal.simulator.authority import NAME, SIGNS, Authority, pem
from penstock_paypal.webhooks.chain import Trust
from tests.plugins.paypal.fakes import ToldHttp, pem_answer
from tests.plugins.paypal.signing import KEY, SENT, URL, World

ISSUER = "http://cacerts.digicert.com/PenstockTest.crt"
HOST = "http://cacerts.digicert.com"
UNTRUSTED = "the certificate's chain ends at no trusted root"
START, END = SENT - timedelta(days=10), SENT + timedelta(days=300)
CA_ISSUERS, OCSP = Access.CA_ISSUERS, Access.OCSP


def leaf(
    authority: Authority,
    *places: tuple[x509.ObjectIdentifier, str],
    key: Any = None,
    names: bool = True,
    odd: bool = False,
) -> bytes:
    """A leaf that says where its issuer is published, as PEM."""
    issuer = authority.key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.intermediate.subject)
        .public_key(key or KEY.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START)
        .not_valid_after(END)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
        .add_extension(SIGNS, critical=True)
    )
    if names:
        named: list[x509.GeneralName] = [x509.DNSName(NAME)]
        builder = builder.add_extension(x509.SubjectAlternativeName(named), critical=True)
    if odd:
        broken = x509.UnrecognizedExtension(x509.OID_AUTHORITY_INFORMATION_ACCESS, b"\x01")
        builder = builder.add_extension(broken, critical=False)
    if places:
        told = [
            x509.AccessDescription(method, x509.UniformResourceIdentifier(place))
            for method, place in places
        ]
        builder = builder.add_extension(x509.AuthorityInformationAccess(told), critical=False)
    return pem(builder.sign(authority.key, hashes.SHA256()))


@pytest.fixture
def stranger() -> Authority:
    """One whose root is trusted and whose intermediate is not at hand."""
    return Authority.make(SENT - timedelta(days=30))


def served(stranger: Authority, world_of: Authority, pem_of_leaf: bytes) -> World:
    world = World.of(world_of, extra=pem(stranger.root).decode(), issuing=stranger)
    world.serve(pem_answer(pem_of_leaf))
    return world


@pytest.mark.parametrize(
    ("encoding", "before"), [(Encoding.PEM, b""), (Encoding.PEM, b"\n"), (Encoding.DER, b"")]
)
async def test_an_issuer_that_is_published_completes_the_chain(
    authority: Authority, stranger: Authority, encoding: Encoding, before: bytes
) -> None:
    world = served(
        stranger, authority, leaf(stranger, (OCSP, f"{HOST}/ocsp"), (CA_ISSUERS, ISSUER))
    )
    issuer = stranger.intermediate.public_bytes(encoding)
    world.http.answers[ISSUER] = Response(
        200, {}, before + issuer if encoding is Encoding.PEM else issuer
    )

    assert Authentic() == await world.ask(world.genuine())
    assert [("GET", URL), ("GET", ISSUER)] == world.http.asked


@pytest.mark.parametrize(
    ("status", "because"),
    [
        (199, "its issuer's host answered 199"),
        (201, "its issuer's host answered 201"),
        (403, "its issuer's host answered 403"),
        (404, UNTRUSTED),
        (405, "its issuer's host answered 405"),
        (503, "its issuer's host answered 503"),
        (200, "its issuer's host served no certificate"),
    ],
)
async def test_an_issuer_that_is_not_served_decides_nothing(
    authority: Authority, stranger: Authority, status: int, because: str
) -> None:
    world = served(stranger, authority, leaf(stranger, (CA_ISSUERS, ISSUER)))
    body = b"<html>" if status == 200 else pem(stranger.intermediate)
    world.http.answers[ISSUER] = Response(status, {}, body)
    answer = await world.ask(world.genuine())

    assert isinstance(answer, Undecided)
    assert because in answer.because


@pytest.mark.parametrize(
    "place",
    [
        (OCSP, ISSUER),
        (x509.ObjectIdentifier("1.3.6.1.5.5.7.48.3"), ISSUER),
        (x509.ObjectIdentifier("1.2.3"), ISSUER),
        (CA_ISSUERS, "http://evil.example/PenstockTest.crt"),
        (CA_ISSUERS, f"{ISSUER}?x"),
    ],
)
async def test_no_other_place_is_asked_for_an_issuer(
    authority: Authority, stranger: Authority, place: tuple[x509.ObjectIdentifier, str]
) -> None:
    world = served(stranger, authority, leaf(stranger, place))
    answer = await world.ask(world.genuine())

    assert isinstance(answer, Undecided)
    assert UNTRUSTED in answer.because
    assert [("GET", URL)] == world.http.asked


async def test_a_place_that_is_no_address_is_not_asked_and_the_next_one_is(
    authority: Authority, stranger: Authority
) -> None:
    places = ((CA_ISSUERS, "ldap://x"), (CA_ISSUERS, ISSUER), (CA_ISSUERS, f"{HOST}/Other.crt"))
    world = served(stranger, authority, leaf(stranger, *places))
    world.http.answers[ISSUER] = pem_answer(pem(stranger.intermediate))

    assert Authentic() == await world.ask(world.genuine())


async def test_an_issuer_that_helps_nothing_is_asked_for_three_times_at_most(
    authority: Authority, stranger: Authority
) -> None:
    """
    Its own issuer is looked for next; one that names itself would be asked for without an end.
    """
    world = served(stranger, authority, leaf(stranger, (CA_ISSUERS, ISSUER)))
    world.http.answers[ISSUER] = pem_answer(leaf(stranger, (CA_ISSUERS, ISSUER)))
    answer = await world.ask(world.genuine())

    assert isinstance(answer, Undecided)
    assert UNTRUSTED in answer.because
    assert [("GET", ISSUER)] * 3 == world.http.asked[1:]


async def test_a_certificate_without_a_name_or_an_rsa_key_is_refused(
    authority: Authority,
) -> None:
    world = World.of(authority)
    world.serve(pem_answer(leaf(authority, names=False)))

    assert Forged("the certificate is made out to another name") == await world.ask(
        world.genuine()
    )
    world = World.of(authority)
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    world.serve(pem_answer(leaf(authority, key=key)))

    assert Forged("the certificate's key is no RSA key of 2048 bits or more") == (
        await world.ask(world.genuine())
    )


async def test_a_certificate_that_cannot_be_read_is_forged(
    authority: Authority, stranger: Authority
) -> None:
    world = served(stranger, authority, leaf(stranger, odd=True))

    assert Forged("the certificate cannot be read") == await world.ask(world.genuine())


@pytest.mark.parametrize("extra", ["", " \n"])
def test_nothing_configured_adds_nothing(extra: str) -> None:
    assert Trust(environment("live", {}), extra, ToldHttp(), RecordingLog(), 1.0)
    with pytest.raises(SettingsError, match="must be PEM text"):
        Trust(environment("live", {}), f"{extra}x", ToldHttp(), RecordingLog(), 1.0)
