"""
Reads plans and subscriptions of the Example gateway; both are beside `request_uri`.

    GET plans                 {"plans": [...], "next": where the next page begins}
    GET subscriptions/{id}    200, 404
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import quote, urlencode

from penstock.api import (
    Context,
    GatewayUnavailable,
    PlanOffer,
    SubscriptionObservation,
    Unconfirmable,
)
from penstock_example import reading
from penstock_example.requesting import resource
from penstock_example.settings import ExampleSettings

_MOST_PAGES = 100


class Asking:
    """Reads plans and subscriptions."""

    _context: Context[ExampleSettings]

    async def plans(self) -> Sequence[PlanOffer]:
        """
        All plans, whatever their status.

        Raises:
            GatewayUnavailable: no answer that can be read.
        """
        found: list[PlanOffer] = []
        after = None
        for _ in range(_MOST_PAGES):
            page = await resource(
                self._context, "plans" + (f"?{urlencode({'after': after})}" if after else "")
            )
            try:
                found += [reading.plan_offer(plan) for plan in (page or {})["plans"]]
            except reading.UNREADABLE as exc:
                raise GatewayUnavailable("the gateway's plans cannot be read") from exc
            after = (page or {}).get("next")
            if after is None:
                return found
        raise GatewayUnavailable(f"the gateway's plans have more than {_MOST_PAGES} pages")

    async def read_subscription(
        self, reference: str, now: datetime
    ) -> SubscriptionObservation | None:
        """
        Read a subscription; None where the gateway knows none.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: a value of it cannot be read.
        """
        raw = await resource(self._context, f"subscriptions/{quote(reference, safe='')}")
        if raw is None:
            return None
        try:
            return reading.subscription(raw)
        except reading.UNREADABLE as exc:
            raise Unconfirmable("the gateway's subscription cannot be read") from exc
