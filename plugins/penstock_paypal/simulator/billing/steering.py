"""
What a test, or a person, decides about subscriptions, below `/_simulator/`.

* `POST /_simulator/subscriptions/{id}/payments`: `{"next": "fail", "times": 3}`, how its next
  payments go (`contract.Outcome`): pay, pending, denied, hold, fail. `times` is 1 when left out.
* `POST /_simulator/subscriptions/{id}/approve`: the buyer approves, as on the page.
* `POST /_simulator/subscriptions/{id}/cancel`: the buyer cancels at PayPal.
* `POST /_simulator/subscriptions/late`: send now the webhooks that are late.
"""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from penstock_paypal.simulator.billing.approval import Approval, How
from penstock_paypal.simulator.billing.contract import Contracts, Outcome
from penstock_paypal.simulator.billing.lifecycle import Lifecycle
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.control import refused
from penstock_paypal.simulator.payments import found

_ONE = "/_simulator/subscriptions/{id}"


class _Payments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    next: Outcome
    times: int = Field(1, ge=1, le=1000)


class _Approved(BaseModel):
    model_config = ConfigDict(extra="forbid")

    how: How = "pay"


class Steering:
    """The routes by which a test plays the buyer and the bank."""

    def __init__(
        self,
        books: Books,
        contracts: Contracts,
        lifecycle: Lifecycle,
        approval: Approval,
        news: News,
    ) -> None:
        self._books = books
        self._contracts = contracts
        self._lifecycle = lifecycle
        self._approval = approval
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        app.router.add_post("/_simulator/subscriptions/late", self._release)
        app.router.add_post(f"{_ONE}/payments", self._decide)
        app.router.add_post(f"{_ONE}/approve", self._approve)
        app.router.add_post(f"{_ONE}/cancel", self._cancel)

    async def _decide(self, request: web.Request) -> web.Response:
        subscription = found(self._books.subscriptions, request)
        try:
            told = _Payments.model_validate_json(await request.read())
        except ValidationError as exc:
            return refused(exc)
        outcomes = self._contracts.of(subscription).outcomes
        outcomes.clear()
        outcomes.extend(told.next for _ in range(told.times))
        return web.json_response({"next": list(outcomes)})

    async def _approve(self, request: web.Request) -> web.Response:
        subscription = found(self._books.subscriptions, request)
        try:
            told = _Approved.model_validate_json(await request.read() or b"{}")
        except ValidationError as exc:
            return refused(exc)
        await self._approval.approve(subscription, told.how)
        return web.json_response(subscription)

    async def _cancel(self, request: web.Request) -> web.Response:
        subscription = found(self._books.subscriptions, request)
        self._lifecycle.cancel(subscription, "Cancelled by the buyer", "SUBSCRIBER")
        await self._news.send()
        return web.json_response(subscription)

    async def _release(self, _: web.Request) -> web.Response:
        return web.json_response({"released": await self._news.release()})
