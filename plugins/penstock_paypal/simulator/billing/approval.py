"""The page on which a buyer approves a subscription, or a change of it."""

from __future__ import annotations

from typing import Literal, get_args
from urllib.parse import urlencode, urlsplit, urlunsplit

from aiohttp import web

from penstock_paypal.simulator.billing import page
from penstock_paypal.simulator.billing.contract import Contract, Contracts, overridden
from penstock_paypal.simulator.billing.lifecycle import Lifecycle
from penstock_paypal.simulator.billing.links import APPROVAL
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books, Document

How = Literal["pay", "pending", "denied", "hold", "fail", "late"]
"""How the first payment goes; or it is paid, and the webhooks come after the buyer's return."""
_HOWS: dict[str, How] = {one: one for one in get_args(How)}
_HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would apply it to the redirect to the merchant, too.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
}


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
            return _html(page.message("This link is not valid", "Go back to the shop."), 404)
        contract = self._contracts.of(subscription)
        if not _open(subscription, contract):
            back = _returning(contract, "return_url", subscription)
            return _html(page.message("You have already decided", "Nothing is left to do.", back))
        return _html(self._filled(subscription, contract))

    async def _chosen(self, request: web.Request) -> web.Response:
        form = await request.post()
        subscription = self._contracts.approvable(str(form.get("ba_token", "")))
        if subscription is None:
            return _html(page.message("This link is not valid", "Go back to the shop."), 404)
        contract = self._contracts.of(subscription)
        if form.get("action") == "cancel":
            return _away(_returning(contract, "cancel_url", subscription))
        # A second click finds it done, and follows the first one back.
        if _open(subscription, contract):
            how = _HOWS.get(str(form.get("how")), "pay")
            await self.approve(subscription, how)
        return _away(_returning(contract, "return_url", subscription))

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
    """The merchant's address with what PayPal adds to its query; None if it gave none."""
    target = contract.context.get(name)
    if not target:
        return None
    parts = urlsplit(str(target))
    added = urlencode(
        {
            "subscription_id": subscription["id"],
            "ba_token": contract.token,
            "token": contract.token.removeprefix("BA-"),
        }
    )
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}" if parts.query else added))


def _away(target: str | None) -> web.Response:
    if target is None:
        return _html(page.message("Thank you", "You may close this window."))
    # As it is: aiohttp would write the merchant's own address anew.
    return web.Response(status=303, headers={**_HEADERS, "Location": target})


def _html(text: str, status: int = 200) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=_HEADERS)
