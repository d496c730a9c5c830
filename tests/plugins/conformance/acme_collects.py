"""AcmePay's collections, which do everything right, and each broken in one thing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from penstock.api import (
    CollectAnswer,
    CollectRequest,
    Critical,
    Declined,
    GatewayUnavailable,
    HttpNotSent,
    NotSent,
    Succeeded,
    Unanswered,
)

if TYPE_CHECKING:
    from tests.plugins.conformance.acme import AcmePay as _Asks
else:
    _Asks = object
_OWED = 1250
_COUNT = itertools.count()


class AcmeCollects(_Asks):
    """Collections of 12.50."""

    collect_window = timedelta(days=3)

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        if request.amount.minor > _OWED:
            because = "more than is owed"
            return Critical(because) if request.doubted else Declined(because)
        try:
            await self._ask("PUT", f"/collections/{request.operation_id}", {"taken": True})
        except HttpNotSent as exc:
            return NotSent("not sent", exc.retry_after)
        except GatewayUnavailable:
            return Unanswered("no answer")
        return Succeeded(request.operation_id)


def broken_collects(acme: type[AcmeCollects]) -> Mapping[str, type]:
    """For each check the AcmePay that is broken in what it is for."""

    def instead(right: type, wrong: object) -> type:
        async def changed(self: Any, request: CollectRequest) -> Any:
            answer = await acme.collect(self, request)
            return wrong if isinstance(answer, right) else answer

        return type("Broken", (acme,), {"collect": changed})

    async def another_id(self: Any, request: CollectRequest) -> Any:
        named = f"{request.operation_id}{next(_COUNT)}"
        return await acme.collect(self, replace(request, operation_id=named))

    async def quoting(self: Any, request: CollectRequest) -> Any:
        answer = await self.context.http.request("PUT", "https://acme.test/x", body=b"{}")
        return Declined(answer.body.decode())

    return {
        "test_what_is_owed_is_collected": instead(Succeeded, Succeeded("")),
        "test_the_gateway_knows_a_collection_for_a_day_at_least": type(
            "Broken", (acme,), {"collect_window": timedelta(minutes=5)}
        ),
        "test_one_operation_collects_once": type("Broken", (acme,), {"collect": another_id}),
        "test_more_than_is_owed_is_refused_for_good": instead(Declined, Unanswered("x")),
        "test_a_refusal_that_an_earlier_collection_may_explain_is_no_verdict": instead(
            Critical, Declined("x")
        ),
        "test_without_a_connection_nothing_was_collected": instead(NotSent, Unanswered("x")),
        "test_a_collection_waits_as_long_as_asked": instead(NotSent, NotSent("x")),
        "test_a_collection_s_answer_that_says_nothing_ends_nothing": instead(
            Unanswered, Declined("x")
        ),
        "test_a_collection_repeats_nothing_of_an_answer": type(
            "Broken", (acme,), {"collect": quoting}
        ),
    }
