"""Reads all books where they are kept: nothing of the platform's code takes part in it."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import aiohttp
from boto3.dynamodb.types import TypeDeserializer

from local.platform import Platform
from tests.soak.books import Asked, Books, Held, Invoice, Moved, Sink, Told

Json = Any
_EVENT = re.compile(r"event ([0-9a-f]{32})")
_SOLD = frozenset({"completed", "refunded", "partially_refunded", "reversed"})
_LINES = re.compile(r"^([\w.]+) · (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC$")


@dataclass(slots=True)
class Reading:
    """
    Who reads.

    Attributes:
        posted: every message that Slack has shown so far; it keeps the newest thousand only.
    """

    platform: Platform
    http: aiohttp.ClientSession
    token: str = field(repr=False)
    posted: dict[str, Json] = field(default_factory=dict[str, Json])

    async def all(self, asked: Asked, taken: Mapping[str, set[str]]) -> Books:
        """
        The books of all parties.

        Args:
            taken: the ids in PayPal's webhooks that were taken.
        """
        items = await asyncio.to_thread(lambda: list(self.items()))
        records = _records(items)
        mail = await asyncio.to_thread(self.platform.emulator.mailbox)
        await self.look_at_slack()
        example = await self._simulator("example", "notifications")
        told = [f"paypal/{one}" for one in taken.get("paypal", set()) - asked.forged]
        told += [f"example/{json.loads(one['body'])['id']}" for one in example]
        # A stranger's webhook is made of a sale, and that one is in the simulator's books.
        sales = [one for one in await self._paypal("sales") if one["id"] not in asked.forged]
        captures = await self._paypal("captures")
        return Books(
            asked=asked,
            moved=[
                *_of_paypal(sales, captures, await self._paypal("refunds")),
                *[one async for one in self._of_example()],
            ],
            invoices=[*_invoices(await self._paypal("invoices"), {*map(_id, sales + captures)})],
            held=[*_payments(items)],
            events=[*_events(items)],
            archive=await self._archive(),
            sinks={
                "slack": Sink(_of_slack(self.posted.values()), records["slack"]),
                "email": Sink(_of_mail(mail), records["email"], shows_ids=True),
            },
            notified=told,
            recorded=[one["pk"].partition("#")[2] for one in _states(items, "notification")],
            subscriptions=await self._subscriptions(items),
        )

    def items(self) -> Iterator[dict[str, Any]]:
        """Every item of the ledger's table, in plain values."""
        read = TypeDeserializer().deserialize
        pages = self.platform.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(
            TableName=self.platform.outputs["ledgerTable"], ConsistentRead=True
        ):
            for item in page["Items"]:
                yield {name: read(value) for name, value in item.items()}

    async def look_at_slack(self) -> None:
        """Note what Slack has shown since the last look."""
        url = f"{self.platform.simulators['slack'].url}/messages"
        for one in await self._get(url):
            self.posted[json.dumps(one, sort_keys=True)] = one

    async def _of_example(self) -> AsyncIterator[Moved]:
        for one in await self._simulator("example", "charges"):
            if one["status"] == "succeeded":
                of, minor = one["payment_id"], one["amount"]
                yield Moved("example", one["id"], of, minor, one["currency"])
        for one in await self._simulator("example", "checkouts"):
            if money := one.get("money"):
                yield Moved(
                    "example", money["id"], one["payment"], money["minor"], money["currency"]
                )
        for one in await self._simulator("example", "subscriptions"):
            if paid := one["last_payment"]:
                yield Moved("example", paid["id"], one["id"], paid["minor"], paid["currency"])
        for one in await self._simulator("example", "refunds"):
            of, minor = one["payment"], one["amount"]
            yield Moved("example", one["id"], of, minor, one["currency"], back=True)

    async def _subscriptions(self, items: Sequence[Json]) -> dict[str, tuple[str, str]]:
        there = {
            f"paypal-{one['id']}": one["status"] for one in await self._paypal("subscriptions")
        }
        held = await self._simulator("example", "subscriptions")
        there |= {f"example-{one['id']}": one["status"] for one in held}
        here = {
            one["pk"].partition("#")[2]: one["seen"]["status"]
            for one in _states(items, "subscription")
        }
        return {one: (there[one].lower(), here.get(one, "")) for one in there}

    async def _archive(self) -> list[str]:
        found: list[str] = []
        cursor = ""
        while True:
            url = f"{self.platform.api_url}/events?limit=100{cursor}"
            page = await self._get(url, {"Authorization": f"Bearer {self.token}"})
            found += [one["id"] for one in page["events"]]
            if not page.get("cursor"):
                return found
            cursor = f"&cursor={page['cursor']}"

    async def _paypal(self, collection: str) -> list[Json]:
        return await self._simulator("paypal", f"books/{collection}")

    async def _simulator(self, name: str, what: str) -> list[Json]:
        return await self._get(f"{self.platform.simulators[name].url}/_simulator/{what}")

    async def _get(self, url: str, headers: Mapping[str, str] | None = None) -> Json:
        async with self.http.get(url, headers=headers) as answer:
            answer.raise_for_status()
            return await answer.json()


def _states(items: Iterable[Json], kind: str) -> Iterator[Json]:
    for one in items:
        if one["sk"] == "state" and one["pk"].startswith(f"{kind}#"):
            yield one


def _payments(items: Iterable[Json]) -> Iterator[Held]:
    for one in _states(items, "payment"):
        steps, amount = one.get("steps", []), one["order"]["amount"]
        refunds = [op for op in one.get("operations", []) if op["kind"] == "refund"]
        done = [op for op in refunds if op.get("state") == "succeeded"]
        yield Held(
            one["pk"].partition("#")[2],
            one["gateway"],
            one["status"],
            int(amount["minor"]),
            amount["currency"],
            paid=one.get("paid", False),
            step=steps[0]["id"] if steps else None,
            back=int(one.get("refunded", {}).get("minor", 0)),
            refunds={op["id"]: int(op["terms"]["amount"]["minor"]) for op in done},
            asked=[op["id"] for op in refunds],
            key=one["order"].get("payer", {}).get("reference"),
            invoiced=any(
                op["kind"] == "invoice" and op.get("state") == "succeeded"
                for op in one.get("operations", [])
            ),
        )


def _events(items: Iterable[Json]) -> Iterator[Told]:
    for one in items:
        if one["sk"].startswith("event#"):
            told = json.loads(one["body"])
            second = told["time"][:19].replace("T", " ")
            moved = int(told["data"].get("moved", {}).get("minor", 0))
            yield Told(told["id"], told["type"], one["pk"], int(told["sequence"]), second, moved)


def _records(items: Iterable[Json]) -> dict[str, dict[str, list[float]]]:
    """When an event was on record as delivered, by sink and event."""
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in items:
        if one["sk"] == "attempt":
            event = one["event_id"].partition("#")[0]
            at = datetime.fromisoformat(one["delivered_at"]).timestamp()
            found[one["sink"]][event].append(at)
    return found


def _of_paypal(
    sales: Iterable[Json], captures: Iterable[Json], refunds: Iterable[Json]
) -> Iterator[Moved]:
    for one in sales:
        if one["state"] in _SOLD:
            minor, currency = _money(one)
            yield Moved("paypal", one["id"], one["billing_agreement_id"], minor, currency)
    for one in captures:
        if one["status"].lower() in _SOLD:
            yield Moved("paypal", one["id"], one["custom_id"], *_money(one))
    for one in refunds:
        if str(one.get("state") or one.get("status")).lower() == "completed":
            minor, currency = _money(one)
            yield Moved("paypal", one["id"], _refunded(one), minor, currency, back=True)


def _invoices(shown: Iterable[Json], paid: set[str]) -> Iterator[Invoice]:
    for one in shown:
        if one["status"] != "CANCELLED":
            of = paid & {*re.findall(r"[A-Za-z0-9]+", json.dumps(one))}
            came = _cents(one.get("payments", {}).get("paid_amount", {}).get("value", 0))
            back = _cents(one.get("refunds", {}).get("refund_amount", {}).get("value", 0))
            minor, currency = _money(one)
            yield Invoice(one["id"], min(of, default="-"), minor, currency, came, back)


def _of_slack(posted: Iterable[Json]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for one in posted:
        at = datetime.fromisoformat(one["received_at"]).timestamp()
        found[_place(one)].append(at)
    return found


def _place(message: Json) -> str:
    said = message["blocks"][-1]["elements"][-1]["text"]
    match = _LINES.fullmatch(said)
    assert match, said
    rows = dict(line.split(": ", 1) for line in message["text"].splitlines()[1:] if ": " in line)
    names = ("Payment", "Subscription", "Notification", "Subject")
    subject = next((rows[one] for one in names if one in rows), "?")
    return f"{match[1]} {match[2]} {subject}"


def _of_mail(mail: Iterable[Json]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for one in mail:
        told = _EVENT.findall(one["BodyText"])
        found[told[-1] if told else "?"].append(float(one["Timestamp"]))
    return found


def _id(one: Json) -> str:
    return str(one["id"])


def _money(shown: Json) -> tuple[int, str]:
    amount = shown["amount"]
    value = amount.get("total") or amount["value"]
    return _cents(value), amount.get("currency") or amount["currency_code"]


def _cents(value: Any) -> int:
    return int(Decimal(str(value)) * 100)


def _refunded(refund: Json) -> str:
    """The sale or capture that a refund reduces: v1 names it, v2 links to it."""
    if named := refund.get("sale_id"):
        return str(named)
    up = next(one["href"] for one in refund["links"] if one["rel"] == "up")
    return str(up).rpartition("/")[2]
