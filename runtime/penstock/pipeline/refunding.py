"""Refunding: a refund that the API is asked for is reserved first, then sent to its queue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from penstock import problems
from penstock.api.context import Clock, Ids
from penstock.domain import rules
from penstock.domain.caller import Caller
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, Terms
from penstock.domain.payment import Payment
from penstock.errors import LedgerConflict, RequestRefused
from penstock.pipeline import correlation
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.keys import derived_id
from penstock.pipeline.whole_amounts import require_whole
from penstock.ports import Ledger

UNSENT_AFTER = timedelta(seconds=60)
"""How long a reserved refund may be without its message before the sweep sends it."""
_TRIES = 50
"""Each try lost to another commit: at most as many as one payment may have refunds."""


@dataclass(frozen=True, slots=True)
class RefundAsked:
    """
    A client's request for a refund.

    Attributes:
        amount: in minor units; None for all that is left.
        currency: the amount's; the payment's own.
        reason: why, for the merchant's own records.
        note: a message to the payer.
    """

    amount: int | None = None
    currency: str | None = None
    reason: str | None = None
    note: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over the request: a repeat under a key must ask for the same."""
        asked = [self.amount, self.currency, self.reason, self.note]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Refunding:
    """
    The stage behind `POST /payments/{id}/refunds`.

    Attributes:
        providers: the gateways that send money back when told to.
        whole: by gateway, the currencies that it takes without decimals.
    """

    ledger: Ledger
    hand_over: HandOver
    clock: Clock
    ids: Ids
    providers: Collection[str]
    whole: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])

    async def __call__(
        self, idempotency_key: str, payment_id: str, asked: RefundAsked, caller: Caller
    ) -> tuple[Payment, Operation]:
        """
        Reserve the refund and send it; the same key with the same request sends it again.

        The amount is reserved in one commit, decided on the version that was read. So refunds at
        the same moment never ask for more than is left.

        Raises:
            RequestRefused: no such payment, no money there, more than is left, another currency,
                the gateway has no refunds, or the key was used for another request.
            LedgerConflict: other workers kept writing the payment; nothing was reserved.
            ChannelUnavailable: reserved but not sent; the sweep will, or a repeat does.
        """
        correlation.bind(entity=payment_id)
        for _ in range(_TRIES):
            payment = await self.ledger.load(Payment, payment_id)
            if payment is None:
                raise RequestRefused(problems.NO_SUCH_PAYMENT, "there is no payment of that id")
            name = derived_id("refund", idempotency_key, caller.client)
            known = payment.operation_by_id(payment.operation_id(OperationKind.refund, name))
            if known is None:
                terms = self._terms(payment, asked, caller)
                now = self.clock.now()
                decided = rules.reserve_refund(
                    payment,
                    name,
                    terms,
                    due_at=now + UNSENT_AFTER,
                    now=now,
                    new_id=self.ids.new,
                )
                try:
                    await self.ledger.commit(decided)
                except LedgerConflict:
                    continue
                payment = decided.entity
                known = payment.operations[-1]
            elif known.terms is None or known.terms.digest != asked.digest:
                raise RequestRefused(problems.KEY_REUSED, "use a new key for a new refund")
            if known.open:
                await self.hand_over(payment, known)
            return payment, known
        raise LedgerConflict("other workers keep writing the payment; nothing was reserved")

    def _terms(self, payment: Payment, asked: RefundAsked, caller: Caller) -> Terms:
        if payment.gateway not in self.providers:
            able = ", ".join(sorted(self.providers)) or "none that is configured here"
            raise RequestRefused(
                problems.NO_REFUNDS,
                f"refund it at the provider itself; these take refunds: {able}",
            )
        left = rules.refundable(payment)
        if left is None:
            raise RequestRefused(
                problems.NOTHING_TO_REFUND,
                f"the payment is {payment.status.value}: only money that came can go back; "
                "wait until it succeeded",
            )
        if left.minor == 0:
            raise RequestRefused(
                problems.NOTHING_TO_REFUND,
                "nothing is left: all of it went back or is held by refunds that are under way; "
                "GET the payment to see them",
            )
        if len(list(rules.refunds_of(payment))) >= rules.MOST_REFUNDS:
            raise RequestRefused(
                problems.NOTHING_TO_REFUND,
                f"a payment takes {rules.MOST_REFUNDS} refunds; refund the rest at the provider",
            )
        amount = left if asked.amount is None else _asked(asked.amount, asked.currency, left)
        if asked.amount is not None:
            require_whole(amount, payment.gateway, self.whole)
        return Terms(amount, asked.digest, asked.reason, asked.note, caller.token_id)


def _asked(minor: int, currency: str | None, left: Money) -> Money:
    if currency != left.currency:
        raise RequestRefused(
            problems.FIELD_REFUSED,
            fields=[("body.currency", f"must be {left.currency}, the payment's own")],
        )
    if minor > left.minor:
        raise RequestRefused(
            problems.REFUND_TOO_HIGH,
            fields=[
                ("body.amount", f"is above what is left: ask for {left.minor} ({left}) at most")
            ],
        )
    return Money(minor, left.currency)
