"""The Example gateway: charges, subscriptions, checkouts; it shows what a gateway needs."""

from penstock.api import Gateway, Register, RegisterSimulator, hookimpl
from penstock_example.gateway import ExampleGateway
from penstock_example.notifying import DOOR, SECRET
from penstock_example.settings import ExampleSettings


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    """Offer the gateway."""
    register(
        name="example",
        settings=ExampleSettings,
        build=ExampleGateway,
        secrets=(SECRET,),
        webhook_secrets=(SECRET,),
        door=DOOR,
        mock="penstock_example.mock.handler",
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="example", build="penstock_example.simulator:build")
