"""Capturing an approved order: a v2 capture, or a refusal that the buyer may mend."""

from __future__ import annotations

import copy
from datetime import timedelta

from penstock_paypal.simulator import truth
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.books import Books, Document
from penstock_paypal.simulator.checkout.contract import Contract, Contracts, unit
from penstock_paypal.simulator.problems import Problem

CLEARS = timedelta(days=6)
"""How long a pending capture takes."""


class Captures:
    """Takes the money of orders."""

    def __init__(self, books: Books, contracts: Contracts, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._news = news

    def take(self, order: Document, contract: Contract) -> None:
        """
        Capture an approved order, as its next outcome says.

        Raises:
            Problem: 422, the buyer's means of payment was declined.
        """
        outcome, contract.outcome = contract.outcome, "pay"
        if outcome == "declined":
            # PayPal does not say which status the order has then: the buyer's approval stands.
            contract.retry = True
            raise Problem(422, "INSTRUMENT_DECLINED")
        status = {"pay": "COMPLETED", "refused": "DECLINED"}.get(outcome, "PENDING")
        capture = self._made(order, contract, status)
        self._books.captures[capture["id"]] = capture
        unit(order)["payments"] = {"captures": [{"id": capture["id"]}]}
        order["status"] = "COMPLETED"
        order["update_time"] = self._books.now()
        if status == "PENDING":
            self._contracts.settling[capture["id"]] = self._books.clock() + CLEARS
        if outcome == "denied":
            self._contracts.denied.add(capture["id"])
        self._news.write(f"PAYMENT.CAPTURE.{status}", capture, contract.base)

    def settle(self, identity: str) -> None:
        """A pending capture is completed or denied."""
        del self._contracts.settling[identity]
        capture = self._books.captures[identity]
        denied = identity in self._contracts.denied
        capture["status"] = "DECLINED" if denied else "COMPLETED"
        capture["update_time"] = self._books.now()
        capture.pop("status_details", None)
        truth.charge_fee(capture)
        self._news.write(f"PAYMENT.CAPTURE.{'DENIED' if denied else 'COMPLETED'}", capture, "")

    def _made(self, order: Document, contract: Contract, status: str) -> Document:
        identity, now, of = self._books.letters(17), self._books.now(), unit(order)
        href = f"{contract.base}/v2/payments/captures/{identity}"
        up = f"{contract.base}/v2/checkout/orders/{order['id']}"
        capture: Document = {
            "id": identity,
            "status": status,
            "amount": copy.deepcopy(
                {name: of["amount"][name] for name in ("currency_code", "value")}
            ),
            "final_capture": True,
            "seller_protection": {"status": "ELIGIBLE"},
            "supplementary_data": {"related_ids": {"order_id": order["id"]}},
            "create_time": now,
            "update_time": now,
            "links": [
                {"href": href, "rel": "self", "method": "GET"},
                {"href": f"{href}/refund", "rel": "refund", "method": "POST"},
                {"href": up, "rel": "up", "method": "GET"},
            ],
        }
        for name in ("custom_id", "invoice_id"):
            if name in of:
                capture[name] = of[name]
        if status == "PENDING":
            capture["status_details"] = {"reason": "ECHECK"}
        truth.charge_fee(capture)
        return capture
