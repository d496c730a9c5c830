"""AcmePay as a gateway of Penstock."""

from acmepay.gateway import SECRET, SIGNATURE, AcmePay, AcmePaySettings
from penstock.api import Door, Gateway, Register, RegisterSimulator, hookimpl


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    """Offer the gateway."""
    register(
        name="acmepay",
        settings=AcmePaySettings,
        build=AcmePay,
        secrets=(SECRET,),
        webhook_secrets=(SECRET,),
        door=Door({SIGNATURE: "[0-9a-f]{64}"}),
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="acmepay", build="acmepay.simulator:build")
