"""
Returning: the buyer comes back from the gateway with a secret in the address.

    token ─► sign-up ─► subscription ─► newest payment ─► what the page says
      │ wrong: nothing         │
      │                        └ not confirmed yet: asked at the gateway, at most every 5 s
      └────► payment ─────────────────────────────────► what the page says
                └ not captured yet: its checkout is read likewise; what is approved goes to
                  payments.fifo, which captures it
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from penstock.api.context import Clock
from penstock.domain import rules
from penstock.domain.approval import of_payment_token
from penstock.domain.operation import Operation
from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.rules import AccessPolicy
from penstock.domain.rules.buyer import BuyersView, Standpoint, buyers_view, payment_view
from penstock.domain.signup import SignUp, of_return_token
from penstock.domain.subscription import Subscription, SubscriptionStatus
from penstock.errors import PermanentError, TransientError
from penstock.pipeline.checkouts import Checkouts
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.subscription import ObserveSubscription
from penstock.ports import Index, Ledger

REREAD_EVERY = timedelta(seconds=5)
"""How often a page may have one subscription read again; a notification may have been lost."""
REREAD_SECONDS = 4.0
"""How long a page waits for the gateway."""
_TOKEN = re.compile(r"(?:p-)?[0-9a-f]{32}-[0-9a-zA-Z_-]{16,64}", re.ASCII)
_UNCONFIRMED = (SubscriptionStatus.approval_pending, SubscriptionStatus.approved)
_NEWEST = 10


@dataclass(frozen=True, slots=True)
class Returned:
    """
    The buyer's view behind a valid token.

    Attributes:
        approve: where the buyer may still approve; None once there is nothing to approve.
    """

    view: BuyersView
    approve: str | None = field(default=None, repr=False)


@dataclass(slots=True)
class Limit:
    """
    Allows an action once per name and time span, in this process.

    Each sandbox counts for itself, so several sandboxes may ask more often together.
    """

    every: timedelta
    _last: dict[str, datetime] = field(default_factory=dict[str, datetime])

    def allows(self, name: str, now: datetime) -> bool:
        """Whether the action is allowed now; if so, it counts as done."""
        self._last = {one: at for one, at in self._last.items() if now < at + self.every}
        if name in self._last:
            return False
        self._last[name] = now
        return True


@dataclass(frozen=True, slots=True)
class Returning:
    """Finds what a buyer's token belongs to; a wrong token causes no request to a gateway."""

    ledger: Ledger
    observe: ObserveSubscription
    checkouts: Checkouts
    hand_over: HandOver
    clock: Clock
    policy: AccessPolicy
    limit: Limit = field(default_factory=lambda: Limit(REREAD_EVERY))

    async def __call__(self, token: str, *, arrived: bool = False) -> Returned | None:
        """
        The buyer's view; None for a token that is malformed, unknown, wrong or too old.

        Args:
            arrived: whether the buyer comes from the gateway: then a declined capture is tried
                again. A page that polls does not try it again.

        Raises:
            LedgerUnavailable: no answer.
        """
        if not _TOKEN.fullmatch(token):
            return None
        if token.startswith("p-"):
            return await self._payment_of(token, arrived)
        sign_up = await self._sign_up(token)
        if sign_up is None:
            return None
        if sign_up.refused is not None:
            return Returned(BuyersView(Standpoint.failed))
        if sign_up.opened is None:
            return Returned(BuyersView(Standpoint.waiting))
        subscription = await self._subscription(sign_up.gateway, sign_up.opened)
        payment = await self._payment(sign_up.gateway, sign_up.opened)
        view = buyers_view(subscription, payment, self.clock.now(), self.policy)
        open_yet = subscription is None or subscription.status in _UNCONFIRMED
        return Returned(view, sign_up.approval_url if open_yet else None)

    async def _payment_of(self, token: str, arrived: bool) -> Returned | None:
        identity, secret = of_payment_token(token)
        payment, now = await self.ledger.load(Payment, identity), self.clock.now()
        approval = payment.approval if payment else None
        if payment is None or approval is None:
            return None
        if not approval.returns(secret, payment.created_at, now):
            return None
        payment = await self._brought_on(payment, arrived)
        waits = rules.payable(payment, now) and rules.open_capture(payment) is None
        return Returned(payment_view(payment), approval.url if waits else None)

    async def _brought_on(self, payment: Payment, arrived: bool) -> Payment:
        """Read an unpaid checkout, and reserve the capture of an approved one."""
        again = payment.status is PaymentStatus.declined
        looked = rules.may_capture(payment) and (arrived or not again)
        name = f"{payment.id}#{payment.status}"
        try:
            async with asyncio.timeout(REREAD_SECONDS):
                if looked and self.limit.allows(name, self.clock.now()):
                    payment = await self.checkouts.look(payment, anew=arrived)
                capture = rules.open_capture(payment)
                if capture is not None and _unsent(capture):
                    await self.hand_over(payment, capture)
        except (TimeoutError, TransientError, PermanentError) as exc:
            # The page shows what the ledger holds; a notification or the sweep brings the rest.
            structlog.get_logger().info(
                "return.not_reread", gateway=payment.gateway, because=type(exc).__name__
            )
            return await self.ledger.load(Payment, payment.id) or payment
        return payment

    async def _sign_up(self, token: str) -> SignUp | None:
        identity, secret = of_return_token(token)
        sign_up = await self.ledger.load(SignUp, identity)
        good = sign_up is not None and sign_up.returns(secret, self.clock.now())
        return sign_up if good else None

    async def _subscription(self, gateway: str, identity: str) -> Subscription | None:
        known = await self.ledger.load(Subscription, identity)
        if known is not None and known.status not in _UNCONFIRMED:
            return known
        if not self.limit.allows(identity, self.clock.now()):
            return known
        ref = Ref(EntityKind.subscription, identity)
        try:
            async with asyncio.timeout(REREAD_SECONDS):
                return await self.observe(ref, gateway) or known
        except (TimeoutError, TransientError, PermanentError) as exc:
            # The page shows what the ledger holds; a notification or the sweep brings the rest.
            because = type(exc).__name__
            structlog.get_logger().info("return.not_reread", gateway=gateway, because=because)
            return known

    async def _payment(self, gateway: str, identity: str) -> Payment | None:
        """The subscription's newest payment."""
        reference = identity.removeprefix(f"{gateway}-")
        # Another gateway may name one of its subscriptions alike.
        for ref in await self.ledger.look_up(Index.subscription, reference, _NEWEST):
            found = await self.ledger.find(ref)
            if isinstance(found, Payment) and found.gateway == gateway:
                return found
        return None


def _unsent(capture: Operation) -> bool:
    """Whether its message is yet to be sent; not while a restriction holds it."""
    waits = capture.due_at is not None and not capture.attempts
    return waits and capture.restricted_at is None
