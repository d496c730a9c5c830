"""How the buyer of one payment approves it at the gateway, and comes back from there."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from penstock.domain.secret import secret_digest

RETURN_FOR = timedelta(hours=24)
"""How long the buyer's address of return is good."""
MOST_CAPTURES = 10
"""How often one checkout is captured at most: a declined buyer may try again."""
_MARK = "p"


@dataclass(frozen=True, slots=True)
class Approval:
    """
    A payment's checkout at the gateway.

    Attributes:
        return_digest: the SHA-256 of the secret in the buyer's address of return.
        return_secret: that secret, until the gateway has answered: a repeat must send the same
            address. Then only its hash is kept.
        checkout: the gateway's own id of the checkout.
        url: where the buyer approves.
        expires_at: until when the buyer may approve and the money can be captured.
        declined_at: when the last capture was declined, if one was: the buyer may approve again.
        refused: the field of the request that the gateway did not take, and `because`.
    """

    return_digest: str
    return_secret: str | None = field(default=None, repr=False)
    checkout: str | None = None
    url: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    declined_at: datetime | None = None
    refused: str | None = None
    because: str | None = None

    def returns(self, secret: str, created_at: datetime, now: datetime) -> bool:
        """Whether a secret is the buyer's own, and still good."""
        same = hmac.compare_digest(secret_digest(secret), self.return_digest)
        return same and now < created_at + RETURN_FOR


def payment_token(payment: str, secret: str) -> str:
    """What the buyer's address of return ends with: `p-`, the payment, its 128-bit secret."""
    return f"{_MARK}-{payment.removeprefix('pay-')}-{secret}"


def of_payment_token(token: str) -> tuple[str, str]:
    """The payment's id and the secret of a token; nothing is checked."""
    name, _, secret = token.removeprefix(f"{_MARK}-").partition("-")
    return f"pay-{name}", secret
