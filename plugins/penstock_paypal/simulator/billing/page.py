"""What the approval page says."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from importlib.resources import files
from string import Template

from penstock_paypal import shapes
from penstock_paypal.simulator.billing.contract import cycles
from penstock_paypal.simulator.billing.pricing import currency, in_sale, price, setup_fee
from penstock_paypal.simulator.books import Document
from penstock_paypal.simulator.buyer.page import choices, framed

_UNITS = {"DAY": "day", "WEEK": "week", "MONTH": "month", "YEAR": "year"}
_CHOICES = (
    ("pay", "Paid", "The payment arrives at once."),
    ("pending", "Pending", "An e-check: the money arrives six days later."),
    ("denied", "Pending, then denied", "An e-check that bounces six days later."),
    ("hold", "On hold", "Paid, but PayPal holds the money for 21 days."),
    ("fail", "Declined", "The first payment fails and is tried again in five days."),
    ("late", "Paid, webhook late", "You return before the shop hears of the payment."),
)


def approval(
    *,
    brand: str,
    plan: Document,
    bought: Document,
    token: str,
    revising: bool,
    later: bool,
) -> str:
    """The page, filled in; `later` if the merchant activates the subscription."""
    title = "Agree to the change" if revising else "Subscribe"
    content = Template(_file("approval.html")).substitute(
        title=title,
        brand=escape(brand),
        plan=escape(str(plan.get("name") or "")),
        description=escape(str(plan.get("description") or "")),
        terms="".join(f"<li>{escape(one)}</li>" for one in terms(plan, bought)),
        choices="" if revising else choices(_CHOICES),
        token=escape(token, quote=True),
        agree="Agree and continue" if later and not revising else title,
    )
    return framed(content, title, brand)


def terms(plan: Document, bought: Document) -> list[str]:
    """What is paid and when, one line for each kind of cycle."""
    code, said = currency(plan), list[str]()
    if fee := setup_fee(plan):
        said.append(f"Once, now: {_amount(fee, code)}")
    for cycle in cycles(plan):
        amount, total = price(plan, cycle, bought), int(cycle.get("total_cycles", 1))
        every, trial = _interval(cycle), cycle.get("tenure_type") == "TRIAL"
        if trial and not amount:
            said.append(f"Free trial: {_length(cycle, total)}")
        else:
            times = "" if not total else f", {total} time{'s' if total > 1 else ''}"
            said.append(f"{'Trial: ' if trial else ''}{_amount(amount, code)} {every}{times}")
    return said


def _length(cycle: Document, total: int) -> str:
    count = int(shapes.at(cycle, "frequency", "interval_count") or 1) * total
    unit = _UNITS[str(shapes.at(cycle, "frequency", "interval_unit"))]
    return f"{count} {unit}{'s' if count > 1 else ''}"


def _interval(cycle: Document) -> str:
    count = int(shapes.at(cycle, "frequency", "interval_count") or 1)
    unit = _UNITS[str(shapes.at(cycle, "frequency", "interval_unit"))]
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _amount(value: Decimal, code: str) -> str:
    return f"{in_sale(value, code)['total']} {code}"


def _file(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("templates", name).read_text("utf-8")
