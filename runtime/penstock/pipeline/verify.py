"""Verify: an authentic delivery goes on, a forged one is rejected, an undecided one waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never

from penstock.api.answers import Authentic, Forged, Undecided
from penstock.api.context import Clock
from penstock.api.gateway import Gateway
from penstock.api.webhooks import Webhooks
from penstock.domain.delivery import Delivery
from penstock.errors import (
    GatewayUnavailable,
    MalformedDelivery,
    MissingCapability,
    UnknownGateway,
)
from penstock.pipeline import correlation, notices
from penstock.pipeline.batch import Handled
from penstock.ports import Channel, Message, Outgoing


@dataclass(frozen=True, slots=True)
class Verify:
    """The stage: asks a delivery's gateway whether it is authentic, and passes it on."""

    gateways: Mapping[str, Gateway]
    verified: Channel
    rejected: Channel
    clock: Clock
    _known: dict[str, Webhooks] = field(
        default_factory=dict[str, Webhooks], init=False, compare=False
    )

    async def __call__(self, message: Message) -> Handled:
        """
        Send one delivery on.

        Raises:
            PermanentError: no gateway here can read it.
            TransientError: not decided yet, or not taken by the next queue.
        """
        sent = message.content
        delivery = sent if isinstance(sent, Delivery) else Delivery.loads(message.body)
        correlation.bind(delivery_id=delivery.id)
        gateway = self._known.get(delivery.gateway)
        if gateway is None:
            # Whether it satisfies a Protocol is looked up name by name, which takes its time.
            gateway = webhooks(self.gateways, delivery.gateway)
            self._known[delivery.gateway] = gateway
        answer = await gateway.authenticate(delivery, self.clock.now())
        match answer:
            case Authentic():
                return await self._accept(gateway, delivery, message)
            case Forged(because):
                return await self._reject(delivery, because, message)
            case Undecided(because, retry_after):
                raise GatewayUnavailable(because, retry_after=retry_after)
            case _:
                assert_never(answer)

    async def _accept(self, gateway: Webhooks, delivery: Delivery, message: Message) -> Handled:
        try:
            notification = gateway.read(delivery)
        except MalformedDelivery as exc:
            return await self._reject(delivery, f"signed, and yet malformed: {exc}", message)
        correlation.bind(entity=notification.entity, event_id=notification.id)
        # Not the delivery's id: an operator may send it back before the queue has forgotten that.
        await self.verified.send(
            Outgoing(notification, group=notification.group, dedup=message.id)
        )
        return Handled(notification.entity or delivery.id[:12], "authentic")

    async def _reject(self, delivery: Delivery, because: str, message: Message) -> Handled:
        await self.rejected.send(
            Outgoing(
                delivery,
                group=delivery.id,
                dedup=message.id,
                attributes={"reason": because},
            )
        )
        notices.delivery_rejected(delivery.id, delivery.gateway, because)
        return Handled(delivery.id[:12], "rejected", because)


def webhooks(gateways: Mapping[str, Gateway], name: str) -> Webhooks:
    """
    The gateway of that name, if it sends webhooks.

    Raises:
        UnknownGateway: no gateway of that name is configured.
        MissingCapability: it sends no webhooks.
    """
    gateway = gateways.get(name)
    if gateway is None:
        raise UnknownGateway("the delivery names a gateway that is not configured here")
    if not isinstance(gateway, Webhooks):
        raise MissingCapability(f"the gateway {gateway.name} sends no webhooks")
    return gateway
