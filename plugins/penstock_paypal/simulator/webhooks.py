"""
Webhooks on a test's order: made true, signed as PayPal signs, sent where the order says.

A genuine one that is not taken is sent again later, as PayPal does (`notifications.deliveries`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from aiohttp import web
from pydantic import (
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from penstock.testing.samples import gateway_of
from penstock_paypal import shapes
from penstock_paypal.simulator import events, truth
from penstock_paypal.simulator.books import Books, Document, put
from penstock_paypal.simulator.control import Entry, refused, state, unknown
from penstock_paypal.simulator.credentials import Credentials
from penstock_paypal.simulator.notifications.archive import Archive, Kept, Transmission
from penstock_paypal.simulator.notifications.deliveries import Deliveries
from penstock_paypal.simulator.notifications.signer import Signer
from penstock_paypal.simulator.subject import concerns


class Trigger(BaseModel):
    """
    One webhook to send.

    Attributes:
        target: where to; without one it is made true and signed, and sent nowhere.
        event_type: what happened; not needed with a body.
        set: values by dotted path into the event; null leaves the field out.
        subscription: the same, into the subscription that a sale is under.
        contradict: the same, into the resource the API shows, so that it says otherwise than the
            webhook; "resource": null hides the resource.
        body: a payload of one's own, in base64, signed as it is.
        books: what the API shows from now on, as `POST /_simulator/books` takes it.
        forge: signed with another key (true or "key"), or changed once it was signed ("body").
        copies: how many, side by side; byte-identical unless each is its own transmission.
        webhook_id: sign for another webhook than ours.
    """

    model_config = ConfigDict(extra="forbid")

    target: str | None = None
    event_type: str = "PAYMENT.SALE.COMPLETED"
    set: dict[str, Any] = Field(default_factory=dict[str, Any])
    subscription: dict[str, Any] = Field(default_factory=dict[str, Any])
    contradict: dict[str, Any] = Field(default_factory=dict[str, Any])
    body: Base64Bytes | None = None
    books: list[Entry] = Field(default_factory=list[Entry])
    forge: bool | Literal["key", "body"] = False
    copies: int = Field(1, ge=1, le=1000)
    own_transmissions: bool = False
    webhook_id: str | None = None

    @field_validator("event_type")
    @classmethod
    def _known(cls, event_type: str) -> str:
        if event_type not in events.KNOWN:
            raise ValueError(f"the simulator sends {', '.join(sorted(events.KNOWN))}")
        return event_type

    @property
    def genuine(self) -> bool:
        """Whether PayPal could have sent it: then it is sent again until it is taken."""
        return not self.forge and self.body is None and self.webhook_id is None

    @field_validator("books")
    @classmethod
    def _known_collections(cls, books: list[Entry]) -> list[Entry]:
        if problem := unknown(books):
            raise ValueError(problem)
        return books


class Webhooks:
    """What makes events true and sends them on a test's order."""

    def __init__(
        self, books: Books, credentials: Credentials, signer: Signer, deliveries: Deliveries
    ) -> None:
        self._books = books
        self._credentials = credentials
        self._signer = signer
        self._deliveries = deliveries

    def add_to(self, app: web.Application) -> None:
        """Serve the control that sends webhooks."""
        app.router.add_post("/_simulator/webhooks", self._trigger)

    async def _trigger(self, request: web.Request) -> web.Response:
        try:
            trigger = Trigger.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        try:
            event, body = self._payload(trigger)
        except events.UnknownResource as exc:
            return web.json_response({"errors": [{"msg": str(exc)}]}, status=404)
        state(self._books, trigger.books)
        self._contradict(event, trigger.contradict)
        gateway = gateway_of(trigger.target or "") or "paypal"
        about = concerns(self._books, gateway, event)
        answers = await self._deliver(trigger, event, body)
        resource = shapes.mapping(event.get("resource"))
        told = shapes.text(resource, "id") or shapes.text(resource, "invoice", "id")
        return web.json_response(
            {
                "event_id": shapes.text(event, "id"),
                "event_type": shapes.text(event, "event_type"),
                "resource_id": told or shapes.text(resource, "dispute_id"),
                "concerns": about,
                "answers": answers,
            }
        )

    def _payload(self, trigger: Trigger) -> tuple[Document, bytes]:
        if trigger.body is None:
            made = events.event(self._books, trigger.event_type, trigger.set, trigger.subscription)
            return made, json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            own = dict(shapes.parse(trigger.body))
        except ValueError:
            return {}, trigger.body
        truth.believe(self._books, own)
        return own, trigger.body

    def _contradict(self, event: Mapping[str, Any], changes: Mapping[str, Any]) -> None:
        resource = shapes.mapping(event.get("resource"))
        identity = shapes.text(resource, "id") or shapes.text(resource, "dispute_id") or ""
        for kept in (self._books.sales, self._books.captures, self._books.disputes):
            if "resource" in changes and changes["resource"] is None:
                kept.pop(identity, None)
            elif identity in kept:
                for path, value in changes.items():
                    put(kept[identity], path.removeprefix("resource."), value)

    async def _deliver(
        self, trigger: Trigger, event: Document, body: bytes
    ) -> Sequence[int | None]:
        # What a stranger forges did not happen at PayPal: it is in no list of events.
        archive = Archive() if trigger.forge else self._deliveries.archive
        kept = archive.keep(event, self._books.clock(), body)
        if trigger.target is None:
            return []
        own = trigger.copies if trigger.own_transmissions else 1
        copies = 1 if trigger.own_transmissions else trigger.copies
        made = [self._transmission(trigger, kept, trigger.target) for _ in range(own)]
        again = trigger.genuine and trigger.copies == 1
        answers = await asyncio.gather(
            *(
                self._deliveries.send(one, copies, again=again)
                for one in made
                if one and not one.waits
            )
        )
        return [answer for one in answers for answer in one]

    def _transmission(self, trigger: Trigger, kept: Kept, target: str) -> Transmission | None:
        webhook_id = trigger.webhook_id or self._credentials.webhook_id
        forged = trigger.forge in (True, "key")
        headers = self._signer.headers(kept.body, webhook_id, forged=forged)
        sent = kept.body + b" " if trigger.forge == "body" else kept.body
        return self._deliveries.take(kept, target, headers, sent, at_once=False)
