"""
What the command line does with a gateway's account, for a person and outside every stage.

A plugin registers it beside its gateway (`penstock_register_accounts`). Functions never import
it, and no zip carries it: keep it in a folder `account` of the plugin's package.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from penstock.api.answers import Authenticity
from penstock.domain.delivery import Delivery


@dataclass(frozen=True, slots=True)
class CheckedWebhook:
    """
    What a kept webhook is.

    Attributes:
        note: what else helps a person to understand the answer; may be empty.
    """

    answer: Authenticity
    note: str = ""


@runtime_checkable
class ChecksWebhooks(Protocol):
    """It says of a webhook that somebody kept whether the gateway signed it."""

    async def check_webhook(
        self, delivery: Delivery, webhook_id: str, certificates: Mapping[str, bytes] | None
    ) -> CheckedWebhook:
        """
        Judge a delivery as of the moment it says it was received.

        Args:
            webhook_id: the gateway's id of the webhook it was sent to.
            certificates: PEM files by name, which are then all there is: nothing is downloaded,
                and none of them becomes a trusted root. None to download what is needed.
        """
        ...
