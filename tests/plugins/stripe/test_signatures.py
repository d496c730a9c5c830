"""
Webhook signatures, with Stripe's own package as the oracle: what the simulator signs it verifies,
what it signs we verify, and both refuse the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe import SignatureVerificationError, WebhookSignature

from penstock.api import Authentic, Authenticity, Delivery, Forged, Undecided
from penstock.testing.clock import NOON
from penstock.testing.context import FixedSecrets, context
from penstock_stripe import signing
from penstock_stripe.gateway import Stripe
from penstock_stripe.settings import StripeSettings
from tests.depth import examples

NEW, OLD, FOREIGN = "whsec_new", "whsec_old", "whsec_foreign"
BODIES = st.text(max_size=200).map(lambda text: text.encode("utf-8", errors="ignore"))


def verdict(header: str, body: bytes, now: datetime, *secrets: str) -> Authenticity:
    """What the gateway says of a delivery that arrives now."""
    kept = FixedSecrets(*({"signing_secret": one} for one in secrets))
    gateway = Stripe(context(StripeSettings.model_validate({}), secrets=kept))
    return asyncio.run(
        gateway.authenticate(Delivery.of("stripe", {signing.HEADER: header}, body, now), now)
    )


def oracle(header: str, body: bytes, secret: str) -> bool:
    """What Stripe's package says of it, now."""
    try:
        return WebhookSignature.verify_header(body, header, secret, 300)
    except SignatureVerificationError:
        return False


@given(body=BODIES, age=st.integers(0, 290))
@settings(max_examples=examples(30), deadline=None)
def test_what_stripes_package_signs_is_authentic(body: bytes, age: int):
    now = int(time.time())
    header = WebhookSignature.generate_signature_header(body.decode(), NEW, now - age)

    assert Authentic() == verdict(header, body, datetime.fromtimestamp(now, UTC), NEW)


@given(body=BODIES, age=st.integers(0, 290))
@settings(max_examples=examples(30), deadline=None)
def test_what_the_simulator_signs_stripes_package_takes(body: bytes, age: int):
    at = datetime.fromtimestamp(time.time() - age, UTC)

    assert oracle(signing.header(body, [NEW], at), body, NEW)
    assert oracle(signing.header(body, [OLD, NEW], at), body, NEW)


@given(
    body=BODIES,
    other=BODIES,
    age=st.sampled_from([-200, 0, 290, 310, 86_400]),
    signers=st.lists(st.sampled_from([NEW, OLD, FOREIGN]), max_size=3),
    scheme=st.sampled_from(["v1", "v0", "V1", "v1 "]),
    damage=st.sampled_from(["", "no time", "no commas", "upper", "twice"]),
)
@settings(max_examples=examples(60), deadline=None)
def test_both_refuse_and_take_the_same(
    body: bytes, other: bytes, age: int, signers: list[str], scheme: str, damage: str
):
    now = int(time.time())
    at = datetime.fromtimestamp(now - age, UTC)
    header = signing.header(body, signers, at).replace("v1=", f"{scheme}=")
    match damage:
        case "no time":
            header = header.partition(",")[2]
        case "no commas":
            header = header.replace(",", ";")
        case "upper":
            header = header.upper().replace("T=", "t=").replace("V1=", "v1=")
        case "twice":
            header = f"{header},{header}"
    arrived = datetime.fromtimestamp(now, UTC)

    for sent in (body, other):
        for secret in (NEW, OLD):
            ours = verdict(header, sent, arrived, secret)

            assert oracle(header, sent, secret) is isinstance(ours, Authentic)
            assert isinstance(ours, Authentic | Forged)


@given(body=BODIES.filter(len), place=st.integers(min_value=0))
@settings(max_examples=examples(30), deadline=None)
def test_a_byte_that_differs_is_forged(body: bytes, place: int):
    header = signing.header(body, [NEW], NOON)
    at = place % len(body)
    altered = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]

    assert Forged("no signature matches") == verdict(header, altered, NOON, NEW)


def test_a_rolled_secret_is_good_in_either_version():
    header = signing.header(b"{}", [OLD, NEW], NOON)

    assert [Authentic()] * 3 == [
        verdict(header, b"{}", NOON, *known) for known in ([NEW], [OLD], [NEW, OLD])
    ]


def test_a_signature_of_the_old_secret_holds_while_both_are_kept():
    assert Authentic() == verdict(signing.header(b"{}", [OLD], NOON), b"{}", NOON, NEW, OLD)


def test_the_fake_scheme_of_test_mode_counts_for_nothing():
    digest = hmac.new(NEW.encode(), b"%d.{}" % NOON.timestamp(), hashlib.sha256).hexdigest()

    said = verdict(f"t={int(NOON.timestamp())},v0={digest}", b"{}", NOON, NEW)

    assert Forged("the header names no time or no signature of scheme v1") == said


@pytest.mark.parametrize(
    ("age", "expected"),
    [
        (timedelta(seconds=300), Authentic()),
        (timedelta(seconds=301), Forged("the signature is older than five minutes")),
        (timedelta(seconds=-300), Authentic()),
    ],
)
def test_a_signature_is_good_for_five_minutes(age: timedelta, expected: Authenticity):
    assert expected == verdict(signing.header(b"{}", [NEW], NOON - age), b"{}", NOON, NEW)


async def test_a_delivery_that_waited_on_our_queue_is_as_old_as_it_was_on_arrival():
    kept = FixedSecrets({"signing_secret": NEW})
    gateway = Stripe(context(StripeSettings.model_validate({}), secrets=kept))
    headers = {signing.HEADER: signing.header(b"{}", [NEW], NOON)}
    waited = Delivery.of("stripe", headers, b"{}", NOON)

    assert Authentic() == await gateway.authenticate(waited, NOON + timedelta(days=13))


def test_one_that_is_signed_in_our_future_waits():
    """
    Only Stripe can sign it, so our clock is wrong.
    """
    header = signing.header(b"{}", [NEW], NOON + timedelta(hours=1))

    assert isinstance(verdict(header, b"{}", NOON, NEW), Undecided)


def test_without_a_secret_nothing_is_decided():
    header = signing.header(b"{}", [NEW], NOON)

    assert Undecided("no signing_secret is set in the secret of stripe") == verdict(
        header, b"{}", NOON
    )
