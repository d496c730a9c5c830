"""AcmePay broken in one thing of collections."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.api import CollectRequest, Critical, Declined, NotSent, Succeeded, Unanswered
from tests.plugins.conformance.acme import AcmePay
from tests.plugins.conformance.breaking import instead, quoting, unreadable, unsent

_COUNT = itertools.count()


class CollectsAgain(AcmePay):
    """Takes the money again each time."""

    async def collect(self, request: CollectRequest) -> Any:
        named = f"{request.operation_id}{next(_COUNT)}"
        return await super().collect(replace(request, operation_id=named))


class Forgetful(AcmePay):
    """Knows an operation for five minutes."""

    collect_window = timedelta(minutes=5)


COLLECTS: Mapping[str, type] = {
    "test_what_is_owed_is_collected": instead(
        "gives no id of the payment", "collect", Succeeded, Succeeded("")
    ),
    "test_the_gateway_knows_a_collection_for_a_day_at_least": Forgetful,
    "test_one_operation_collects_once": CollectsAgain,
    "test_more_than_is_owed_is_refused_for_good": instead(
        "leaves a refusal in doubt", "collect", Declined, Unanswered("x")
    ),
    "test_a_refusal_that_an_earlier_collection_may_explain_is_no_verdict": instead(
        "takes a refusal for final while an earlier attempt is in doubt",
        "collect",
        Critical,
        Declined("x"),
    ),
    "test_without_a_connection_nothing_was_collected": instead(
        "takes a lack of connection for a lost answer",
        "collect",
        NotSent,
        Unanswered("x"),
        when=unsent,
    ),
    "test_a_collection_waits_as_long_as_asked": instead(
        "forgets how long it was asked to wait", "collect", NotSent, NotSent("x")
    ),
    "test_a_collection_s_answer_that_says_nothing_ends_nothing": instead(
        "takes a page that it cannot read for a decline",
        "collect",
        Unanswered,
        Declined("x"),
        when=unreadable,
    ),
    "test_a_collection_repeats_nothing_of_an_answer": quoting("collect"),
}
