"""A PayPal account, as the command line uses it."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import Context, Delivery
from penstock.api.account import CheckedWebhook
from penstock_paypal.account.kept import check
from penstock_paypal.settings import PayPalSettings


class PayPalAccount:
    """PayPal's answers to what a person asks with a command."""

    name = "paypal"

    def __init__(self, context: Context[PayPalSettings]) -> None:
        self._context = context

    async def check_webhook(
        self, delivery: Delivery, webhook_id: str, certificates: Mapping[str, bytes] | None
    ) -> CheckedWebhook:
        """Say whether PayPal signed a kept delivery for that webhook."""
        return await check(self._context, delivery, webhook_id, certificates)
