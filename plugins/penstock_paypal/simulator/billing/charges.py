"""Taking a subscriber's payment: a v1 sale, or a failure that is tried again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from penstock_paypal import shapes
from penstock_paypal.simulator import templates, truth
from penstock_paypal.simulator.billing.contract import Contracts, Outcome
from penstock_paypal.simulator.billing.intervals import billed_on
from penstock_paypal.simulator.billing.news import News
from penstock_paypal.simulator.billing.pricing import (
    ZERO,
    currency,
    in_billing,
    in_sale,
    number,
)
from penstock_paypal.simulator.books import Books, Document, written

CLEARS = timedelta(days=6)
"""How long an e-check takes."""
HELD = timedelta(days=21)
"""How long PayPal holds a payment."""
_RETRY, _RETRIES = 5, 2
# Every five days, up to twice a cycle (PayPal's documentation, "payment failure retry").


class Charges:
    """Takes payments and keeps the account of what failed."""

    def __init__(self, books: Books, contracts: Contracts, news: News) -> None:
        self._books = books
        self._contracts = contracts
        self._news = news

    def bill(self, subscription: Document, due: Decimal) -> None:
        """Take what a cycle costs, and the outstanding balance with it if the plan says so."""
        contract = self._contracts.of(subscription)
        contract.forget_payment()
        contract.due, contract.due_at = due, self._books.clock()
        if due:
            self.attempt(subscription)

    def attempt(self, subscription: Document) -> None:
        """Try to take what is due; after the last try it goes to the outstanding balance."""
        contract = self._contracts.of(subscription)
        info = info_of(subscription)
        preferences = shapes.mapping(self._contracts.plan(subscription).get("payment_preferences"))
        owed = (
            outstanding(subscription) if preferences.get("auto_bill_outstanding", True) else ZERO
        )
        total = contract.due + owed
        taken, sale = self.take(subscription, total)
        if taken:
            if contract.attempts and contract.due_at:
                self._books.late[sale["id"]] = contract.due_at
            self._owe(subscription, -owed)
            contract.forget_payment()
            return
        contract.attempts += 1
        contract.retry_at = self._retry(subscription, contract.attempts, contract.ends_at)
        if contract.retry_at:
            info["last_failed_payment"]["next_payment_retry_time"] = written(contract.retry_at)
        else:
            self._owe(subscription, contract.due)
            contract.forget_payment()
            info["failed_payments_count"] = info.get("failed_payments_count", 0) + 1
        self.tell("BILLING.SUBSCRIPTION.PAYMENT.FAILED", subscription)

    def capture(self, subscription: Document, amount: Decimal) -> Document:
        """Take a part of the outstanding balance; the transaction."""
        taken, transaction = self.take(subscription, amount)
        if taken:
            self._owe(subscription, -amount)
        return transaction

    def take(self, subscription: Document, amount: Decimal) -> tuple[bool, Document]:
        """
        Take an amount, as the next outcome says.

        Returns:
            Whether it is taken or pending, and the transaction: a sale, or a refused payment.
        """
        contract = self._contracts.of(subscription)
        outcome = contract.outcomes.popleft() if contract.outcomes else "pay"
        code, now = currency(self._contracts.plan(subscription)), self._books.now()
        info = info_of(subscription)
        if outcome == "fail":
            shown = in_billing(amount, code)
            info["last_failed_payment"] = {
                "amount": shown,
                "time": now,
                "reason_code": "PAYMENT_DENIED",
            }
            refused = {
                "id": self._books.letters(17),
                "status": "DECLINED",
                "amount_with_breakdown": {"gross_amount": shown},
                "time": now,
            }
            contract.refused.append(refused)
            return False, refused
        sale = self._sale(subscription, amount, code, outcome)
        if sale["state"] == "completed":
            self._paid(subscription, sale)
        info["failed_payments_count"] = 0
        return True, sale

    def settle(self, identity: str) -> None:
        """What was pending clears or is denied; what was held is released."""
        del self._contracts.settling[identity]
        sale = self._books.sales.get(identity)
        if sale is None:
            return
        subscription = self._books.subscriptions.get(sale["billing_agreement_id"])
        sale["update_time"] = self._books.now()
        if identity in self._contracts.denied:
            sale["state"] = "denied"
            if subscription is not None:
                self._owe(subscription, number(sale["amount"]["total"]))
            self._tell_sale("PAYMENT.SALE.DENIED", sale)
            return
        if sale.get("payment_hold_status") == "HELD":
            sale["payment_hold_status"] = "RELEASED"
        elif sale["state"] == "pending":
            sale["state"] = "completed"
            sale.pop("reason_code", None)
            truth.charge_fee(sale)
            if subscription is not None:
                self._paid(subscription, sale)
        self._tell_sale("PAYMENT.SALE.COMPLETED", sale)

    def tell(self, event_type: str, subscription: Document, place: int | None = None) -> None:
        """Write down an event about the subscription."""
        self._news.write(event_type, subscription, self._contracts.of(subscription).base, place)

    def _sale(
        self, subscription: Document, amount: Decimal, code: str, outcome: Outcome
    ) -> Document:
        state = "pending" if outcome in ("pending", "denied") else "completed"
        base = self._contracts.of(subscription).base
        sale = templates.sale(self._books.now(), state)
        identity = sale["id"] = self._books.letters(17)
        href = f"{base}/v1/payments/sale/{identity}"
        sale |= {
            "amount": in_sale(amount, code),
            "protection_eligibility_type": (
                "ITEM_NOT_RECEIVED_ELIGIBLE,UNAUTHORIZED_PAYMENT_ELIGIBLE"
            ),
            "billing_agreement_id": subscription["id"],
            "links": [
                {"method": "GET", "rel": "self", "href": href},
                {"method": "POST", "rel": "refund", "href": f"{href}/refund"},
            ],
        }
        if custom := subscription.get("custom_id"):
            sale["custom"] = custom
        if outcome == "hold":
            sale["payment_hold_status"] = "HELD"
        truth.charge_fee(sale)
        self._books.sales[identity] = sale
        if outcome != "pay":
            wait = HELD if outcome == "hold" else CLEARS
            self._contracts.settling[identity] = self._books.clock() + wait
        if outcome == "denied":
            self._contracts.denied.add(identity)
        # A held payment is pending by its event and completed by its state (a real payload).
        settled = outcome == "pay"
        self._tell_sale(f"PAYMENT.SALE.{'COMPLETED' if settled else 'PENDING'}", sale)
        return sale

    def _tell_sale(self, event_type: str, sale: Document) -> None:
        subscription = self._books.subscriptions.get(sale["billing_agreement_id"])
        base = self._contracts.of(subscription).base if subscription is not None else ""
        self._news.write(event_type, sale, base)

    def _paid(self, subscription: Document, sale: Document) -> None:
        amount = sale["amount"]
        info_of(subscription)["last_payment"] = {
            "amount": in_billing(number(amount["total"]), amount["currency"]),
            "time": self._books.now(),
        }

    def _owe(self, subscription: Document, more: Decimal) -> None:
        code = currency(self._contracts.plan(subscription))
        owed = max(ZERO, outstanding(subscription) + more)
        info_of(subscription)["outstanding_balance"] = in_billing(owed, code)

    def _retry(self, subscription: Document, attempts: int, ends_at: Any) -> Any:
        """When to try again: not after the cycle, whose successor bills for itself."""
        over = shapes.moment(subscription, "billing_info", "next_billing_time") or ends_at
        again = billed_on(self._books.clock().date() + timedelta(days=_RETRY))
        return again if attempts <= _RETRIES and (over is None or again < over) else None


def info_of(subscription: Document) -> Document:
    """Its billing information, to be changed in place."""
    info: Document = subscription.setdefault("billing_info", {})
    return info


def outstanding(subscription: Document) -> Decimal:
    """What the subscriber owes."""
    return number(shapes.at(subscription, "billing_info", "outstanding_balance", "value"))
