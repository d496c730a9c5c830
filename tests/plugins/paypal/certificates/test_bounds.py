"""Certificates and deliveries: to the second and to the byte, where each limit is."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from penstock.api import Authentic, Forged, Response, Undecided
from penstock.testing.context import RecordingLog
from penstock_paypal.simulator.authority import Authority
from penstock_paypal.webhooks import door
from penstock_paypal.webhooks.age import UNDECIDED, seconds_to_wait, waited
from penstock_paypal.webhooks.budget import Budget
from penstock_paypal.webhooks.certificate import Certificates
from penstock_paypal.webhooks.chain import Signer
from tests.plugins.paypal.signing import KEY, SENT, World

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def test_a_budget_is_so_many_requests_in_any_period() -> None:
    budget = Budget(2, MINUTE)

    assert [True, True, False] == [budget.take(SENT + one * SECOND) for one in (0, 30, 59)]
    assert not budget.left(SENT + 59.999 * SECOND)
    assert budget.left(SENT + MINUTE)
    assert [True, False] == [budget.take(SENT + MINUTE) for _ in range(2)]
    # Our clock was set back: what was asked for in its future is over.
    assert [True, True, False] == [budget.take(SENT - DAY) for _ in range(3)]


@pytest.mark.parametrize(
    ("age", "seconds"), [(-1, 5), (0, 5), (5, 5), (6, 6), (299, 299), (300, 300), (301, 300)]
)
def test_an_undecided_delivery_waits_as_long_as_it_has_waited(age: int, seconds: float) -> None:
    assert seconds == seconds_to_wait(age * SECOND)
    assert max(min(seconds, 10 - age), 0) == seconds_to_wait(age * SECOND, 10 * SECOND)


@pytest.mark.parametrize(
    ("since", "held"),
    [(0, 0), (7, 7), (-300, -300), (-301, None)],
)
def test_a_delivery_of_our_future_is_old(since: int, held: int | None) -> None:
    expected = timedelta.max if held is None else held * SECOND

    assert expected == waited(SENT, SENT + since * SECOND)
    assert 10 * MINUTE == UNDECIDED


@dataclass
class Everywhere:
    """A port that answers the same everywhere and counts; and a trust that believes its bodies."""

    answer: Response = field(default_factory=lambda: Response(200, {}, b""))
    asked: list[str] = field(default_factory=list[str])
    limits: list[tuple[Any, Any]] = field(default_factory=list[tuple[Any, Any]])

    async def request(self, method: str, url: str, **more: Any) -> Response:
        self.asked.append(url)
        self.limits.append((more["timeout"], more["limit"]))
        return replace(self.answer, body=url.encode())

    async def signer(self, body: bytes, at: datetime) -> Signer:
        """It ends so many days after SENT as the address says."""
        days = int(body.rpartition(b"/")[2])
        return Signer(KEY.public_key(), SENT - DAY, SENT + days * DAY)


def certificates(world: Everywhere) -> Certificates:
    trust: Any = world
    return Certificates(re.compile("https://p/[0-9a-z/]+"), trust, world, RecordingLog(), 8.0)


async def ask(kept: Certificates, name: object, now: datetime) -> Any:
    return await kept.signer(f"https://p/{name}", now, now, timedelta())


@pytest.mark.parametrize(
    ("days", "kept"),
    [(100, False), (99, False), (101, True)],
)
async def test_of_more_than_64_certificates_the_one_that_ends_first_is_forgotten(
    days: int, kept: bool
) -> None:
    """
    A new one that ends no later is used and not kept.
    """
    world = Everywhere()
    made = certificates(world)
    for number in range(64):
        await ask(made, 100 + number, SENT + number * MINUTE)
    now = SENT + 100 * MINUTE
    for number in range(64):
        assert isinstance(await ask(made, 100 + number, now), Signer)
    assert 64 == len(world.asked)
    assert isinstance(await ask(made, f"a/{days}", now), Signer)
    assert 65 == len(world.asked)
    again = {"a/" + str(days): not kept, 100: kept, 101: False, 163: False}
    for name, asked in again.items():
        before = len(world.asked)
        if name == 100 and kept:
            assert None is made.known("https://p/100", now, now)
            continue
        await ask(made, name, now)
        assert asked is (len(world.asked) > before), name
    assert {(8.0, 64 * 1024)} == set(world.limits)


@pytest.mark.parametrize(("others", "wait"), [(1023, 10.0), (1024, 5.0)])
async def test_of_more_than_1024_missing_certificates_the_oldest_is_forgotten(
    others: int, wait: float
) -> None:
    world = Everywhere(Response(503, {}, b""))
    made = certificates(world)
    because = "the certificate's host answered 503"
    for number in range(others + 1):
        found = await ask(made, number, SENT + number * MINUTE)
        assert Undecided(because, 5.0) == found

    assert Undecided(because, wait) == await ask(made, 0, SENT + (others + 1) * MINUTE)


@pytest.mark.parametrize(("length", "asked"), [(500, 1), (501, 0)])
async def test_an_address_has_500_characters_at_most(length: int, asked: int) -> None:
    world = Everywhere()
    name = "1" * (length - len("https://p/") - 4) + "/100"
    await ask(certificates(world), name, SENT)

    assert asked == len(world.asked)


@pytest.mark.parametrize("at", [-DAY, timedelta(), 100 * DAY])
async def test_a_known_certificate_is_good_from_its_begin_to_its_end(at: timedelta) -> None:
    made = certificates(Everywhere())
    await ask(made, 100, SENT)
    known = made.known

    assert isinstance(known("https://p/100", SENT, SENT + at), Signer)
    assert None is known("https://p/100", SENT, SENT - DAY - SECOND)
    assert None is known("https://p/100", SENT, SENT + 100 * DAY + SECOND)
    assert None is known("https://P/100", SENT, SENT)
    assert None is known("https://p/101", SENT, SENT)
    assert isinstance(known("https://p/100", SENT + DAY - SECOND, SENT), Signer)
    assert None is known("https://p/100", SENT + DAY, SENT)


async def test_while_many_certificates_are_unknown_the_budget_is_spent_once_each() -> None:
    world = Everywhere(Response(404, {}, b""))
    made = certificates(world)
    for number in range(7):
        await ask(made, number, SENT)

    assert 5 == len(world.asked)
    # One that was asked for keeps its answer while there is no budget.
    assert Undecided("PayPal does not have the certificate", 5.0) == (
        await ask(made, 0, SENT + 6 * SECOND)
    )
    assert 5 == len(world.asked)
    assert "PayPal was not asked for the certificate" in (await ask(made, 6, SENT)).because


@pytest.mark.parametrize(("bits", "good"), [(2047, False), (2048, True)])
async def test_a_key_has_2048_bits_at_least(authority: Authority, bits: int, good: bool) -> None:
    key = KEY if good else rsa.generate_private_key(public_exponent=65537, key_size=bits)
    world = World.of(authority, key=key)

    assert good is (Authentic() == await world.ask(world.genuine()))


@pytest.mark.parametrize(
    ("length", "because"),
    [
        (339, "the signature is missing or of an impossible length"),
        (340, "the signature does not match"),
        (684, "the signature does not match"),
        (686, "the signature is no base64"),
        (687, "the signature is missing or of an impossible length"),
    ],
)
async def test_a_signature_is_of_a_key_of_2048_to_4096_bits(
    authority: Authority, world: World, length: int, because: str
) -> None:
    signed = world.genuine(**{door.SIGNATURE: "A" * length})

    assert Forged(because) == await world.ask(signed)


@pytest.mark.parametrize(("held", "good"), [(90 * DAY, True), (90 * DAY + SECOND, False)])
async def test_what_lay_with_us_for_90_days_is_judged_as_of_when_it_came(
    authority: Authority, held: timedelta, good: bool
) -> None:
    world = World.of(authority, end=SENT + timedelta(hours=1))
    answer = await world.ask(world.genuine(), SENT + held)

    assert good is (Authentic() == answer)
    assert good is not isinstance(answer, Forged)


@pytest.mark.parametrize(("ahead", "good"), [(300, False), (301, True)])
async def test_what_came_in_our_future_is_judged_as_of_now_if_clocks_cannot_differ_so_much(
    world: World, ahead: int, good: bool
) -> None:
    now = SENT + 4 * DAY
    came = replace(world.genuine(), received_at=now + ahead * SECOND)

    assert good is (Authentic() == await world.ask(came, now))


@pytest.mark.parametrize(("age", "good"), [(4 * DAY, True), (4 * DAY + SECOND, False)])
async def test_a_transmission_is_four_days_old_at_most(
    world: World, age: timedelta, good: bool
) -> None:
    came = replace(world.genuine(), received_at=SENT + age)
    refused = Forged("the transmission time is missing or too far from when it came")

    assert (Authentic() if good else refused) == await world.ask(came)


@pytest.mark.parametrize(("ahead", "good"), [(300, True), (301, False)])
async def test_two_clocks_differ_by_five_minutes_at_most(
    authority: Authority, world: World, ahead: int, good: bool
) -> None:
    early = replace(world.genuine(), received_at=SENT - ahead * SECOND)
    waits = Undecided("the transmission time is ahead of our clock", 1.0)

    assert (Authentic() if good else waits) == await world.ask(early)
    young = World.of(authority, start=SENT + ahead * SECOND)
    waits = Undecided("the certificate is not valid yet", 1.0)

    assert (Authentic() if good else waits) == await young.ask(young.genuine())
