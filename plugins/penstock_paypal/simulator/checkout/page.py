"""What the approval page of an order says."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from string import Template

from penstock_paypal.simulator.books import Document
from penstock_paypal.simulator.buyer.page import choices, framed
from penstock_paypal.simulator.checkout.contract import unit

_CHOICES = (
    ("pay", "Paid", "The payment arrives at once."),
    ("pending", "Pending", "An e-check: the money arrives six days later."),
    ("denied", "Pending, then denied", "An e-check that bounces six days later."),
    ("declined", "Card declined", "You may choose another means of payment."),
    ("refused", "Declined for good", "PayPal takes the payment and declines it."),
    ("late", "Paid, webhook late", "You return before the shop hears of the approval."),
)


def approval(brand: str, order: Document, *, again: bool) -> str:
    """The page, filled in; `again` if the means of payment was declined before."""
    of = unit(order)
    template = files(__name__.rpartition(".")[0]).joinpath("templates", "approval.html")
    title = "Choose another means of payment" if again else "Pay"
    content = Template(template.read_text("utf-8")).substitute(
        title=title,
        brand=escape(brand),
        what=escape(str(of.get("description") or "Your order")),
        amount=escape(f"{of['amount']['value']} {of['amount']['currency_code']}"),
        choices=choices(_CHOICES),
        token=escape(str(order["id"]), quote=True),
    )
    return framed(content, title, brand)
