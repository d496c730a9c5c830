"""PayPal as a plugin: its webhooks, its sales and its invoices."""

from __future__ import annotations

from penstock.api import Gateway, Register, RegisterAccount, RegisterSimulator, hookimpl


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    """Register PayPal."""
    # Imported here: listing the hooks must not load cryptography.
    from penstock_paypal.gateway import PayPal
    from penstock_paypal.settings import PayPalSettings
    from penstock_paypal.shapes import WITHOUT_DECIMALS
    from penstock_paypal.webhooks.door import DOOR

    register(
        name="paypal",
        settings=PayPalSettings,
        build=PayPal,
        secrets=("client_id", "client_secret", "webhook_id"),
        webhook_secrets=("webhook_id",),
        door=DOOR,
        whole_currencies=tuple(sorted(WITHOUT_DECIMALS)),
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Register the stand-in for PayPal."""
    register(name="paypal", build="penstock_paypal.simulator:build")


@hookimpl
def penstock_register_accounts(register: RegisterAccount) -> None:
    """Register what commands do at a PayPal account."""
    register(name="paypal", build="penstock_paypal.account:PayPalAccount")
