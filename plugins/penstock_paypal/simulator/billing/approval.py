"""The page on which a buyer approves a subscription, or a change of it."""

from __future__ import annotations

from typing import Literal, get_args

from aiohttp import web

from penstock_paypal.simulator.billing import page
from penstock_paypal.simulator.billing.contract import Contract, Contracts, overridden
from penstock_paypal.simulator.billing.lifecycle import Lifecycle
from penstock_paypal.simulator.billing.links import APPROVAL
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.buyer.answer import away, decided, html, invalid, with_query

How = Literal["pay", "pending", "denied", "hold", "fail", "late"]
"""How the first payment goes; or it is paid, and the webhooks come after the buyer's return."""
_HOWS: dict[str, How] = {one: one for one in get_args(How)}


class Approval:
    """Shows the page, and does what the buyer chose."""

    def __init__(
        self, books: Books, contracts: Contracts, lifecycle: Lifecycle, news: News
    ) -> None:
        self._books = books
        self._contracts = contracts
        self._lifecycle = lifecycle
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve it."""
        app.router.add_get(APPROVAL, self._page)
        app.router.add_post(APPROVAL, self._chosen)

    async def approve(self, subscription: Document, how: How) -> None:
        """
        The buyer approves; the webhooks are sent before this returns, unless they are late.

        Raises:
            Problem: it cannot be approved in its status.
        """
        if subscription["status"] == "APPROVAL_PENDING" and how not in ("pay", "late"):
            self._contracts.of(subscription).outcomes.append(how)
        self._lifecycle.approve(subscription)
        if how == "late":
            self._news.send_late()
        else:
            await self._news.send()

    async def _page(self, request: web.Request) -> web.Response:
        subscription = self._contracts.approvable(request.query.get("ba_token", ""))
        if subscription is None:
            return invalid()
        contract = self._contracts.of(subscription)
        if not _open(subscription, contract):
            return decided(_returning(contract, "return_url", subscription))
        return html(self._filled(subscription, contract))

    async def _chosen(self, request: web.Request) -> web.Response:
        form = await request.post()
        subscription = self._contracts.approvable(str(form.get("ba_token", "")))
        if subscription is None:
            return invalid()
        contract = self._contracts.of(subscription)
        if form.get("action") == "cancel":
            return away(_returning(contract, "cancel_url", subscription))
        # A second click finds it done, and follows the first one back.
        if _open(subscription, contract):
            how = _HOWS.get(str(form.get("how")), "pay")
            await self.approve(subscription, how)
        return away(_returning(contract, "return_url", subscription))

    def _filled(self, subscription: Document, contract: Contract) -> str:
        bought, plan = subscription, self._contracts.plan(subscription)
        if contract.revision is not None:
            bought = {**subscription, **contract.revision}
            plan = overridden(
                self._books.plans[bought["plan_id"]], contract.revision.get("plan", {})
            )
        brand = str(contract.context.get("brand_name") or "The shop")
        return page.approval(
            brand=brand,
            plan=plan,
            bought=bought,
            token=contract.token,
            revising=contract.revision is not None,
            later=contract.context.get("user_action") == "CONTINUE",
        )


def _open(subscription: Document, contract: Contract) -> bool:
    """Whether there is something to approve."""
    revisable = contract.revision is not None and subscription["status"] in ("ACTIVE", "SUSPENDED")
    return revisable or subscription["status"] == "APPROVAL_PENDING"


def _returning(contract: Contract, name: str, subscription: Document) -> str | None:
    """The way back to the shop; None if it gave no address."""
    added = {
        "subscription_id": str(subscription["id"]),
        "ba_token": contract.token,
        "token": contract.token.removeprefix("BA-"),
    }
    return with_query(contract.context.get(name), added)
