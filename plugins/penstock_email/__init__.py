"""Events as e-mail, by Amazon SES."""

from penstock.api import EventType, Permission, Register, Sink, hookimpl
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink

EVENTS = (
    EventType.payment_reversed,
    EventType.payment_on_hold,
    EventType.payment_contradicted,
    EventType.payment_parked,
    EventType.refund_failed,
    EventType.refund_parked,
    EventType.collection_failed,
    EventType.collection_parked,
    EventType.invoice_withheld,
    EventType.invoice_paid_twice,
    EventType.subscription_payment_failed,
    EventType.subscription_suspended,
    EventType.dispute_opened,
    EventType.dispute_updated,
    EventType.dispute_resolved,
)
"""What needs a person. SES is the dearest part of a bill: a letter costs 0.10 USD a thousand."""

FROM_US = {"ses:FromAddress": "{settings.sender}"}
"""Whatever identity is asked for, the letter must be the sender's."""


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink."""
    register(
        name="email",
        settings=EmailSettings,
        build=EmailSink,
        events=EVENTS,
        # SES asks for the address if that is what was verified, and else for its domain [aws]; in
        # its sandbox for each recipient's, too. As a sender those are none of ours.
        permissions=tuple(
            Permission("ses:SendEmail", f"ses:identity/{{settings.{whose}}}", FROM_US)
            for whose in ("sender", "sender.domain", "recipients", "recipients.domain")
        ),
    )
