"""Fetched: a notification without a webhook is processed as one that came by webhook."""

from __future__ import annotations

from penstock.domain.delivery import Notification
from penstock.ports import Channel, Outgoing


async def send_fetched(verified: Channel, notification: Notification) -> None:
    """
    Send a fetched notification to the verified queue, as if its webhook had come.

    Raises:
        ChannelUnavailable: it was not taken, or the answer was lost.
    """
    await verified.send(
        Outgoing(notification.dumps(), notification.group, notification.delivery_id)
    )
