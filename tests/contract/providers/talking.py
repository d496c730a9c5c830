"""One call of each plugin to its simulator, and ways to change what is said on either side."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from aiohttp.typedefs import Handler

from penstock.api import (
    Attempt,
    ChargeRequest,
    Http,
    Money,
    Order,
    Payer,
    Response,
    Simulated,
    Simulator,
)
from penstock.testing.builders import charge_request, checkout_request, event
from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, context
from penstock_example import simulator as example
from penstock_example.gateway import ExampleGateway
from penstock_example.settings import ExampleSettings
from penstock_paypal import simulator as paypal
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from penstock_slack import simulator as slack
from penstock_slack.sink import SlackSettings, SlackSink
from penstock_stripe import simulator as stripe
from penstock_stripe.gateway import Stripe
from penstock_stripe.settings import StripeSettings

Talk = Callable[[Simulated, Http], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Call:
    """A request on its way out."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(repr=False)

    def says(self, **fields: Any) -> Call:
        """The same with other fields in its JSON body; those that are None are left out."""
        told = {**json.loads(self.body or b"{}"), **fields}
        kept = {name: value for name, value in told.items() if name not in _gone(fields)}
        return replace(self, body=json.dumps(kept).encode())

    def writes(self, **fields: str | None) -> Call:
        """The same with other fields in its form; those that are None are left out."""
        told = {**dict(parse_qsl((self.body or b"").decode())), **fields}
        kept = {name: value for name, value in told.items() if value is not None}
        return replace(self, body=urlencode(kept).encode())


class Altering:
    """The way out of a plugin whose POSTs differ from what it meant."""

    def __init__(self, http: Http, alter: Callable[[Call], Call]) -> None:
        self._http, self._alter = http, alter

    async def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        **rest: Any,
    ) -> Response:
        """Send something else."""
        call = Call(method, url, headers or {}, body)
        if method == "POST" and not url.endswith("/oauth2/token"):
            call = self._alter(call)
        return await self._http.request(
            call.method, call.url, headers=call.headers, body=call.body, **rest
        )


def answering(simulator: Simulator, **fields: Any) -> Simulator:
    """Have a simulator's JSON answers to POSTs differ; fields that are None are left out."""

    @web.middleware
    async def alter(request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.method != "POST" or request.path.endswith("/oauth2/token"):
            return answer
        if not isinstance(answer, web.Response) or not isinstance(answer.body, bytes):
            return answer
        told = {**json.loads(answer.body), **fields}
        kept = {name: value for name, value in told.items() if name not in _gone(fields)}
        return web.json_response(kept, status=answer.status)

    # Just inside of what watches and misbehaves: the simulator itself says so.
    simulator.app.middlewares.insert(1, alter)
    return simulator


def _gone(fields: Mapping[str, Any]) -> set[str]:
    return {name for name, value in fields.items() if value is None}


async def charge(told: Simulated, http: Http) -> object:
    """A charge at the Example gateway."""
    settings = ExampleSettings.model_validate(told.settings)
    return await ExampleGateway(context(settings, http=http)).charge(charge_request("op-1"))


async def open_order(told: Simulated, http: Http) -> object:
    """A checkout at PayPal."""
    made = context(
        PayPalSettings.model_validate(told.settings),
        secrets=FixedSecrets(told.secret),
        clock=FrozenClock(),
        http=http,
        profile=told.profile,
    )
    return await PayPal(made).open_checkout(checkout_request("op-1"))


async def post_message(told: Simulated, http: Http) -> object:
    """A message at Slack."""
    made = context(
        SlackSettings(), secrets=FixedSecrets(told.secret), http=http, profile=told.profile
    )
    return await SlackSink(made).deliver(event(), Attempt(1))


async def charge_at_stripe(told: Simulated, http: Http) -> object:
    """A charge at Stripe."""
    made = context(
        StripeSettings.model_validate(told.settings), secrets=FixedSecrets(told.secret), http=http
    )
    payer, method = Payer("cus_ada"), {"payment_method": "pm_card_visa"}
    order = Order(Money(1250, "USD"), payer=payer, metadata=method)
    return await Stripe(made).charge(ChargeRequest("op-1", "pay-1", order))


BUILDS: Mapping[str, Callable[[Path], Simulator]] = {
    "example": example.build,
    "paypal": paypal.build,
    "slack": slack.build,
    "stripe": stripe.build,
}
TALKS: Mapping[str, Talk] = {
    "example": charge,
    "paypal": open_order,
    "slack": post_message,
    "stripe": charge_at_stripe,
}
