"""The page on which a buyer approves an order."""

from __future__ import annotations

from typing import Literal, get_args

from aiohttp import web

from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.buyer.answer import away, decided, html, invalid, with_query
from penstock_paypal.simulator.checkout import page
from penstock_paypal.simulator.checkout.contract import Contract, Contracts
from penstock_paypal.simulator.checkout.orders import APPROVAL
from penstock_paypal.simulator.problems import Problem

How = Literal["pay", "pending", "denied", "refused", "declined", "late"]
"""How the capture goes; or it is paid, and the webhooks come after the buyer's return."""
_HOWS: dict[str, How] = {one: one for one in get_args(How)}
_WAITING = ("CREATED", "PAYER_ACTION_REQUIRED")


class Approval:
    """Shows the page, and does what the buyer chose."""

    def __init__(self, books: Books, contracts: Contracts, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._news = news

    def add_to(self, app: web.Application) -> None:
        """Serve it."""
        app.router.add_get(APPROVAL, self._page)
        app.router.add_post(APPROVAL, self._chosen)

    async def approve(self, order: Document, how: How) -> None:
        """
        The buyer approves; the webhook is sent before this returns, unless it is late.

        Raises:
            Problem: it cannot be approved any more.
        """
        contract = self._contracts.of(order)
        if contract is None or not self._open(order, contract):
            raise Problem(422, "ORDER_CANNOT_BE_APPROVED")
        contract.approved, contract.retry = self._books.clock(), False
        contract.outcome = "pay" if how == "late" else how
        buyer = self._books.buyer()
        order |= {
            "status": "APPROVED",
            "update_time": self._books.now(),
            "payer": buyer,
            "payment_source": {
                "paypal": {
                    "email_address": buyer["email_address"],
                    "account_id": buyer["payer_id"],
                    "account_status": "VERIFIED",
                    "name": buyer["name"],
                }
            },
        }
        self._news.write("CHECKOUT.ORDER.APPROVED", order, contract.base)
        if how == "late":
            self._news.send_late()
        else:
            await self._news.send()

    async def _page(self, request: web.Request) -> web.Response:
        known = self._contracts.approvable(request.query.get("token", ""))
        if known is None or self._contracts.gone(known[0]):
            return invalid()
        order, contract = known
        if not self._open(order, contract):
            return decided(_returning(contract, "return_url", order))
        brand = str(contract.context.get("brand_name") or "The shop")
        return html(page.approval(brand, order, again=contract.retry))

    async def _chosen(self, request: web.Request) -> web.Response:
        form = await request.post()
        known = self._contracts.approvable(str(form.get("token", "")))
        if known is None or self._contracts.gone(known[0]):
            return invalid()
        order, contract = known
        if form.get("action") == "cancel":
            return away(_returning(contract, "cancel_url", order))
        # A second click finds it done, and follows the first one back.
        if self._open(order, contract):
            await self.approve(order, _HOWS.get(str(form.get("how")), "pay"))
        return away(_returning(contract, "return_url", order))

    def _open(self, order: Document, contract: Contract) -> bool:
        """Whether there is something to approve."""
        if self._contracts.gone(order):
            return False
        return order["status"] in _WAITING or (order["status"] == "APPROVED" and contract.retry)


def _returning(contract: Contract, name: str, order: Document) -> str | None:
    """The way back to the shop; None if it gave no address."""
    payer = str(order.get("payer", {}).get("payer_id", ""))
    added = {"token": str(order["id"]), **({"PayerID": payer} if payer else {})}
    return with_query(contract.context.get(name), added)
