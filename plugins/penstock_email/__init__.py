"""Events as e-mail, by Amazon SES."""

from penstock.api import Permission, Register, Sink, hookimpl
from penstock_email.settings import EmailSettings
from penstock_email.sink import EmailSink


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    """Offer the sink."""
    register(
        name="email",
        settings=EmailSettings,
        build=EmailSink,
        # SES asks for the address if that is what was verified, and else for its domain [aws].
        permissions=(
            Permission("ses:SendEmail", "ses:identity/{settings.sender}"),
            Permission("ses:SendEmail", "ses:identity/{settings.sender.domain}"),
        ),
    )
