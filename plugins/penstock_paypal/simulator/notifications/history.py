"""The routes of events (notifications_webhooks_v1): list, show, send again, simulate."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from penstock_paypal.simulator import events
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.notifications.archive import Archive, Kept, listed
from penstock_paypal.simulator.notifications.deliveries import Deliveries
from penstock_paypal.simulator.notifications.event_types import EVENT_TYPES
from penstock_paypal.simulator.notifications.faults import DeliveryFault
from penstock_paypal.simulator.notifications.registry import Registry, may_be_called
from penstock_paypal.simulator.notifications.signer import Signer
from penstock_paypal.simulator.problems import invalid, no_such_resource, optional_body_of

EVENTS = "/v1/notifications/webhooks-events"
MOCK_WEBHOOK = "WEBHOOK_ID"
"""What PayPal signs mock events for, whichever webhook they go to."""
_PAGE, _MOST = 10, 300
_OLDEST = timedelta(days=45)
# "2013-03-06T11:00:00Z", with or without fractions of a second and another offset.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_FAULTS = TypeAdapter(list[DeliveryFault])


class History:
    """
    The routes of events, and those by which tests steer their deliveries.

    * `POST /_simulator/deliveries/faults`: a list of `faults.DeliveryFault`.
    * `DELETE /_simulator/deliveries/faults`: forget them; what was held is sent.
    * `POST /_simulator/deliveries/due`: send what is due by now.
    * `GET /_simulator/deliveries`: every transmission with its attempts, oldest first.
    """

    def __init__(
        self, books: Books, registry: Registry, signer: Signer, deliveries: Deliveries
    ) -> None:
        self._books = books
        self._registry = registry
        self._signer = signer
        self._deliveries = deliveries

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_get(EVENTS, self._list)
        app.router.add_get(f"{EVENTS}/{{id}}", self._show)
        app.router.add_post(f"{EVENTS}/{{id}}/resend", self._resend)
        app.router.add_post("/v1/notifications/simulate-event", self._simulate)
        app.router.add_post("/_simulator/deliveries/faults", self._add_faults)
        app.router.add_delete("/_simulator/deliveries/faults", self._forget_faults)
        app.router.add_post("/_simulator/deliveries/due", self._deliver_due)
        app.router.add_get("/_simulator/deliveries", self._list_deliveries)

    async def _list(self, request: web.Request) -> web.Response:
        asked = request.query
        size = asked.get("page_size", str(_PAGE))
        if not size.isdecimal() or not 1 <= int(size) <= _MOST:
            raise invalid(("page_size", f"Must be a number between 1 and {_MOST}"))
        start, end = (_time(asked.get(name), name) for name in ("start_time", "end_time"))
        if start is not None and start < self._books.clock() - _OLDEST:
            raise invalid(("start_time", "Must be within the last 45 days"))
        wanted, about = asked.get("event_type"), asked.get("transaction_id")
        found = [
            one
            for one in self._deliveries.archive.between(start, end)
            if (wanted is None or one.event.get("event_type") == wanted)
            and (about is None or one.concerns(about))
        ][: int(size)]
        base = str(request.url.origin())
        links = [{"href": str(request.url), "rel": "self", "method": "GET"}]
        shown = [one.shown(base) for one in found]
        return web.json_response({"events": shown, "count": len(shown), "links": links})

    async def _show(self, request: web.Request) -> web.Response:
        return web.json_response(self._found(request).shown(str(request.url.origin())))

    async def _resend(self, request: web.Request) -> web.Response:
        kept = self._found(request)
        named = (await optional_body_of(request)).get("webhook_ids")
        webhooks = self._registry.wanting(str(kept.event.get("event_type")))
        if named:
            if not self._registry.webhooks.keys() >= set(named):
                raise invalid(("webhook_ids", "Not a webhook of this app"))
            webhooks = [self._registry.webhooks[one] for one in named]
        for webhook in webhooks:
            # A transmission of its own: resending gives another id and time.
            headers = self._signer.headers(kept.body, webhook.id)
            self._deliveries.take(kept, webhook.url, headers)
        return web.json_response(kept.shown(str(request.url.origin())), status=202)

    async def _simulate(self, request: web.Request) -> web.Response:
        body = await optional_body_of(request)
        url = self._target(body.get("webhook_id"), body.get("url"))
        event_type = str(body["event_type"])
        if event_type not in EVENT_TYPES:
            raise invalid(("event_type", "Not a valid webhook event"))
        # In books of its own: a mock event is about nothing that PayPal has.
        try:
            event = events.event(copy.deepcopy(self._books), event_type, {}, {})
        except events.UnknownResource as exc:
            raise invalid(("event_type", "No sample of this event")) from exc
        kept = Archive().keep(event, self._books.clock())
        self._deliveries.take(kept, url, self._signer.headers(kept.body, MOCK_WEBHOOK))
        return web.json_response(kept.shown(str(request.url.origin())), status=202)

    def _target(self, webhook_id: str | None, url: str | None) -> str:
        if webhook_id is not None:
            if webhook_id not in self._registry.webhooks:
                raise no_such_resource()
            return self._registry.webhooks[webhook_id].url
        if url is None:
            raise invalid(("webhook_id", "Either webhook_id or url is required"))
        if not may_be_called(url):
            raise invalid(("url", "Not a valid webhook URL"))
        return url

    def _found(self, request: web.Request) -> Kept:
        kept = self._deliveries.archive.events.get(request.match_info["id"])
        if kept is None:
            raise no_such_resource()
        return kept

    async def _add_faults(self, request: web.Request) -> web.Response:
        try:
            faults = _FAULTS.validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        self._deliveries.faults.add(*faults)
        return web.json_response({"added": len(faults)})

    async def _forget_faults(self, _: web.Request) -> web.Response:
        return web.json_response({"delivered": await self._deliveries.release()})

    async def _deliver_due(self, _: web.Request) -> web.Response:
        return web.json_response({"delivered": await self._deliveries.deliver_due()})

    async def _list_deliveries(self, _: web.Request) -> web.Response:
        return web.json_response([listed(one) for one in self._deliveries.all])


def _time(written: str | None, name: str) -> datetime | None:
    if written is None:
        return None
    # A query turns the plus of an offset into a space.
    text = written.replace(" ", "+")
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        pass
    raise invalid((name, "Must be a date and time such as 2013-03-06T11:00:00Z"))
