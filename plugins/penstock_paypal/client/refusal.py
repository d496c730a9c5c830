"""What it means that PayPal did not do a request that moves money and has a request id."""

from __future__ import annotations

from penstock.api import Declined, NotSent, Unanswered
from penstock_paypal.client.answer import Answer

# The id was used before, so that request may have moved money: no refusal of this one.
_DOUBT = frozenset(
    {"DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_COMPLETION_IN_PROGRESS"}
)


def in_doubt(answer: Answer) -> bool:
    """Whether an answer that is no success leaves it open if PayPal did what was asked."""
    # A proxy's page says nothing of what PayPal did.
    return answer.passing or not answer.json or not _DOUBT.isdisjoint(answer.issues)


def refusal(answer: Answer, what: str) -> Declined | NotSent | Unanswered:
    """
    Read an answer that is no success.

    `Declined` for a 4xx of PayPal's own.
    """
    because = f"PayPal, {what}: {answer.why}"
    if answer.denied or answer.throttled:
        return NotSent(because, answer.wait)
    if in_doubt(answer):
        return Unanswered(because)
    return Declined(because)
