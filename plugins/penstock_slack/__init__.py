"""Events as messages in a Slack channel, by an incoming webhook."""

from penstock.api import EventType, Register, RegisterSimulator, Sink, hookimpl
from penstock_slack.sink import SlackSettings, SlackSink

EVENTS = (
    EventType.payment_succeeded,
    EventType.payment_declined,
    EventType.payment_pending,
    EventType.payment_refunded,
    EventType.payment_reversed,
    EventType.payment_restored,
    EventType.payment_on_hold,
    EventType.payment_released,
    EventType.payment_contradicted,
    EventType.payment_parked,
    EventType.refund_failed,
    EventType.refund_parked,
    EventType.collection_failed,
    EventType.collection_parked,
    EventType.invoice_withheld,
    EventType.invoice_paid_twice,
    EventType.subscription_activated,
    EventType.subscription_payment_failed,
    EventType.subscription_suspended,
    EventType.subscription_cancelled,
    EventType.subscription_access_ended,
    EventType.subscription_access_restored,
    EventType.dispute_opened,
    EventType.dispute_updated,
    EventType.dispute_resolved,
)
"""What people follow. Left out: `invoice.paid`, which follows each success, and the rest."""


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink."""
    register(
        name="slack",
        settings=SlackSettings,
        build=SlackSink,
        secrets=("webhook_url",),
        events=EVENTS,
    )


@hookimpl
def penstock_register_simulators(register: RegisterSimulator) -> None:
    """Offer its stand-in."""
    register(name="slack", build="penstock_slack.simulator:build")
