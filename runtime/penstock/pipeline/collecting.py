"""Collecting: a collection that the API is asked for is reserved first, then sent."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from penstock import problems
from penstock.api.context import Clock, Ids
from penstock.domain.caller import Caller
from penstock.domain.change import change
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, Terms
from penstock.domain.subscription import Subscription
from penstock.errors import LedgerConflict, RequestRefused
from penstock.pipeline import correlation
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.keys import derived_id
from penstock.pipeline.whole_amounts import require_whole
from penstock.ports import Ledger

UNSENT_AFTER = timedelta(seconds=60)
KEPT = 20
"""How many collections a subscription remembers: its state must not grow."""
_TRIES = 20


@dataclass(frozen=True, slots=True)
class CollectAsked:
    """
    A client's request to collect.

    Attributes:
        amount: in minor units; None for all that is owed.
        currency: the amount's; the subscription's own.
        reason: why; it is sent to the gateway.
    """

    reason: str
    amount: int | None = None
    currency: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 over the request: a repeat under a key must ask for the same."""
        asked = [self.amount, self.currency, self.reason]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Collecting:
    """
    The stage behind `POST /subscriptions/{id}/collect`.

    Attributes:
        providers: the gateways that collect when told to.
        whole: by gateway, the currencies that it takes without decimals.
    """

    ledger: Ledger
    hand_over: HandOver
    clock: Clock
    ids: Ids
    providers: Collection[str]
    whole: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])

    async def __call__(
        self, idempotency_key: str, identity: str, asked: CollectAsked, caller: Caller
    ) -> tuple[Subscription, Operation]:
        """
        Reserve the collection and send it; the same key with the same request sends it again.

        One collection at a time, so that two never take more than is owed.

        Raises:
            RequestRefused: no such subscription, nothing owed, more than is owed, another
                currency, a collection is under way, the gateway has no collections, or the key
                was used before.
            LedgerConflict: other workers kept writing the subscription; nothing was reserved.
            ChannelUnavailable: reserved but not sent; the sweep will, or a repeat does.
        """
        correlation.bind(entity=identity)
        name = derived_id("collect", idempotency_key, caller.client)
        for _ in range(_TRIES):
            subscription = await self.ledger.load(Subscription, identity)
            if subscription is None:
                raise RequestRefused(
                    problems.NO_SUCH_SUBSCRIPTION, "there is no subscription of that id"
                )
            own = subscription.operation_id(OperationKind.collect, name)
            known = subscription.operation_by_id(own)
            if known is None:
                known = Operation(
                    own,
                    OperationKind.collect,
                    due_at=self.clock.now() + UNSENT_AFTER,
                    terms=self._terms(subscription, asked, caller),
                )
                after = replace(subscription, operations=_with(subscription, known))
                decided = change(subscription, after, now=self.clock.now(), new_id=self.ids.new)
                try:
                    await self.ledger.commit(decided)
                except LedgerConflict:
                    continue
                subscription = decided.entity
            elif known.terms is None or known.terms.digest != asked.digest:
                raise RequestRefused(problems.KEY_REUSED, "use a new key for a new collection")
            if known.open:
                await self.hand_over(subscription, known)
            return subscription, known
        raise LedgerConflict("other workers keep writing the subscription; nothing was reserved")

    def _terms(self, subscription: Subscription, asked: CollectAsked, caller: Caller) -> Terms:
        if subscription.gateway not in self.providers:
            able = ", ".join(sorted(self.providers)) or "none that is configured here"
            raise RequestRefused(
                problems.NO_COLLECTIONS, f"these collect what is owed when told to: {able}"
            )
        if any(one.open for one in collections(subscription)):
            raise RequestRefused(
                problems.NOTHING_OUTSTANDING,
                "a collection is under way or, if its answer was lost for good, needs a person; "
                "GET the subscription to see which",
            )
        owed = subscription.seen.outstanding
        if owed is None or owed.minor <= 0:
            raise RequestRefused(
                problems.NOTHING_OUTSTANDING, "the buyer owes nothing, as far as is known here"
            )
        amount = owed if asked.amount is None else _asked(asked.amount, asked.currency, owed)
        if asked.amount is not None:
            require_whole(amount, subscription.gateway, self.whole)
        return Terms(amount, asked.digest, asked.reason, asked.reason, caller.token_id)


def collections(subscription: Subscription) -> tuple[Operation, ...]:
    """The collections that were asked for, oldest first."""
    return tuple(one for one in subscription.operations if one.kind is OperationKind.collect)


def _with(subscription: Subscription, added: Operation) -> tuple[Operation, ...]:
    """The operations with one more, and without the oldest collections that are too many."""
    old = {one.id for one in collections(subscription)[: -(KEPT - 1)]}
    kept = (one for one in subscription.operations if one.id not in old)
    return (*kept, added)


def _asked(minor: int, currency: str | None, owed: Money) -> Money:
    wrong = None
    if currency != owed.currency:
        wrong = ("body.currency", f"must be {owed.currency}, the subscription's own")
    elif minor > owed.minor:
        wrong = ("body.amount", f"is above what is owed: ask for {owed.minor} ({owed}) at most")
    if wrong is not None:
        raise RequestRefused(problems.FIELD_REFUSED, fields=[wrong])
    return Money(minor, owed.currency)
