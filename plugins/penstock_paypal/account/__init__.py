"""What commands do at a PayPal account; the functions carry none of it."""

from penstock_paypal.account.account import PayPalAccount

__all__ = ["PayPalAccount"]
