"""Subscription: reads how one stands at its gateway and commits what is new."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from penstock.api.context import Clock, Ids
from penstock.api.gateway import Gateway
from penstock.api.subscriptions import Subscriptions
from penstock.domain import rules
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.errors import (
    GatewayUnavailable,
    PaymentConflict,
    PermanentError,
    UnknownGateway,
)
from penstock.ports import Ledger


@dataclass(frozen=True, slots=True)
class ObserveSubscription:
    """Reads a subscription and applies it; notifications, payments and the sweep all use it."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    clock: Clock
    ids: Ids
    policy: rules.AccessPolicy

    async def __call__(
        self, ref: Ref, gateway: str, learned: rules.Learned | None = None
    ) -> Subscription | None:
        """
        Ask the gateway how a subscription stands, and commit that; None where it knows none.

        Raises:
            UnknownGateway: it is not configured here.
            GatewayUnavailable: no answer.
            LedgerConflict: another worker wrote the subscription first.
            PaymentConflict: the id belongs to another gateway's subscription.
        """
        asked = self.gateways.get(gateway)
        if asked is None:
            raise UnknownGateway("the subscription's gateway is not configured here")
        # Read before asking: a commit between the two makes our version stale.
        before = await self.ledger.load(Subscription, ref.id)
        if before is not None and before.gateway != gateway:
            raise PaymentConflict(f"{ref} belongs to another gateway's subscription")
        if not isinstance(asked, Subscriptions):
            return None
        reference = ref.id.removeprefix(f"{gateway}-")
        seen = await asked.read_subscription(reference, self.clock.now())
        if seen is None:
            return None
        decided = rules.observe_subscription(
            before,
            ref.id,
            gateway,
            seen,
            learned or rules.Learned(),
            policy=self.policy,
            now=self.clock.now(),
            new_id=self.ids.new,
        )
        if decided is None:
            return before
        await self.ledger.commit(decided)
        return decided.entity

    async def due(self, subscription: Subscription) -> None:
        """
        Look at a subscription whose access changes now or whose payment is due.

        Access ends on time even while the gateway gives no answer, or one that cannot be used,
        such as an unknown status.

        Raises:
            GatewayUnavailable: no answer, and nothing to change without one.
            PermanentError: an answer that cannot be used, and nothing to change without it.
        """
        unreported = rules.Learned(unreported=True)
        try:
            found = await self(subscription.ref, subscription.gateway, unreported)
        except (GatewayUnavailable, PermanentError):
            if not await self._aged(subscription):
                raise
            return
        if found is None:
            await self._aged(subscription)

    async def _aged(self, subscription: Subscription) -> bool:
        """Apply the passing of time. Returns whether that changed something."""
        decided = rules.look_at_access(
            subscription, policy=self.policy, now=self.clock.now(), new_id=self.ids.new
        )
        if decided is not None:
            await self.ledger.commit(decided)
        return decided is not None
