"""AcmePay broken in one thing of webhooks, and of asking about them or believing them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from penstock.api import (
    Authentic,
    Authenticity,
    Confirmed,
    Delivery,
    Forged,
    GatewayUnavailable,
    MalformedDelivery,
    Money,
    Notification,
    NotYet,
    Observation,
)
from penstock.testing.clock import NOON
from tests.plugins.conformance.acme import BODY, KEY, AcmePay, signature
from tests.plugins.conformance.breaking import answering, blind, instead

SIGNATURE = "x-acme-signature"


class Once(AcmePay):
    """Takes each delivery once only."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self.seen: set[str] = set()

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        answer = await super().authenticate(delivery, now)
        if not isinstance(answer, Authentic) or delivery.id not in self.seen:
            self.seen.add(delivery.id)
            return answer
        return Forged("it came before")


class Counting(AcmePay):
    """Looks at how long the body is, not at its bytes."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        body = BODY if len(delivery.body) == len(BODY) else delivery.body
        return await super().authenticate(replace(delivery, body=body), now)


class Lenient(AcmePay):
    """Strips white space from the body before it compares."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        return await super().authenticate(replace(delivery, body=delivery.body.strip()), now)


class Trusting(AcmePay):
    """Takes a delivery without a signature for a test."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        return await super().authenticate(delivery, now) if delivery.headers else Authentic()


class Plain(AcmePay):
    """Takes every header value for ASCII."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        delivery.headers.get(SIGNATURE, "").encode("ascii")
        return await super().authenticate(delivery, now)


class BlamesTheSender(AcmePay):
    """Needs the network, and blames the sender when there is none."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        try:
            await self.context.http.request("GET", "https://acme.test/key")
        except GatewayUnavailable:
            return Forged("no key")
        return await super().authenticate(delivery, now)


class BlamesForTheSecret(AcmePay):
    """Has no secret, and blames the sender."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        try:
            await self.context.secrets.get()
        except GatewayUnavailable:
            return Forged("no key")
        return await super().authenticate(delivery, now)


class Capital(AcmePay):
    """Looks for the header as the provider's documentation writes it."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        headers = {SIGNATURE: delivery.headers.get("X-Acme-Signature", "")}
        return await super().authenticate(replace(delivery, headers=headers), now)


class Half(AcmePay):
    """Compares a part of the signature."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        claimed, right = delivery.headers.get(SIGNATURE, ""), signature(delivery.body)
        if claimed and claimed[:-1] == right[:-1]:
            delivery = replace(delivery, headers={SIGNATURE: right})
        return await super().authenticate(delivery, now)


class Chatty(AcmePay):
    """Logs what it compares."""

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        self.context.log.info("acme.compares", key=KEY)
        return await super().authenticate(delivery, now)


class Renaming(AcmePay):
    """Takes a delivery that comes late for another notification."""

    def read(self, delivery: Delivery) -> Notification:
        sent = super().read(delivery)
        return replace(sent, id=f"{sent.id}-late") if delivery.received_at > NOON else sent


class Raising(AcmePay):
    """Raises what its parser raises."""

    def read(self, delivery: Delivery) -> Notification:
        try:
            return super().read(delivery)
        except MalformedDelivery:
            raise ValueError("hunter2") from None


class Hundredths(AcmePay):
    """Takes every currency for one with two decimal digits."""

    def observe(self, notification: Notification) -> Any:
        seen = super().observe(notification)
        assert isinstance(seen, Observation)
        amount = seen.transaction.amount
        cents = Money(amount.minor * (100 if amount.currency == "JPY" else 1), amount.currency)
        return Observation(replace(seen.transaction, amount=cents))


class Unseeing(AcmePay):
    """Observes nothing where no amount is told."""

    def observe(self, notification: Notification) -> Any:
        return super().observe(notification) if "minor" in notification.resource else None


WEBHOOKS: Mapping[str, type] = {
    "test_a_genuine_delivery_is_authentic": Once,
    "test_one_flipped_bit_is_forged": Counting,
    "test_a_body_that_lost_or_gained_bytes_is_forged": Lenient,
    "test_a_missing_header_is_forged": Trusting,
    "test_no_header_value_gets_in_or_raises": Plain,
    "test_header_names_are_read_in_lower_case": Capital,
    "test_a_replay_under_another_header_is_not_authentic": Half,
    "test_a_replay_is_the_same_notification": Renaming,
    "test_authenticating_logs_no_secret": Chatty,
    "test_an_outage_makes_nothing_a_forgery": BlamesTheSender,
    "test_an_unreadable_secret_makes_nothing_a_forgery": BlamesForTheSecret,
    "test_a_delivery_is_read_as_a_notification": answering(
        "forgets which delivery it came from",
        "read",
        lambda sent: replace(sent, delivery_id="other"),
    ),
    "test_what_cannot_be_read_is_malformed": Raising,
    "test_a_true_notification_is_confirmed": instead(
        "confirms nothing", "confirm", Confirmed, NotYet()
    ),
    "test_without_an_answer_nothing_is_said": blind(
        'takes an outage for "not yet"', "confirm", NotYet()
    ),
    "test_what_was_confirmed_is_seen_again": instead(
        "sees nothing again", "reread", Observation, NotYet()
    ),
    "test_without_an_answer_nothing_is_seen": blind(
        'takes an outage for "not yet"', "reread", NotYet()
    ),
    "test_a_signed_body_says_how_things_stand": Unseeing,
    "test_an_amount_keeps_its_digits": Hundredths,
}
