"""
Sending by SES v2, and what its errors mean (docs.aws.amazon.com/ses, SendEmail).

SES keeps no idempotency keys and sends no Retry-After: a lost answer may send a mail twice, and
how long "later" is follows from the kind of error.
"""

from __future__ import annotations

from typing import Any

from penstock.api import (
    Attempt,
    AwsError,
    Context,
    Delivered,
    Delivering,
    Event,
    GatewayUnavailable,
    Refused,
    RetryAfter,
)
from penstock_email.letter import Letters
from penstock_email.reach import unreachable
from penstock_email.settings import EmailSettings

_PERMANENT = frozenset(
    {
        "BadRequestException",
        "MessageRejected",
        "NotFoundException",
        "ParamValidation",
    }
)
# What may be repeated at once: 408 and 425 (RFC 9110, 15.5.9; RFC 8470, 5.2) under AWS's names.
_AGAIN = frozenset({"RequestTimeout", "RequestTimeoutException"})
_AGAIN_STATUS = frozenset({408, 425})
_THROTTLED = frozenset({"ThrottlingException", "Throttling", "TooManyRequestsException"})
_UNVERIFIED = "not verified"
"""Of the sender, or in the sandbox of a recipient. People verify it, and no letter is wrong."""
_LONG = 3600.0
"""
Seconds: a daily quota, a suspended account, a missing permission and an address that nobody has
verified yet do not pass in minutes.
"""


class EmailSink:
    """One message for each event, to all recipients at once."""

    name = "email"

    def __init__(self, context: Context[EmailSettings]) -> None:
        self.name = context.name or type(self).name
        self._context = context
        self._letters = Letters()

    def accepts(self, event: Event) -> bool:
        """Every event of a selected type; the stage has looked at that."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Send the event."""
        try:
            await self._context.aws.call("sesv2", "send_email", **self._arguments(event))
        except AwsError as exc:
            return _read(exc)
        except GatewayUnavailable:
            return RetryAfter("SES gave no answer")
        return Delivered()

    async def unreachable(self) -> str | None:
        """Say why letters would not arrive and what to do; None if they would."""
        settings = self._context.settings
        return await unreachable(self._context.aws, settings.sender, settings.recipients)

    def _arguments(self, event: Event) -> dict[str, Any]:
        settings = self._context.settings
        letter = self._letters.write(event, self._context.api_url)
        arguments: dict[str, Any] = {
            "FromEmailAddress": settings.sender,
            "Destination": {"ToAddresses": list(settings.recipients)},
            "Content": {
                "Simple": {
                    "Subject": _utf8(letter.subject),
                    "Body": {"Text": _utf8(letter.text), "Html": _utf8(letter.html)},
                }
            },
        }
        if settings.reply_to:
            arguments["ReplyToAddresses"] = [settings.reply_to]
        return arguments


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}


def _read(error: AwsError) -> Delivering:
    """What an error means. Only its code is repeated: AWS's words may quote an address."""
    because = f"SES answered {error.code}"
    if error.code in _AGAIN or error.status in _AGAIN_STATUS:
        return RetryAfter(because)
    if error.code == "MessageRejected" and _UNVERIFIED in error.said.lower():
        return RetryAfter(f"{because}: an address is not verified", _LONG)
    if error.code in _PERMANENT:
        return Refused(because)
    if error.code in _THROTTLED:
        # One code for the sending rate, which passes in seconds, and for the daily quota.
        return RetryAfter(because, _LONG if "quota" in error.said.lower() else None)
    if error.status >= 500:
        return RetryAfter(because)
    # Suspended, paused, over the limit, not permitted, a MAIL FROM domain whose DNS record is not
    # found: nothing is wrong with the message, and it passes or people put it right.
    return RetryAfter(because, _LONG)
