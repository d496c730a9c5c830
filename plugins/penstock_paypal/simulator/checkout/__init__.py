"""
Orders (v2): a buyer approves one payment on PayPal's page, and the merchant captures it.

An order lives as PayPal's documentation says: three hours for the buyer's approval and for the
capture. `steering` lists what a test decides; the page lets a person decide the same.
"""

from __future__ import annotations

from aiohttp import web

from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.checkout.approval import Approval
from penstock_paypal.simulator.checkout.captures import Captures
from penstock_paypal.simulator.checkout.contract import Contracts
from penstock_paypal.simulator.checkout.dues import Dues
from penstock_paypal.simulator.checkout.orders import Orders
from penstock_paypal.simulator.checkout.steering import Steering

__all__ = ["Checkout"]


class Checkout:
    """
    The parts of orders, joined.

    Attributes:
        dues: what falls due as PayPal's clock moves.
    """

    def __init__(self, books: Books, news: News) -> None:
        contracts = Contracts(books)
        captures = Captures(books, contracts, news)
        approval = Approval(books, contracts, news)
        self.dues = Dues(books, contracts, captures, news)
        self._parts = (
            Orders(books, contracts, captures, news),
            approval,
            Steering(books, approval),
        )

    def add_to(self, app: web.Application) -> None:
        """Serve them."""
        for part in self._parts:
            part.add_to(app)
