"""One signed webhook and one payment message, and everything that shall come of them."""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass

import aiohttp

from local.platform import Platform

_POLL_SECONDS = 0.1
_EVENT_TYPE = "PAYMENT.SALE.COMPLETED"


class DemonstrationError(Exception):
    """The demonstration could not even be sent."""


@dataclass(frozen=True, slots=True)
class Sent:
    """
    What was sent.

    Attributes:
        webhook: the payment that the webhook is about.
        payment: the payment that the message asks for.
    """

    webhook: str
    payment: str

    @property
    def expected(self) -> list[tuple[str, str]]:
        """The events that each sink shall be told: of which payment, and of what type."""
        return [
            (self.webhook, "payment.succeeded"),
            (self.webhook, "invoice.paid"),
            (self.payment, "payment.succeeded"),
        ]


async def send(platform: Platform, http: aiohttp.ClientSession) -> Sent:
    """
    Send both.

    Raises:
        DemonstrationError: the API did not take the webhook.
    """
    order = {"event_type": _EVENT_TYPE, "target": f"{platform.api_url}/webhooks/paypal"}
    simulator = platform.simulators["paypal"].url
    async with http.post(f"{simulator}/_simulator/webhooks", json=order) as answer:
        webhook = await answer.json()
    if not all(status and 200 <= status < 300 for status in webhook["answers"]):
        raise DemonstrationError(f"the webhook was answered with {webhook['answers']}")
    payment = f"demo-{secrets.token_hex(4)}"
    await asyncio.to_thread(_send_payment, platform, payment)
    return Sent(f"paypal-{webhook['resource_id']}", payment)


def _send_payment(platform: Platform, payment: str) -> None:
    body = {
        "id": payment,
        "provider": "example",
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


@dataclass(slots=True)
class Arrivals:
    """What has arrived so far: at Slack and in the mailbox, for each of the two."""

    platform: Platform
    http: aiohttp.ClientSession
    sent: Sent

    async def missing(self) -> list[str]:
        """What has not arrived yet."""
        async with self.http.get(f"{self.platform.simulators['slack'].url}/messages") as answer:
            slack = await answer.json()
        mail = await asyncio.to_thread(self.platform.emulator.mailbox)
        places = {
            "Slack message": [json.dumps(message) for message in slack],
            "e-mail": [json.dumps(message) for message in mail],
        }
        return [
            f"the {place} of {event} ({payment})"
            for payment, event in self.sent.expected
            for place, texts in places.items()
            if not any(payment in text and event in text for text in texts)
        ]

    async def wait(self) -> None:
        """Return once all has arrived."""
        # Neither capture has a way to wait for news.
        while await self.missing():  # noqa: ASYNC110 - polls another process
            await asyncio.sleep(_POLL_SECONDS)
