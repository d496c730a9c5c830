"""Signatures: what is authentic, what is forged, and what hostile input gets."""

from __future__ import annotations

import re
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.api import Authentic, Delivery, Forged, GatewayUnavailable, Secret, Undecided
from penstock.testing.context import FixedSecrets
from penstock_paypal.simulator.authority import Authority
from penstock_paypal.webhooks import door
from tests.depth import examples
from tests.plugins.paypal.signing import BODY, SENT, WEBHOOK_ID, World

NO_MATCH = Forged("the signature does not match")
LIVE = "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1a5f47cb"


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.make(SENT - timedelta(days=30))


@pytest.fixture
def world(authority: Authority) -> World:
    return World.of(authority)


async def test_a_genuine_delivery_is_authentic(world: World) -> None:
    assert Authentic() == await world.ask(world.genuine())


async def test_both_webhook_ids_of_a_rotation_are_good(world: World) -> None:
    world.secrets.rotate({"webhook_id": "9XL90610J3647323C"})

    assert Authentic() == await world.ask(world.genuine())
    assert Authentic() == await world.ask(world.genuine(webhook_id="9XL90610J3647323C"))


async def test_a_new_webhook_id_is_found_as_soon_as_the_known_ones_fail(world: World) -> None:
    await world.ask(world.genuine())
    world.clock.advance(61)
    world.secrets.rotate({"webhook_id": "9XL90610J3647323C"})

    assert Authentic() == await world.ask(world.genuine("1", webhook_id="9XL90610J3647323C"))
    assert 2 == world.secrets.reads


async def test_forged_deliveries_do_not_become_secret_reads(world: World) -> None:
    for name in range(20):
        assert NO_MATCH == await world.ask(world.genuine(str(name), webhook_id="SOMEBODYELSE"))

    assert 1 == world.secrets.reads


async def test_without_a_webhook_id_nothing_is_decided(authority: Authority) -> None:
    """
    So what comes before the secret is written waits for it.
    """
    world = World.of(authority, secret={"client_id": "x"})
    answer = await world.ask(world.genuine())

    assert isinstance(answer, Undecided)
    assert "webhook_id" in answer.because


@pytest.mark.parametrize("webhook_id", [WEBHOOK_ID, "WEBHOOK_ID"])
async def test_what_paypals_simulator_signs_is_refused_and_the_reason_says_so(
    authority: Authority, webhook_id: str
) -> None:
    """
    Even if its webhook id is configured: anybody can have it sign.
    """
    world = World.of(authority, secret={"webhook_id": webhook_id})
    answer = await world.ask(world.genuine(webhook_id="WEBHOOK_ID"))

    assert isinstance(answer, Forged)
    assert answer.because.startswith(
        "signed by PayPal's webhook simulator, not sent for this webhook: "
    )


async def test_the_simulators_webhook_id_is_not_believed_during_a_rotation_either(
    authority: Authority,
) -> None:
    world = World.of(authority, secret={"webhook_id": "WEBHOOK_ID"})
    world.secrets.rotate({"webhook_id": WEBHOOK_ID})

    assert isinstance(await world.ask(world.genuine(webhook_id="WEBHOOK_ID")), Forged)
    assert Authentic() == await world.ask(world.genuine())


class Down:
    """Secrets that cannot be read."""

    async def get(self) -> Secret:
        raise GatewayUnavailable("no secrets now", retry_after=7)

    refresh = get


async def test_a_webhook_id_that_cannot_be_read_any_more_decides_nothing(
    authority: Authority,
) -> None:
    """
    The id may have changed since it was read: what is signed for the new one waits.
    """
    known = FixedSecrets({"webhook_id": "9XL90610J3647323C"}, fresh=({"client_id": "x"},))
    world = World.of(authority, secrets=known)

    assert isinstance(await world.ask(world.genuine()), Undecided)


async def test_a_secret_that_cannot_be_read_decides_nothing(authority: Authority) -> None:
    world = World.of(authority, secrets=Down())

    assert Undecided("no secrets now", 7) == await world.ask(world.genuine())


@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (timedelta(days=-4, minutes=1), Authentic()),
        (timedelta(days=-3), Authentic()),
        (timedelta(minutes=4), Authentic()),
        (timedelta(days=-4, minutes=-1), None),
    ],
)
async def test_the_window_lets_in_three_days_of_repeats(
    world: World, sent: timedelta, answer: Authentic | None
) -> None:
    genuine = world.genuine(at=sent.total_seconds() / 60)
    expected = answer or Forged("the transmission time is missing or too far from when it came")

    assert expected == await world.ask(replace(genuine, received_at=SENT))


async def test_a_transmission_time_ahead_of_our_clock_waits_until_our_clock_is_there(
    world: World,
) -> None:
    """
    We answered 202 to it, and PayPal signed it: a clock of ours that is slow makes nothing forged.
    """
    ahead = 10.0
    genuine = replace(world.genuine(at=ahead), received_at=SENT)

    assert Undecided("the transmission time is ahead of our clock", 300.0) == await world.ask(
        genuine
    )
    assert Authentic() == await world.ask(genuine, SENT + timedelta(minutes=5))


async def test_the_greater_of_two_ages_counts(world: World) -> None:
    """
    The clock that received it is days behind the one that judges it, and PayPal's.
    """
    genuine = replace(world.genuine(), received_at=SENT - timedelta(days=2))

    assert Authentic() == await world.ask(genuine, SENT)


@pytest.mark.parametrize("ahead", [6, 60 * 24 * 365])
async def test_a_time_ahead_without_paypals_signature_is_forged_at_once(
    world: World, ahead: float
) -> None:
    genuine = replace(world.genuine(at=ahead), received_at=SENT)

    assert NO_MATCH == await world.ask(replace(genuine, body=b"{}"))


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
