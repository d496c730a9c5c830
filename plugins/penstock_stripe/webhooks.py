"""Says whether webhooks are Stripe's, and reads them."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from penstock.api import (
    Authentic,
    Authenticity,
    Context,
    Delivery,
    Door,
    Forged,
    GatewayUnavailable,
    MalformedDelivery,
    Notification,
    Undecided,
)
from penstock_stripe import notification, shapes, signing
from penstock_stripe.settings import StripeSettings

SECRET = "signing_secret"  # noqa: S105 - the field's name
DOOR = Door({signing.HEADER: signing.PATTERN})
TOLERANCE = timedelta(seconds=300)
"""How old a signature may be when it arrives (`DEFAULT_TOLERANCE` of `stripe/_webhook.py`)."""
_AHEAD = timedelta(minutes=5)
"""How far Stripe's clock and ours may differ."""


class TakesWebhooks:
    """Authenticates and reads."""

    name = "stripe"
    _context: Context[StripeSettings]

    async def authenticate(self, delivery: Delivery, now: datetime) -> Authenticity:
        """Compare each signature with each version of the secret; then look at its age."""
        try:
            secrets = (await self._context.secrets.get()).values(SECRET)
        except GatewayUnavailable as exc:
            return Undecided(str(exc), exc.retry_after)
        if not secrets:
            return Undecided(f"no {SECRET} is set in the secret of {self.name}")
        signed = signing.read(delivery.headers.get(signing.HEADER, ""))
        if signed is None:
            return Forged("the header names no time or no signature of scheme v1")
        if not signing.holds(signed, delivery.body, secrets):
            return Forged("no signature matches")
        return _of_its_age(signed.at, delivery.received_at, now)

    def read(self, delivery: Delivery) -> Notification:
        """
        Parse an authentic delivery.

        Raises:
            MalformedDelivery: the body is no event of Stripe's.
        """
        try:
            event = shapes.parse(delivery.body)
        except ValueError:
            # Without its cause: a parser's error quotes the body.
            raise MalformedDelivery("no event of Stripe's: not a JSON object") from None
        digest = hashlib.sha256(delivery.body).hexdigest()
        return notification.signed(notification.read(self.name, event), delivery.id, digest)


def _of_its_age(signed_at: datetime, received_at: datetime, now: datetime) -> Authenticity:
    """
    The verdict on a signature that holds.

    Its age is that at its arrival: how long it lay on our queue is no fault of Stripe's. One that
    is signed in our future waits, because only Stripe can sign: our clock is wrong.
    """
    if received_at - signed_at > TOLERANCE:
        return Forged("the signature is older than five minutes")
    if received_at - now > _AHEAD:
        return Forged("the delivery is dated in the future of this machine's clock")
    if signed_at - now > _AHEAD:
        wait = min(signed_at - now, _AHEAD).total_seconds()
        return Undecided("it is signed in the future of this machine's clock", wait)
    return Authentic()
