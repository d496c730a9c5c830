"""Webhooks: signed as PayPal signs, sent where told, as often as told."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from pydantic import (
    Base64Bytes,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
)

from penstock_paypal import shapes
from penstock_paypal.simulator import events, truth
from penstock_paypal.simulator.authority import Identity, pem
from penstock_paypal.simulator.books import Books, put
from penstock_paypal.simulator.control import Entry, refused, state, unknown
from penstock_paypal.simulator.credentials import Credentials
from penstock_paypal.simulator.oauth import CERTIFICATES
from penstock_paypal.simulator.subject import concerns
from penstock_paypal.webhooks.signature import signed_text

_TIMEOUT = aiohttp.ClientTimeout(total=30)


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

    @field_validator("books")
    @classmethod
    def _known_collections(cls, books: list[Entry]) -> list[Entry]:
        if problem := unknown(books):
            raise ValueError(problem)
        return books


class Webhooks:
    """Signs and sends."""

    def __init__(self, books: Books, identity: Identity, credentials: Credentials) -> None:
        self._books = books
        self._identity = identity
        self._credentials = credentials
        self._session: aiohttp.ClientSession | None = None
        digest = identity.leaf.fingerprint(hashes.SHA256()).hex()
        self.certificate_path = f"{CERTIFICATES}CERT-{digest[:8]}-{digest[8:16]}-{digest[16:24]}"
        self.url = ""
        self._registered: list[dict[str, Any]] = []

    def add_to(self, app: web.Application) -> None:
        """Serve the certificate, and the control that sends webhooks."""
        app.router.add_get(self.certificate_path, self._certificate)
        app.router.add_post("/_simulator/webhooks", self._trigger)
        app.router.add_get("/v1/notifications/webhooks", self._list)
        app.router.add_put("/_simulator/registration", self._register)
        app.on_cleanup.append(self._close)

    async def _certificate(self, _: web.Request) -> web.Response:
        # The leaf alone, as PayPal does.
        return web.Response(
            body=pem(self._identity.leaf),
            content_type="application/x-pem-file",
            headers={"Cache-Control": "public, max-age=86400"},
        )

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response({"webhooks": self._registered, "links": []})

    async def _register(self, request: web.Request) -> web.Response:
        """Take down what a person would register at PayPal: an address, and the events wanted."""
        told = await request.json()
        wanted = [{"name": name, "status": "ENABLED"} for name in told.get("events", ["*"])]
        webhook = {"id": self._credentials.webhook_id, "url": told["url"], "event_types": wanted}
        self._registered = [webhook]
        return web.json_response(webhook)

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
        about = concerns(self._books, event)
        base = self.url or str(request.url.origin())
        answers = await self._deliver(trigger, body, base)
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

    async def announce(self, event: Mapping[str, Any]) -> None:
        """Send an event of the simulator's own to each registered address that wants it."""
        body = json.dumps(event, separators=(",", ":"), ensure_ascii=False).encode()
        for webhook in self._registered:
            wanted = {one["name"] for one in webhook["event_types"]}
            if wanted & {"*", event["event_type"]}:
                await self._deliver(Trigger(target=webhook["url"], copies=1), body, self.url)

    def _payload(self, trigger: Trigger) -> tuple[Mapping[str, Any], bytes]:
        if trigger.body is None:
            made = events.event(self._books, trigger.event_type, trigger.set, trigger.subscription)
            return made, json.dumps(made, separators=(",", ":"), ensure_ascii=False).encode()
        try:
            own = shapes.parse(trigger.body)
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

    async def _deliver(self, trigger: Trigger, body: bytes, base: str) -> list[int | None]:
        if trigger.target is None:
            return []
        first = self._headers(trigger, body, base)
        sent = body + b" " if trigger.forge == "body" else body
        return await asyncio.gather(
            *(
                self._post(
                    trigger.target,
                    self._headers(trigger, body, base) if trigger.own_transmissions else first,
                    sent,
                )
                for _ in range(trigger.copies)
            )
        )

    @cached_property
    def _strangers_key(self) -> rsa.RSAPrivateKey:
        """A key of nobody's; made when first wanted, because making it takes its time."""
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def _headers(self, trigger: Trigger, body: bytes, base: str) -> dict[str, str]:
        identity, stamp = str(uuid.uuid1()), self._books.now()
        webhook_id = trigger.webhook_id or self._credentials.webhook_id
        key = self._identity.key
        if trigger.forge in (True, "key"):
            key = self._strangers_key
        signature = key.sign(
            signed_text(identity, stamp, webhook_id, body), PKCS1v15(), hashes.SHA256()
        )
        return {
            "PAYPAL-TRANSMISSION-ID": identity,
            "PAYPAL-TRANSMISSION-TIME": stamp,
            "PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode("ascii"),
            "PAYPAL-AUTH-VERSION": "v2",
            "PAYPAL-CERT-URL": base + self.certificate_path,
            "PAYPAL-AUTH-ALGO": "SHA256withRSA",
            "Content-Type": "application/json",
            "User-Agent": "PayPal/AUHD-214.0-simulated",
            "Correlation-Id": f"{self._books.clock().timestamp():.0f}",
        }

    async def _post(self, target: str, headers: dict[str, str], body: bytes) -> int | None:
        """The status of the answer; None when there was none."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT)
        try:
            async with self._session.post(
                target, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _close(self, _: web.Application) -> None:
        if self._session is not None:
            await self._session.close()
