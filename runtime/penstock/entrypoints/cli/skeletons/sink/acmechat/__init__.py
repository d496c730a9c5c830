"""AcmeChat as a sink of Penstock."""

from acmechat.sink import SECRET, AcmeChat, AcmeChatSettings
from penstock.api import Register, RegisterSimulator, Sink, hookimpl


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink."""
    register(name="acmechat", settings=AcmeChatSettings, build=AcmeChat, secrets=(SECRET,))


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="acmechat", build="acmechat.simulator:build")
