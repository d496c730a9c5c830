"""Events as signed webhooks (Standard Webhooks 1.0.0) to an endpoint of your own."""

from penstock.api import Register, RegisterSimulator, Sink, hookimpl
from penstock_webhook.settings import WebhookSettings
from penstock_webhook.sink import WebhookSink


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink; it gets every event unless the setting `events` says otherwise."""
    register(
        name="webhook",
        settings=WebhookSettings,
        build=WebhookSink,
        secrets=("signing_secret",),
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer an endpoint that shows what it got."""
    register(name="webhook", build="penstock_webhook.simulator:build")
