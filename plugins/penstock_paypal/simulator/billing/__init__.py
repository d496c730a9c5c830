"""
Products, plans and subscriptions: their API, the buyer's approval page, and their clock.

A subscription lives as PayPal's documentation says: approved on the page, billed as PayPal's clock
moves (`PUT /_simulator/clock`), retried, suspended, cancelled or expired. Each step sends its
webhooks to the registered addresses. `steering` lists what a test decides.
"""

from __future__ import annotations

from aiohttp import web

from penstock_paypal.simulator.billing.approval import Approval
from penstock_paypal.simulator.billing.charges import Charges
from penstock_paypal.simulator.billing.clock import Clock, Schedule
from penstock_paypal.simulator.billing.contract import Contracts
from penstock_paypal.simulator.billing.lifecycle import Lifecycle
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.plans import Plans
from penstock_paypal.simulator.billing.products import Products
from penstock_paypal.simulator.billing.renewals import Renewals
from penstock_paypal.simulator.billing.steering import Steering
from penstock_paypal.simulator.billing.subscriptions import Subscriptions
from penstock_paypal.simulator.books import Books

__all__ = ["Billing"]


class Billing:
    """
    The parts of billing, joined.

    Args:
        others: what else falls due as the clock moves.

    Attributes:
        clock: moves PayPal's time.
    """

    def __init__(self, books: Books, news: News, *others: Schedule) -> None:
        self._news = news
        contracts = Contracts(books)
        charges = Charges(books, contracts, news)
        lifecycle = Lifecycle(books, contracts, charges, news)
        approval = Approval(books, contracts, lifecycle, news)
        self.clock = Clock(books, (Renewals(books, contracts, charges, lifecycle), *others), news)
        self._parts = (
            Products(books, news),
            Plans(books, news),
            Subscriptions(books, contracts, charges, lifecycle, news),
            approval,
            Steering(books, contracts, lifecycle, approval, news),
        )

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        for part in self._parts:
            part.add_to(app)
        app.on_cleanup.append(self._close)

    async def _close(self, _: web.Application) -> None:
        await self._news.close()
