"""Fetched: a notification that no webhook brought takes the way of those that came."""

from __future__ import annotations

from penstock.domain.delivery import Notification
from penstock.ports import Channel, Outgoing


async def send_fetched(verified: Channel, notification: Notification) -> None:
    """
    Have a notification that we fetched processed as if its webhook had come.

    Raises:
        ChannelUnavailable: it was not taken, or we do not know.
    """
    await verified.send(
        Outgoing(notification.dumps(), notification.group, notification.delivery_id)
    )
