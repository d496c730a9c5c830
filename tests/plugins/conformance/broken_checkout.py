"""AcmePay broken in one thing of checkouts."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.api import (
    Captured,
    CheckoutSeen,
    NotApproved,
    NotSent,
    Opened,
    Refused,
    Standing,
    Unanswered,
)
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.breaking import answering, blind, instead, quoting, unsent

_COUNT = itertools.count()


class Telling(Opened):
    """Shows the approval address."""

    def __repr__(self) -> str:
        return self.approval_url


class OpensAgain(AcmePay):
    """Opens another one each time."""

    async def open_checkout(self, request: Any) -> Any:
        other = replace(request, operation_id=f"{request.operation_id}-{next(_COUNT)}")
        return await super().open_checkout(other)


class CapturesAgain(AcmePay):
    """Has another capture each time."""

    async def capture_checkout(self, request: Any) -> Any:
        answer = await super().capture_checkout(request)
        if not isinstance(answer, Captured) or answer.seen.money is None:
            return answer
        money = answer.seen.money
        other = replace(money.transaction, id=f"c-{next(_COUNT)}")
        return Captured(replace(answer.seen, money=replace(money, transaction=other)))


def _nameless(seen: CheckoutSeen | None) -> CheckoutSeen | None:
    waits = seen is not None and seen.standing is Standing.open
    return replace(seen, payment_id=None) if seen and waits else seen


CHECKOUT: Mapping[str, type] = {
    "test_a_checkout_that_was_opened_waits_for_the_buyer": answering(
        "does not show our id of the payment before the approval", "read_checkout", _nameless
    ),
    "test_one_operation_opens_one_checkout": OpensAgain,
    "test_nothing_is_captured_before_the_buyer_approves": instead(
        "refuses for good what is not approved yet", "capture_checkout", NotApproved, Refused("x")
    ),
    "test_an_approved_checkout_is_captured_once": CapturesAgain,
    "test_a_capture_whose_answer_was_lost_is_read_on_the_checkout": instead(
        "takes a lost answer for no connection", "capture_checkout", Unanswered, NotSent("x")
    ),
    "test_a_checkout_it_does_not_know_is_none": answering(
        "takes one that it does not know for a closed one",
        "read_checkout",
        lambda seen: seen or CheckoutSeen("x", None, Standing.closed),
    ),
    "test_without_a_connection_no_checkout_was_changed": instead(
        "takes a request to wait for a lost answer",
        "capture_checkout",
        NotSent,
        Unanswered("x"),
        when=lambda answer: not unsent(answer),
    ),
    "test_an_outage_ends_no_checkout": blind(
        'takes an outage for "unknown here"', "read_checkout", None
    ),
    "test_no_answer_about_a_checkout_repeats_the_providers_words": quoting("open_checkout"),
    "test_no_representation_shows_where_the_buyer_approves": answering(
        "shows the approval address",
        "open_checkout",
        lambda made: (
            Telling(made.reference, made.approval_url, made.expires_at)
            if isinstance(made, Opened)
            else made
        ),
    ),
}
