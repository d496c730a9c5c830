"""Eyes and hands for the end-to-end tests: what was sent in, and what came out where."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from local.platform import Platform
from local.stages import FILTER, parse

T = TypeVar("T")
_POLL_SECONDS = 0.05


def until(
    look: Callable[[], T], within: float = 120.0, what: str = "it", pause: float = _POLL_SECONDS
) -> T:
    """
    What `look` sees once it sees something; another process does it, so it is polled.

    Args:
        pause: seconds between two looks; more of them where a look is a command.
    """
    deadline = time.monotonic() + within
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {within} s")
        time.sleep(pause)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook the PayPal simulator has sent; the statuses it was answered with."""

    event_id: str
    resource_id: str
    answers: list[int]
    gateway: str = "paypal"

    @property
    def payment(self) -> str:
        """The payment it is about."""
        return f"{self.gateway}-{self.resource_id}"


@dataclass(frozen=True, slots=True)
class World:
    """
    The running platform, its simulators and its emulator, by plain HTTP.

    Attributes:
        token: a bearer token of its API.
    """

    platform: Platform
    token: str = field(repr=False)

    def send_webhook(self, gateway: str = "paypal", **order: Any) -> Webhook:
        """Have the PayPal simulator sign and send one."""
        told = self._call(
            "POST",
            f"{self._simulator(gateway)}/_simulator/webhooks",
            {
                "event_type": "PAYMENT.SALE.COMPLETED",
                "target": f"{self.platform.api_url}/webhooks/{gateway}",
                **order,
            },
        )
        return Webhook(told["event_id"], told["resource_id"], told["answers"], gateway)

    def send_payment(
        self, body: str | None = None, *, provider: str = "example", **order: Any
    ) -> str:
        """Put a message on payments.fifo; returns the payment's id."""
        payment = f"e2e-{uuid.uuid4().hex[:8]}"
        complete = {"amount": 990, "currency": "EUR", "payer": {"reference": payment}, **order}
        message = {"id": payment, "provider": provider, "order": complete}
        self.send(self.queue("payments"), body or json.dumps(message), payment)
        return payment

    def refund(self, payment: str, amount: int, currency: str) -> None:
        """Ask the API to send some of a payment's money back."""
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": uuid.uuid4().hex}
        url = f"{self.platform.api_url}/payments/{payment}/refunds"
        self._call("POST", url, {"amount": amount, "currency": currency}, headers)

    def send(self, queue_url: str, body: str, group: str, dedup: str | None = None) -> None:
        """Put any message on a queue."""
        self.platform.client("sqs").send_message(
            QueueUrl=queue_url,
            MessageBody=body,
            MessageGroupId=group,
            MessageDeduplicationId=dedup or group,
        )

    def fault(self, simulator: str, **fault: Any) -> None:
        """Have a simulator misbehave until the test ends or `heal` is called."""
        self._call("POST", f"{self._simulator(simulator)}/_simulator/faults", [fault])

    def lose_webhooks(self) -> None:
        """Have PayPal list its events and lose their webhooks, until `heal` is called."""
        self._call(
            "POST",
            f"{self._simulator('paypal')}/_simulator/deliveries/faults",
            [{"lost": True}],
        )

    def heal(self) -> None:
        """Have every simulator behave."""
        for one in self.platform.simulators.values():
            self._call("DELETE", f"{one.url}/_simulator/faults")
        self._call("DELETE", f"{self._simulator('paypal')}/_simulator/deliveries/faults")

    def queue(self, name: str) -> str:
        """A queue's URL."""
        return str(self.platform.outputs["queues"][name]["url"])

    def dlq(self, name: str) -> str:
        """The URL of a queue's dead-letter queue."""
        return str(self.platform.outputs["queues"][name]["dlqUrl"])

    def waiting(self, queue_url: str, word: str = "") -> list[Mapping[str, Any]]:
        """What is on a queue, in flight or not, without receiving it, if it holds the word."""
        query = urllib.parse.urlencode({"QueueUrl": queue_url})
        told = self._call("GET", f"{self.platform.emulator.url}/_ministack/sqs/messages?{query}")
        return [
            message
            for regions in told["messages"].values()
            for queues in regions.values()
            for messages in queues.values()
            for message in messages
            if word in json.dumps(message)
        ]

    def dead_letters(self, word: str = "") -> list[Mapping[str, Any]]:
        """What is on any dead-letter queue."""
        queues = self.platform.outputs["queues"].values()
        dlqs = [one["dlqUrl"] for one in queues if one.get("dlqUrl")]
        return [message for dlq in dlqs for message in self.waiting(dlq, word)]

    def slack(self, *words: str, sink: str = "slack") -> list[str]:
        """Slack messages that hold all the words."""
        told = self._call("GET", f"{self._simulator(sink)}/messages")
        return _holding(told, words)

    def mail(self, *words: str) -> list[str]:
        """E-mails that hold all the words."""
        return _holding(self.platform.emulator.mailbox(), words)

    def invoices(self, gateway: str = "paypal") -> list[Mapping[str, Any]]:
        """The invoices the PayPal simulator holds."""
        told = self._call("GET", f"{self._simulator(gateway)}/_simulator/invoices")
        return list(told)

    def invoices_of(self, sent: Webhook) -> list[Mapping[str, Any]]:
        """The invoices for one sale."""
        held = self.invoices(sent.gateway)
        return [invoice for invoice in held if sent.resource_id in json.dumps(invoice)]

    def rejected(self, sent: Webhook) -> list[str]:
        """Why the deliveries of one webhook were rejected."""
        # A delivery's body travels in base64: its own text cannot be searched for.
        return [
            message["MessageAttributes"]["reason"]["StringValue"]
            for message in self.waiting(self.queue("rejected"))
            if sent.event_id in _delivered(message)
        ]

    def open_work(self) -> list[Mapping[str, Any]]:
        """Everything on the queues that somebody consumes."""
        queues = self.platform.outputs["queues"]
        return [m for name in queues if name != "rejected" for m in self.waiting(self.queue(name))]

    def settle(self) -> None:
        """Wait until nothing is under way: a function that is idle can be killed or counted."""
        until(lambda: not self.open_work(), within=180, what="the end of all work")

    def redrive(self, dlq: str, queue: str, word: str) -> None:
        """Put a dead letter back by hand, as the documents say: its own id is the dedup id."""
        until(lambda: self._redriven(dlq, queue, word), what=f"a look at the letter {word}")

    def _redriven(self, dlq: str, queue: str, word: str) -> bool:
        """Whether a look at the queue, which shows ten of its messages, has found the letter."""
        sqs, done = self.platform.client("sqs"), False
        shown = sqs.receive_message(
            QueueUrl=dlq, MaxNumberOfMessages=10, AttributeNames=["MessageGroupId"]
        )
        for message in shown.get("Messages", ()):
            if word in message["Body"]:
                group = message["Attributes"]["MessageGroupId"]
                self.send(queue, message["Body"], group, message["MessageId"])
                sqs.delete_message(QueueUrl=dlq, ReceiptHandle=message["ReceiptHandle"])
                done = True
            else:
                sqs.change_message_visibility(
                    QueueUrl=dlq, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
        return done

    def charges(self, payment: str) -> list[Mapping[str, Any]]:
        """The charges the Example simulator holds for a payment."""
        told = self._call("GET", f"{self._simulator('example')}/_simulator/charges")
        return [charge for charge in told if charge["payment_id"] == payment]

    def payment(self, payment: str) -> Mapping[str, Any] | None:
        """What the API says of a payment; None if it knows none of that id."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        try:
            found = self._call(
                "GET", f"{self.platform.api_url}/payments/{payment}", headers=bearer
            )
        except urllib.error.HTTPError as exc:
            if exc.code == 404:
                return None
            raise
        return dict(found)

    def events(self) -> list[str]:
        """The ids of all events, as the API lists them."""
        bearer = {"Authorization": f"Bearer {self.token}"}
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            place = f"&cursor={cursor}" if cursor else ""
            url = f"{self.platform.api_url}/events?limit=100{place}"
            page = self._call("GET", url, headers=bearer)
            found += [one["id"] for one in page["events"]]
            cursor = page["cursor"]
        return found

    def outcomes(self, function: str, entity: str = "") -> list[str]:
        """What a function said became of an entity, item by item."""
        physical = self.platform.outputs["functions"][function]
        logs = self.platform.client("logs")
        pages = logs.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{physical}", filterPattern=FILTER
        )
        lines = [parse(e["message"], _when(e), function) for page in pages for e in page["events"]]
        return [line.outcome for line in lines if line and entity in line.entity]

    def _simulator(self, name: str) -> str:
        return self.platform.simulators[name].url

    def _call(
        self, method: str, url: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own addresses
            url,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **(headers or {})},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - the same
            text = answer.read()
        return json.loads(text) if text else None


def _delivered(message: Mapping[str, Any]) -> str:
    """What was delivered: verify rejects deliveries, process the notifications in them."""
    rejected = json.loads(message["Body"])
    if "body" not in rejected:
        return json.dumps(rejected)
    return base64.b64decode(rejected["body"]).decode(errors="replace")


def _holding(messages: list[Any], words: tuple[str, ...]) -> list[str]:
    texts = [json.dumps(message) for message in messages]
    return [text for text in texts if all(word in text for word in words)]


def _when(event: Mapping[str, Any]) -> datetime:
    return datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
