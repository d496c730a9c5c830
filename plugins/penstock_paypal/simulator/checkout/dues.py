"""What falls due of orders as PayPal's clock moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.renewals import Due, soonest
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.checkout.captures import Captures
from penstock_paypal.simulator.checkout.contract import Contracts


class Dues:
    """Finds what is due in the books: captures that clear, approved orders nobody captured."""

    def __init__(self, books: Books, contracts: Contracts, captures: Captures, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._captures = captures
        self._news = news

    def first(self, until: datetime) -> Due | None:
        """The first thing that is due by then."""
        return soonest(self._all(), until)

    def _all(self) -> Iterator[Due]:
        for identity, at in self._contracts.settling.items():
            yield Due(at, 0, identity, lambda identity=identity: self._captures.settle(identity))
        for order, contract in self._contracts.all():
            if contract.approved is not None and order["status"] == "APPROVED":
                yield Due(contract.ends, 1, order["id"], lambda order=order: self._void(order))

    def _void(self, order: Document) -> None:
        """PayPal takes the buyer's approval back that nobody captured in time."""
        order["status"] = "VOIDED"
        order["update_time"] = self._books.now()
        told = {"order_id": order["id"], "purchase_units": order["purchase_units"]}
        self._news.write("CHECKOUT.PAYMENT-APPROVAL.REVERSED", told, "")
