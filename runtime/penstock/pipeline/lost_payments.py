"""Lost payments: those that a gateway lists of a subscription, and the ledger lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from penstock.api.context import Clock
from penstock.api.gateway import Gateway
from penstock.api.history import SubscriptionPayments
from penstock.domain.ref import Ref
from penstock.domain.subscription import Subscription
from penstock.pipeline import notices
from penstock.pipeline.gaps import send_fetched
from penstock.ports import Channel, Ledger

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LostPayments:
    """Looks for the payments of a subscription whose webhooks were lost."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    verified: Channel
    clock: Clock

    async def __call__(self, subscription: Subscription) -> None:
        """
        Have every payment processed that the gateway lists and the ledger lacks.

        Raises:
            GatewayUnavailable: no answer.
            ChannelUnavailable: the queue did not take one; the next look finds it again.
        """
        gateway = self.gateways.get(subscription.gateway)
        if not isinstance(gateway, SubscriptionPayments):
            return
        now, reference = self.clock.now(), subscription.seen.reference
        for one in await gateway.list_payments(reference, _since(subscription), now):
            if one.subject is None or await self._known(one.subject, subscription):
                continue
            notices.webhook_fetched(one.gateway, one.id, one.type)
            await send_fetched(self.verified, one)

    async def _known(self, payment: Ref, subscription: Subscription) -> bool:
        if any(one.payment == payment.id for one in subscription.payments):
            return True
        return await self.ledger.find(payment) is not None


def _since(subscription: Subscription) -> datetime:
    """
    From the last payment but one that we know; never from before we knew the subscription.

    An older payment was not made with us: it must not be invoiced.
    """
    started, met = subscription.seen.started_at, subscription.created_at
    # What paid for a new subscription may be older than our knowledge of it, by moments.
    begins = met if started < met - _A_DAY else min(started, met) - _A_DAY
    known = sorted((one.at for one in subscription.payments), reverse=True)
    return max(begins, known[1]) if len(known) > 1 else begins
