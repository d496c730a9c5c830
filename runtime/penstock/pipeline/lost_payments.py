"""Lost payments: a gateway lists them for a subscription, and the ledger lacks them."""

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
from penstock.pipeline.fetched import send_fetched
from penstock.ports import Channel, Ledger

_MOMENTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class LostPayments:
    """Looks for the payments of a subscription whose webhooks were lost."""

    gateways: Mapping[str, Gateway]
    ledger: Ledger
    verified: Channel
    clock: Clock

    async def __call__(self, subscription: Subscription) -> None:
        """
        Send every payment to the verified queue that the gateway lists and the ledger lacks.

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
    The time to list from: the last known payment but one, but never before we knew the
    subscription.

    An older payment was not made through Penstock: it must not be invoiced.
    """
    # What pays for a new subscription may be older than our knowledge of it, by moments.
    begins = subscription.created_at - _MOMENTS
    known = sorted((one.at for one in subscription.payments), reverse=True)
    return max(begins, known[1]) if len(known) > 1 else begins
