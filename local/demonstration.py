"""
A webhook of each gateway whose simulator sends some and one payment message, and what must come of
them with the stack's plugins.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import aiohttp

from infra.config.configured import PLUGIN
from infra.config.plugins import installed
from infra.config.selection import selected
from local.platform import Platform

_POLL_SECONDS = 0.1
_CHARGED = "example"
"""The plugin whose order needs nothing of its own, such as a saved card."""
_PLACES = {"slack": "Slack message", "email": "e-mail", "webhook": "webhook"}
_SHOWN = {"slack": "messages", "webhook": "events"}
"""Where the simulator of a plugin lists what it got."""


class DemonstrationError(Exception):
    """The demonstration could not be sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """
    What was sent.

    Attributes:
        webhooks: by gateway, the payment that its webhook is about.
        invoiced: those of these gateways that make an invoice of it.
        payment: the payment that the message asks for; None if Example is not configured.
    """

    webhooks: Mapping[str, str] = field(default_factory=dict[str, str])
    invoiced: frozenset[str] = frozenset()
    payment: str | None = None

    @property
    def payments(self) -> list[str]:
        """The payments, the webhooks' first."""
        return [*self.webhooks.values(), *([self.payment] if self.payment else [])]

    @property
    def expected(self) -> list[tuple[str, str]]:
        """The events that follow: of which payment, and of what type."""
        paid = [(payment, "payment.succeeded") for payment in self.payments]
        made = [one for gateway, one in self.webhooks.items() if gateway in self.invoiced]
        return paid + [(payment, "invoice.paid") for payment in made]


async def send(platform: Platform, http: aiohttp.ClientSession) -> Sent:
    """
    Send what the configured gateways allow.

    Raises:
        DemonstrationError: the API did not take the webhook.
    """
    charges = platform.instances(_CHARGED)
    # Only a simulator can sign a webhook for us.
    telling = [one for one in platform.gateways if one in platform.simulators]
    sent = {one: await _send_webhook(platform, one, http) for one in telling if one not in charges}
    webhooks = {gateway: payment for gateway, payment in sent.items() if payment}
    invoiced = frozenset(one for one in webhooks if _makes_invoices(platform, one))
    if not charges:
        return Sent(webhooks, invoiced)
    payment = f"demo-{secrets.token_hex(4)}"
    await asyncio.to_thread(_send_payment, platform, charges[0], payment)
    return Sent(webhooks, invoiced, payment)


async def _send_webhook(
    platform: Platform, gateway: str, http: aiohttp.ClientSession
) -> str | None:
    """The payment that a gateway's first sample is about; None where it has no such sample."""
    order = {"target": f"{platform.api_url}/webhooks/{gateway}"}
    simulator = platform.simulators[gateway].url
    async with http.post(f"{simulator}/_simulator/webhooks", json=order) as answer:
        if answer.status == 404:
            return None
        webhook = await answer.json()
    if not all(status and 200 <= status < 300 for status in webhook["answers"]):
        raise DemonstrationError(f"the webhook was answered with {webhook['answers']}")
    return next((one["id"] for one in webhook["concerns"] if one["kind"] == "payment"), None)


def _makes_invoices(platform: Platform, gateway: str) -> bool:
    offers = {offer.name: offer for plugin in installed() for offer in plugin.file.gateways}
    plugin = (platform.gateways[gateway] or {}).get(PLUGIN, gateway)
    return "invoices" in offers[plugin].capabilities


def _send_payment(platform: Platform, gateway: str, payment: str) -> None:
    body = {
        "id": payment,
        "provider": gateway,
        "order": {
            "amount": 4200,
            "currency": "EUR",
            "reference": payment,
            "description": "Demonstration",
            "payer": {"reference": "demo-buyer", "email": "buyer@example.com"},
        },
    }
    platform.client("sqs").send_message(
        QueueUrl=platform.outputs["queues"]["payments"]["url"],
        MessageBody=json.dumps(body),
        MessageGroupId=payment,
        MessageDeduplicationId=payment,
    )


def deliveries(platform: Platform, sent: Sent) -> Iterator[tuple[str, str, str]]:
    """What each configured sink is sent: the sink, the payment and the event's type."""
    offers = {offer.name: offer for plugin in installed() for offer in plugin.file.sinks}
    for sink, settings in platform.sinks.items():
        wanted = selected(offers[settings.get(PLUGIN, sink)], settings.get("events"))
        for payment, event in sent.expected:
            if wanted is None or event in wanted:
                yield sink, payment, event


def lines(platform: Platform, sent: Sent) -> Counter[str]:
    """How many lines each stage logs of what was sent."""
    webhooks = dict.fromkeys(("receive", "verify", "process"), len(sent.webhooks))
    found = Counter({**webhooks, "charge": int(sent.payment is not None)})
    found.update(f"deliver-{sink}" for sink, _, _ in deliveries(platform, sent))
    return found


@dataclass(slots=True)
class Arrivals:
    """What has arrived so far: at Slack, in the mailbox and at webhooks' endpoints."""

    platform: Platform
    http: aiohttp.ClientSession
    sent: Sent

    @property
    def places(self) -> list[str]:
        """Where something is expected to arrive, in words."""
        sinks = {sink for sink, _, _ in deliveries(self.platform, self.sent)}
        return [
            place
            for plugin, place in _PLACES.items()
            if not sinks.isdisjoint(self.platform.instances(plugin))
        ]

    async def missing(self) -> list[str]:
        """What has not arrived yet."""
        plugins = {sink: plugin for plugin in _PLACES for sink in self.platform.instances(plugin)}
        arrived = {sink: await self._texts(sink, plugin) for sink, plugin in plugins.items()}
        return [
            f"the {_PLACES[plugins[sink]]} of {event} ({payment}) by {sink}"
            for sink, payment, event in deliveries(self.platform, self.sent)
            if sink in arrived
            and not any(payment in text and event in text for text in arrived[sink])
        ]

    async def wait(self) -> None:
        """Return once all has arrived."""
        # Neither capture has a way to wait for news.
        while await self.missing():  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(_POLL_SECONDS)

    async def _texts(self, sink: str, plugin: str) -> list[str]:
        if plugin == "email":
            mail = await asyncio.to_thread(self.platform.emulator.mailbox)
            return [json.dumps(message) for message in mail]
        url = f"{self.platform.simulators[sink].url}/{_SHOWN[plugin]}"
        async with self.http.get(url) as answer:
            return [json.dumps(message) for message in await answer.json()]
