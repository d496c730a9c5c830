"""AcmePay broken in one thing of checkouts, for each check the one it is for."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from penstock.api import (
    Captured,
    CheckoutSeen,
    GatewayUnavailable,
    NotApproved,
    NotSent,
    Opened,
    Refused,
    Standing,
    Unanswered,
)
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.broken_subscriptions import instead, of

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


class CallsItNone(AcmePay):
    """Takes an outage for "unknown here"."""

    async def read_checkout(self, reference: str, now: Any) -> Any:
        try:
            return await super().read_checkout(reference, now)
        except GatewayUnavailable:
            return None


class Prosaic(AcmePay):
    """Repeats the provider's words."""

    async def open_checkout(self, request: Any) -> Any:
        answer = await self.context.http.request("POST", "https://acme.test/x", body=b"{}")
        return Refused(answer.body.decode())


CHECKOUT: Mapping[str, type] = {
    "test_a_checkout_that_was_opened_waits_for_the_buyer": of(
        "read_checkout", lambda seen: replace(seen, payment_id=None)
    ),
    "test_one_operation_opens_one_checkout": OpensAgain,
    "test_nothing_is_captured_before_the_buyer_approves": instead(
        "capture_checkout", NotApproved, Refused("x")
    ),
    "test_an_approved_checkout_is_captured_once": CapturesAgain,
    "test_a_capture_whose_answer_was_lost_is_read_on_the_checkout": instead(
        "capture_checkout", Unanswered, NotSent("x")
    ),
    "test_a_checkout_it_does_not_know_is_none": of(
        "read_checkout", lambda seen: seen or CheckoutSeen("x", None, Standing.closed)
    ),
    "test_without_a_connection_no_checkout_was_changed": instead(
        "capture_checkout", NotSent, Unanswered("x")
    ),
    "test_an_outage_ends_no_checkout": CallsItNone,
    "test_no_answer_about_a_checkout_repeats_the_providers_words": Prosaic,
    "test_no_representation_shows_where_the_buyer_approves": of(
        "open_checkout",
        lambda made: Telling(made.reference, made.approval_url, made.expires_at),
    ),
}
