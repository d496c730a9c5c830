"""The webhooks of the REST app (notifications_webhooks_v1) and their routes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit

from aiohttp import web

from penstock_paypal import shapes
from penstock_paypal.simulator.credentials import Credentials, token
from penstock_paypal.simulator.notifications.event_types import EVENT_TYPES, EVERYTHING, shown
from penstock_paypal.simulator.problems import (
    NotificationProblem,
    body_of,
    invalid,
    json_of,
    no_such_resource,
)

WEBHOOKS = "/v1/notifications/webhooks"
MOST = 10
"""Webhooks that one app may have."""
_KNOWN = frozenset({*EVENT_TYPES, EVERYTHING})


@dataclass(slots=True)
class Webhook:
    """One address and the events it wants; `*` stands for all of them."""

    id: str
    url: str
    event_types: Sequence[str]

    def wants(self, event_type: str) -> bool:
        """Whether such an event goes to it."""
        return EVERYTHING in self.event_types or event_type in self.event_types

    def shown(self, base: str) -> dict[str, Any]:
        """The webhook as the API shows it."""
        href = f"{base}{WEBHOOKS}/{self.id}"
        links = (("self", "GET"), ("update", "PATCH"), ("delete", "DELETE"))
        return {
            "id": self.id,
            "url": self.url,
            "event_types": [shown(name) for name in self.event_types],
            "links": [{"href": href, "rel": rel, "method": method} for rel, method in links],
        }


class Registry:
    """
    The webhooks, and their routes.

    `PUT /_simulator/registration` (`{"url": …, "events": […]}`) registers the webhook whose id
    the platform was told, as a person would at PayPal, and takes away all others.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._own = credentials.webhook_id
        self.webhooks: dict[str, Webhook] = {}

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post(WEBHOOKS, self._create)
        app.router.add_get(WEBHOOKS, self._list)
        app.router.add_get(f"{WEBHOOKS}/{{id}}", self._show)
        app.router.add_patch(f"{WEBHOOKS}/{{id}}", self._update)
        app.router.add_delete(f"{WEBHOOKS}/{{id}}", self._delete)
        app.router.add_get(f"{WEBHOOKS}/{{id}}/event-types", self._own_event_types)
        app.router.add_get("/v1/notifications/webhooks-event-types", self._event_types)
        app.router.add_put("/_simulator/registration", self._register)

    def register(self, url: str, event_types: Sequence[str] = (EVERYTHING,)) -> Webhook:
        """Make the one webhook whose id is in the platform's secret; all others go."""
        made = Webhook(self._own, url, tuple(event_types))
        self.webhooks = {made.id: made}
        return made

    def wanting(self, event_type: str) -> list[Webhook]:
        """The webhooks that such an event goes to."""
        return [one for one in self.webhooks.values() if one.wants(event_type)]

    async def _create(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        url, names = str(body["url"]), _names(body["event_types"])
        self._check_address(url)
        if len(self.webhooks) >= MOST:
            raise NotificationProblem(
                400, "WEBHOOK_NUMBER_LIMIT_EXCEEDED", "Webhook number limit exceeded"
            )
        made = Webhook(token(), url, names)
        self.webhooks[made.id] = made
        return web.json_response(made.shown(_base(request)), status=201)

    async def _list(self, request: web.Request) -> web.Response:
        listed = [one.shown(_base(request)) for one in self.webhooks.values()]
        return web.json_response({"webhooks": listed})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request).shown(_base(request)))

    async def _update(self, request: web.Request) -> web.Response:
        webhook = self._found(request)
        url, names = webhook.url, webhook.event_types
        for operation in shapes.sequence(await json_of(request)):
            if shapes.text(operation, "op") != "replace":
                raise invalid(("op", "Only replace is supported"))
            value = shapes.at(operation, "value")
            match shapes.text(operation, "path"):
                case "/url":
                    url = str(value)
                    self._check_address(url, webhook)
                case "/event_types":
                    names = _names(value)
                case _:
                    raise invalid(("path", "Not a valid patch path"))
        webhook.url, webhook.event_types = url, names
        return web.json_response(webhook.shown(_base(request)))

    async def _delete(self, request: web.Request) -> web.Response:
        del self.webhooks[self._found(request).id]
        return web.Response(status=204)

    async def _own_event_types(self, request: web.Request) -> web.Response:
        names = self._found(request).event_types
        return web.json_response({"event_types": [shown(name) for name in names]})

    async def _event_types(self, _: web.Request) -> web.Response:
        return web.json_response({"event_types": [shown(name) for name in EVENT_TYPES]})

    async def _register(self, request: web.Request) -> web.Response:
        told = await request.json()
        made = self.register(told["url"], told.get("events", (EVERYTHING,)))
        return web.json_response(made.shown(_base(request)))

    def _check_address(self, url: str, mine: Webhook | None = None) -> None:
        if not may_be_called(url):
            raise invalid(("url", "Not a valid webhook URL"))
        if any(one.url == url and one is not mine for one in self.webhooks.values()):
            raise NotificationProblem(
                400, "WEBHOOK_URL_ALREADY_EXISTS", "Webhook URL already exists"
            )

    def _found(self, request: web.Request) -> Webhook:
        webhook = self.webhooks.get(request.match_info["id"])
        if webhook is None:
            raise no_such_resource()
        return webhook


def may_be_called(url: str) -> bool:
    """Whether webhooks may go there: https on its own port, as PayPal asks, or this machine."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme == "http":
        return parts.hostname == "127.0.0.1"
    named = bool(parts.hostname) and parts.username is None
    return parts.scheme == "https" and named and port in (None, 443)


def _names(given: Any) -> tuple[str, ...]:
    listed = cast("list[Any]", given) if isinstance(given, list) else []
    names = tuple(shapes.text(one, "name") or "" for one in listed)
    if not names or not _KNOWN.issuperset(names):
        raise invalid(("event_types", "Not a valid webhook event"))
    return names


def _base(request: web.Request) -> str:
    return str(request.url.origin())
