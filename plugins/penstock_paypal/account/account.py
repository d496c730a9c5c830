"""A PayPal account, as the command line uses it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import cached_property

from penstock.api import Context, Delivery
from penstock.api.account import CheckedWebhook, Permitted, Step
from penstock_paypal.account import catalogue, kept, permissions, wanted, webhook
from penstock_paypal.account.connection import Connection
from penstock_paypal.settings import PayPalSettings

_LEFT = (
    "Confirm the account's e-mail address and accept its currencies, or payments stay pending.",
    "Subscribe once as a buyer and see the payment: docs/paypal.md, step 7.",
)


class PayPalAccount:
    """PayPal's answers to what a person asks with a command."""

    name = "paypal"
    finds: Sequence[str] = ("webhook_id",)

    def __init__(self, context: Context[PayPalSettings]) -> None:
        self._context = context

    async def check_webhook(
        self, delivery: Delivery, webhook_id: str, certificates: Mapping[str, bytes] | None
    ) -> CheckedWebhook:
        """Say whether PayPal signed a kept delivery for that webhook."""
        return await kept.check(self._context, delivery, webhook_id, certificates)

    def read_wanted(self, document: object) -> wanted.Wanted:
        """
        Read a set-up file's content.

        Raises:
            SettingsError: names the field and the remedy.
        """
        return wanted.read(document)

    async def set_up(
        self, wanted: wanted.Wanted, webhook_url: str | None, *, dry_run: bool
    ) -> AsyncIterator[Step]:
        """
        Create the products, plans and the webhook that are missing.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here, or PayPal refuses something.
        """
        api = await self._connection.api()
        needed = (permissions.PRODUCTS, permissions.PLANS, permissions.WEBHOOKS)
        await permissions.demand(api, *needed)
        async for step in catalogue.set_up(api, self._context.log, wanted, dry_run=dry_run):
            yield step
        if webhook_url is not None:
            yield await self.register_webhook(webhook_url, dry_run=dry_run)

    def left(self) -> Sequence[str]:
        """What only a person can do at PayPal."""
        return _LEFT

    async def permissions(self) -> Sequence[Permitted]:
        """
        Ask what the app may do.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here.
        """
        return await permissions.ask(await self._connection.api())

    async def register_webhook(self, url: str, *, dry_run: bool) -> Step:
        """
        Register the webhook, or correct the events of the one there is.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here, or PayPal refuses the address.
        """
        local, api = self._connection.local, await self._connection.api()
        await permissions.demand(api, permissions.WEBHOOKS)
        return await webhook.register(api, url, local=local, dry_run=dry_run)

    async def webhook_drift(self, url: str) -> Sequence[str]:
        """
        What PayPal has registered otherwise.

        Raises:
            GatewayUnavailable: no answer.
            SettingsError: the credentials do not work here.
        """
        api = await self._connection.api()
        await permissions.demand(api, permissions.WEBHOOKS)
        return await webhook.drift(api, self._context.secrets, url)

    @cached_property
    def _connection(self) -> Connection:
        # Made when it is needed: a kept webhook is checked without any.
        return Connection(self._context)
