"""AcmePay broken in one thing of charges and of looking them up."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from penstock.api import (
    ChargeRequest,
    Declined,
    GatewayUnavailable,
    NotFound,
    NotSent,
    Refused,
    Succeeded,
    Unanswered,
)
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.acme_subscriptions import URL
from tests.plugins.conformance.breaking import (
    blind,
    instead,
    quoting,
    unreadable,
    unsent,
)

_COUNT = itertools.count()


class ChargesAgain(AcmePay):
    """Charges again under another key when it is asked again."""

    async def charge(self, request: ChargeRequest) -> Any:
        with suppress(GatewayUnavailable):
            if isinstance(await self.look_up(request), Succeeded):
                request = replace(request, operation_id=f"{request.operation_id}{next(_COUNT)}")
        return await super().charge(request)


class Correcting(AcmePay):
    """Takes a decline for a mistake in the request."""

    async def charge(self, request: ChargeRequest) -> Any:
        answer = await super().charge(request)
        return Refused(answer.because) if isinstance(answer, Declined) else answer


class Hundredths(AcmePay):
    """Takes every currency for one with two decimal digits."""

    async def charge(self, request: ChargeRequest) -> Any:
        told = {"amount": f"{request.order.amount.minor / 100:.2f}"}
        answer = await super().charge(request)
        if isinstance(answer, Succeeded):
            await self._ask("PUT", f"/charges/{request.operation_id}", told)
        return answer


class Patient(AcmePay):
    """Waits longer for an answer than a worker has time."""

    async def charge(self, request: ChargeRequest) -> Any:
        with suppress(GatewayUnavailable):
            await self.context.http.request("GET", f"{URL}/sales/s-1", timeout=60.0)
        return await super().charge(request)


class Chatty(AcmePay):
    """Logs its key, and what it is answered."""

    async def charge(self, request: ChargeRequest) -> Any:
        with suppress(GatewayUnavailable):
            answer = await self.context.http.request("GET", f"{URL}/health")
            key = (await self.context.secrets.get()).values("key")
            self.context.log.warning("acme.answered", body=answer.body.decode(), key=key)
        return await super().charge(request)


CHARGES: Mapping[str, type] = {
    "test_a_good_charge_succeeds": instead(
        "gives no id of the charge", "charge", Succeeded, Succeeded("")
    ),
    "test_a_decline_is_reported_as_one": Correcting,
    "test_a_charge_keeps_the_digits_of_its_amount": Hundredths,
    "test_a_slow_answer_leaves_it_unknown": Patient,
    "test_charging_logs_no_secret": Chatty,
    "test_without_a_connection_nothing_was_sent": instead(
        "takes a lack of connection for a lost answer",
        "charge",
        NotSent,
        Unanswered("x"),
        when=unsent,
    ),
    "test_a_lost_answer_leaves_it_unknown": instead(
        "takes a lost answer for no connection", "charge", Unanswered, NotSent("x")
    ),
    "test_one_operation_moves_the_money_once": ChargesAgain,
    "test_an_answer_that_says_nothing_ends_nothing": instead(
        "takes a page that it cannot read for a decline",
        "charge",
        Unanswered,
        Declined("x"),
        when=unreadable,
    ),
    "test_it_waits_as_long_as_asked": instead(
        "forgets how long it was asked to wait", "charge", NotSent, NotSent("x")
    ),
    "test_it_repeats_nothing_of_an_answer": quoting("charge"),
    "test_a_charge_it_never_saw_is_not_found": instead(
        "finds what was never made", "look_up", NotFound, Succeeded("x")
    ),
    "test_a_charge_whose_answer_was_lost_is_found": instead(
        "finds nothing", "look_up", Succeeded, NotFound()
    ),
    "LookupConformance.test_without_an_answer_it_is_still_unknown": blind(
        'takes an outage for "not found"', "look_up", NotFound()
    ),
}
