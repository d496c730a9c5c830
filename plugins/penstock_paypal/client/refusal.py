"""What it means that PayPal did not do a request that moves money and has a request id."""

from __future__ import annotations

from collections.abc import Mapping

from penstock.api import Critical, Declined, NotSent, Unanswered
from penstock_paypal.client.answer import Answer

# The id was used before, so that request may have moved money: no refusal of this one.
_DOUBT = frozenset(
    {"DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS", "ORDER_COMPLETION_IN_PROGRESS"}
)


def in_doubt(answer: Answer) -> bool:
    """Whether an answer that is no success leaves it open if PayPal did what was asked."""
    # A proxy's page says nothing of what PayPal did.
    return answer.passing or not answer.json or not _DOUBT.isdisjoint(answer.issues)


def refusal(
    answer: Answer, what: str, untouched: Mapping[str, str], *, doubted: bool
) -> Declined | NotSent | Unanswered | Critical:
    """
    Read an answer that is no success.

    `Declined` for a 4xx of PayPal's own. PayPal answers a repeat with what it did before, so a
    refused repeat was not done; but "nothing is left" is also how it would look if it was.

    Args:
        untouched: issues that no earlier attempt of the same request can have caused, with what
            to do about each.
        doubted: an earlier attempt may have been done.
    """
    because = f"PayPal, {what}: {answer.why}"
    if answer.denied or answer.throttled:
        return NotSent(because, answer.wait)
    if in_doubt(answer):
        return Unanswered(because)
    known = next((one for one in answer.issues if one in untouched), None)
    if doubted and known is None:
        return Critical(f"{because}; an earlier attempt may be the reason: look at PayPal")
    advice = untouched.get(known or "")
    return Declined(f"{because}: {advice}" if advice else because)
