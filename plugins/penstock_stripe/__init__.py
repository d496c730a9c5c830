"""The gateway Stripe; written from its public documentation and never run against Stripe."""

from penstock.api import Gateway, Register, RegisterSimulator, hookimpl
from penstock_stripe.client import KEY
from penstock_stripe.gateway import Stripe
from penstock_stripe.money import WHOLE
from penstock_stripe.settings import StripeSettings
from penstock_stripe.webhooks import DOOR, SECRET


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    """Offer the gateway."""
    register(
        name="stripe",
        settings=StripeSettings,
        build=Stripe,
        secrets=(KEY, SECRET),
        webhook_secrets=(SECRET,),
        door=DOOR,
        whole_currencies=WHOLE,
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="stripe", build="penstock_stripe.simulator:build")
