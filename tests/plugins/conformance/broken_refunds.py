"""AcmePay broken in one thing of refunds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.api import (
    Critical,
    Declined,
    GatewayUnavailable,
    NotSent,
    RefundRequest,
    Routed,
    Succeeded,
    Unanswered,
)
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_subscriptions import URL
from tests.plugins.conformance.breaking import (
    answering,
    blind,
    instead,
    quoting,
    unreadable,
    unsent,
)

_COUNT = itertools.count()


class _Echoing(AcmePay):
    async def read_refund(self, request: RefundRequest) -> Any:
        await super().read_refund(request)
        return Succeeded(request.reference or "")


class Nameless(_Echoing):
    """Gives no id of a refund of the whole amount."""

    async def refund(self, request: RefundRequest) -> Any:
        answer = await super().refund(request)
        whole = request.amount.minor == 1000
        return Succeeded("") if whole and isinstance(answer, Succeeded) else answer


class OneForAll(_Echoing):
    """Gives the payment's id for the refund's."""

    async def refund(self, request: RefundRequest) -> Any:
        answer = await super().refund(request)
        return Succeeded(request.transaction) if isinstance(answer, Succeeded) else answer


class SendsBackAgain(AcmePay):
    """Sends back again under another key when it is asked again."""

    async def refund(self, request: RefundRequest) -> Any:
        with suppress(GatewayUnavailable):
            await self.read_refund(request)
            request = replace(request, operation_id=f"{request.operation_id}{next(_COUNT)}")
        return await super().refund(request)


class Patient(AcmePay):
    """Waits longer for an answer than a worker has time."""

    async def refund(self, request: RefundRequest) -> Any:
        with suppress(GatewayUnavailable):
            await self.context.http.request("GET", f"{URL}/sales/s-1", timeout=60.0)
        return await super().refund(request)


class Forgetful(AcmePay):
    """Knows an operation for five minutes."""

    def refund_window(self, path: str) -> timedelta:
        return timedelta(minutes=5)


class Trusting(AcmePay):
    """Has a route for every payment, and asks nobody."""

    async def route_refund(self, request: RefundRequest) -> Any:
        return Routed("/refunds")


REFUNDS: Mapping[str, type] = {
    "test_a_good_refund_is_taken": Nameless,
    "test_its_route_is_the_same_each_time_and_moves_nothing": answering(
        "takes another route each time",
        "route_refund",
        lambda found: Routed(f"/refunds{next(_COUNT)}") if isinstance(found, Routed) else found,
    ),
    "test_the_gateway_knows_an_operation_for_a_day_at_least": Forgetful,
    "test_one_operation_sends_back_once": SendsBackAgain,
    "test_two_operations_send_back_twice": OneForAll,
    "test_more_than_was_paid_is_refused_for_good": instead(
        "leaves a refusal in doubt", "refund", Declined, Unanswered("x")
    ),
    "test_a_refusal_that_an_earlier_attempt_may_explain_is_no_verdict": instead(
        "takes a refusal for final while an earlier attempt is in doubt",
        "refund",
        Critical,
        Declined("x"),
    ),
    "test_a_payment_it_does_not_hold_is_refused_for_good": Trusting,
    "test_without_a_connection_nothing_was_sent_back": instead(
        "takes a lack of connection for a lost answer",
        "refund",
        NotSent,
        Unanswered("x"),
        when=unsent,
    ),
    "test_a_refund_waits_as_long_as_asked": instead(
        "forgets how long it was asked to wait", "refund", NotSent, NotSent("x")
    ),
    "test_a_slow_refund_is_unknown": Patient,
    "test_a_refund_can_be_read_again": instead(
        "reads another refund", "read_refund", Succeeded, Succeeded("other")
    ),
    "test_without_an_answer_a_pending_refund_stays_pending": blind(
        "takes an outage for a decline", "read_refund", Declined("x")
    ),
    "test_a_refund_s_answer_that_says_nothing_ends_nothing": instead(
        "takes a page that it cannot read for a decline",
        "refund",
        Unanswered,
        Declined("x"),
        when=unreadable,
    ),
    "test_without_an_answer_there_is_no_refusal_of_the_route": instead(
        'takes an outage for "no such payment"', "route_refund", NotSent, Declined("x")
    ),
    "test_a_refund_repeats_nothing_of_an_answer": quoting("refund"),
}
