"""A delivery's signature: whose it is, and for how long."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.api import Authentic, Forged, GatewayUnavailable, Secret, Undecided
from penstock.testing.context import FixedSecrets
from penstock_paypal.simulator.authority import Authority
from tests.plugins.paypal.signed import authority, world
from tests.plugins.paypal.signing import SENT, WEBHOOK_ID, World

__all__ = ["authority", "world"]
NO_MATCH = Forged("the signature does not match")


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
