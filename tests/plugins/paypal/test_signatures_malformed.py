"""Headers and bodies that cannot be PayPal's are refused unasked."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import Authentic, Delivery, Forged, Undecided
from penstock_paypal.simulator.authority import Authority
from penstock_paypal.webhooks import door
from tests.depth import examples
from tests.plugins.paypal.signed import authority, world
from tests.plugins.paypal.signing import BODY, SENT, World

__all__ = ["authority", "world"]
LIVE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"


@pytest.mark.parametrize("name", [*door.PATTERNS, door.CERT_URL])
async def test_a_missing_header_is_refused_unasked(world: World, name: str) -> None:
    genuine = world.genuine()
    headers = {key: value for key, value in genuine.headers.items() if key != name}

    assert isinstance(await world.ask(replace(genuine, headers=headers)), Forged)
    assert [] == world.http.asked


MALFORMED = [
    (door.ALGORITHM, "SHA1withRSA"),
    (door.ALGORITHM, "sha256withrsa"),
    (door.ALGORITHM, "SHA256withRSA\n"),
    (door.ALGORITHM, "SHA256withRSA, SHA256withRSA"),
    (door.ID, ""),
    (door.ID, "x" * 51),
    (door.ID, "a|b"),
    (door.ID, "é"),
    (door.TIME, "2026-13-02T12:00:00Z"),
    (door.TIME, "2026-02-30T12:00:00Z"),
    (door.TIME, "0000-01-01T00:00:00Z"),
    (door.TIME, "2026-11-02T12:00:00+00:00"),
    (door.TIME, "2026-11-02 12:00:00Z"),
    (door.TIME, "1793620800"),
    (door.TIME, "2026-11-02T12:00:00Z\n"),
    (door.TIME, "\u0662\u0660\u0662\u0666-11-02T12:00:00Z"),
    (door.SIGNATURE, "A" * 100),
    (door.SIGNATURE, "A" * 700),
    (door.SIGNATURE, "A" * 341),
    (door.SIGNATURE, "A" * 343 + "=="),
    (door.SIGNATURE, "-_" * 172),
]


@pytest.mark.parametrize(("name", "value"), MALFORMED)
async def test_a_malformed_header_is_refused_unasked(world: World, name: str, value: str) -> None:
    genuine = world.genuine()

    assert isinstance(
        await world.ask(replace(genuine, headers={**genuine.headers, name: value})), Forged
    )
    assert [] == world.http.asked


ELSEWHERE = [
    "",
    LIVE.replace("https", "http"),
    LIVE.replace("https", "HTTPS"),
    LIVE.replace("https", "ftp"),
    LIVE.replace("api.paypal.com", "evilpaypal.com"),
    LIVE.replace("api.paypal.com", "api.evilpaypal.com"),
    LIVE.replace("api.paypal.com", "api.paypal.com.evil.example"),
    LIVE.replace("api.paypal.com", "api.paypal.com@evil.example"),
    LIVE.replace("api.paypal.com", "evil.example@api.paypal.com"),
    LIVE.replace("api.paypal.com", "user:pass@api.paypal.com"),
    LIVE.replace("api.paypal.com", "api.paypal.com:8443"),
    LIVE.replace("api.paypal.com", "api.paypal.com:443"),
    LIVE.replace("api.paypal.com", "api.paypal.com."),
    LIVE.replace("api.paypal.com", "apixpaypal.com"),
    LIVE.replace("api.paypal.com", "api.paypal\uff0ecom"),
    LIVE.replace("api.paypal.com", "api.p\u0430ypal.com"),
    LIVE.replace("api.paypal.com", "api.paypal.com\\@evil.example"),
    LIVE.replace("api.paypal.com", "169.254.169.254"),
    LIVE.replace("api.paypal.com", "api.sandbox.paypal.com"),
    LIVE.replace("/certs/", "/certs/../../"),
    LIVE.replace("/certs/", "/certs/%2e%2e/"),
    LIVE.replace("/certs/", "//certs/"),
    LIVE.replace("CERT-", "CERT-/../../"),
    LIVE.replace("CERT-", "cert-"),
    LIVE.replace("CERT-360caa42-fca2a594-1a5f47cb", ""),
    LIVE.replace("CERT-360caa42-fca2a594-1a5f47cb", "CERT-"),
    LIVE.replace("CERT-360caa42-fca2a594-1a5f47cb", "test"),
    LIVE + "?x=1",
    LIVE + "#x",
    LIVE + "/",
    LIVE + ".pem",
    LIVE + "\n",
    LIVE + "\r\nhost: evil.example",
    LIVE + "\0",
    LIVE + " ",
    " " + LIVE,
    LIVE + "\u0661",
    LIVE + "a" * 500,
    f"https://evil.example/{LIVE}",
    f"https://evil.example/?u={LIVE}",
    "file:///etc/passwd",
    "//api.paypal.com/v1/notifications/certs/CERT-1",
]


@pytest.mark.parametrize("url", ELSEWHERE)
async def test_a_certificate_address_elsewhere_is_refused_before_any_request(
    authority: Authority, url: str
) -> None:
    world = World.of(authority, urls=door.CERT_URLS["live"])
    genuine = world.genuine()
    tricky = replace(genuine, headers={**genuine.headers, door.CERT_URL: url})

    assert Forged("the certificate's address is not PayPal's") == await world.ask(tricky)
    assert [] == world.http.asked


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ("live", "api.paypal.com"),
        ("live", "api-m.paypal.com"),
        ("sandbox", "api.sandbox.paypal.com"),
        ("sandbox", "api-m.sandbox.paypal.com"),
    ],
)
def test_paypals_own_addresses_pass_in_their_environment_only(environment: str, host: str) -> None:
    url = LIVE.replace("api.paypal.com", host)
    passing = {name for name, pattern in door.CERT_URLS.items() if re.fullmatch(pattern, url)}

    assert {environment} == passing


def _same_crc(body: bytes, other: bytes) -> bytes:
    """`other` with four bytes more, so that its CRC-32 is the body's."""
    table = [_crc_of_byte(n) for n in range(256)]
    state = zlib.crc32(body) ^ 0xFFFFFFFF
    picked: list[int] = []
    for _ in range(4):
        index = next(n for n in range(256) if table[n] >> 24 == state >> 24)
        picked.append(index)
        state = ((state ^ table[index]) << 8) & 0xFFFFFFFF
    state = zlib.crc32(other) ^ 0xFFFFFFFF
    added = bytearray()
    for index in reversed(picked):
        added.append((state ^ index) & 0xFF)
        state = (state >> 8) ^ table[index]
    return other + bytes(added)


def _crc_of_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
    return value


async def test_a_body_of_the_same_checksum_passes_so_nothing_may_rest_on_it_alone(
    world: World,
) -> None:
    """
    PayPal signs a CRC-32 of the body only: this is why sales are read again before they count.
    """
    genuine = world.genuine()
    crafted = replace(genuine, body=_same_crc(BODY, b'{"id":"WH-1","resource":{"total":"9"}}'))

    assert Authentic() == await world.ask(crafted)


_HOSTILE = World.of(Authority.make(SENT - timedelta(days=30)))
text = st.text(max_size=60)


@settings(max_examples=examples(100), deadline=None)
@given(
    headers=st.dictionaries(st.sampled_from([*door.PATTERNS, door.CERT_URL, "x"]), text),
    body=st.binary(max_size=200),
)
async def test_hostile_headers_and_bodies_get_an_answer_and_never_an_error(
    headers: dict[str, str], body: bytes
) -> None:
    world = _HOSTILE
    genuine = world.genuine()
    delivery = Delivery("x", "paypal", {**genuine.headers, **headers}, body, SENT)

    assert isinstance(await world.ask(delivery, datetime.now(UTC)), Forged | Undecided | Authentic)


@settings(max_examples=examples(25), deadline=None)
@given(data=st.data())
async def test_headers_of_the_right_shape_get_an_answer_too(data: st.DataObject) -> None:
    shapes = {name: st.from_regex(p, fullmatch=True) for name, p in door.PATTERNS.items()}
    headers = {name: data.draw(shape) for name, shape in shapes.items()}
    delivery = Delivery("x", "paypal", {**_HOSTILE.genuine().headers, **headers}, b"{}", SENT)

    assert isinstance(await _HOSTILE.ask(delivery), Forged)


@pytest.mark.parametrize("name", [*door.PATTERNS, door.CERT_URL])
def test_a_header_that_came_twice_passes_no_pattern_of_the_door(world: World, name: str) -> None:
    """
    Both hosts join such a header with a comma.
    """
    value = LIVE if name == door.CERT_URL else world.genuine().headers[name]
    pattern = door.CERT_URLS["live"] if name == door.CERT_URL else door.PATTERNS[name]

    assert re.fullmatch(pattern, value)
    for comma in (",", ", "):
        assert not re.fullmatch(pattern, f"{value}{comma}{value}")
