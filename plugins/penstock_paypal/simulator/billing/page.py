"""What the approval page says."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from html import escape
from importlib.resources import files
from string import Template

from penstock_paypal import shapes
from penstock_paypal.simulator.billing.contract import cycles
from penstock_paypal.simulator.billing.pricing import currency, in_sale, price, setup_fee
from penstock_paypal.simulator.books import Document

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
    choices = "" if revising else fieldset(_CHOICES)
    return _template("approval.html").substitute(
        style=style(),
        title=escape("Agree to the change" if revising else "Subscribe"),
        brand=escape(brand),
        plan=escape(str(plan.get("name") or "")),
        description=escape(str(plan.get("description") or "")),
        terms="".join(f"<li>{escape(one)}</li>" for one in terms(plan, bought)),
        choices=choices,
        token=escape(token, quote=True),
        agree="Agree to the change"
        if revising
        else ("Agree and continue" if later else "Subscribe"),
    )


def message(title: str, text: str, link: str | None = None) -> str:
    """A page that says one thing, with a way back if there is one."""
    back = f'<p><a href="{escape(link, quote=True)}">Back to the shop</a></p>' if link else ""
    return _template("message.html").substitute(
        style=style(), title=escape(title), text=escape(text), back=back
    )


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


def fieldset(choices: Iterable[tuple[str, str, str]]) -> str:
    """How a person lets it go: value, label and what happens; the first `pay` is chosen."""
    rows = "".join(
        f'<label><input type="radio" name="how" value="{value}"'
        f"{' checked' if value == 'pay' else ''}>"
        f"<span><strong>{label}</strong> <small>{text}</small></span></label>"
        for value, label, text in choices
    )
    return f"<fieldset><legend>How should it go?</legend>{rows}</fieldset>"


def _template(name: str) -> Template:
    return Template(_file(name))


def style() -> str:
    """The style of the simulated PayPal's pages."""
    return _file("style.css")


def _file(name: str) -> str:
    return files(__name__.rpartition(".")[0]).joinpath("templates", name).read_text("utf-8")
