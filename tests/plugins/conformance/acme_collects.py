"""AcmePay's collections, which do everything right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from penstock.api import (
    CollectAnswer,
    CollectRequest,
    Critical,
    Declined,
    GatewayUnavailable,
    Succeeded,
)
from tests.plugins.conformance.acme_subscriptions import without_answer

_OWED = 1250


class AcmeCollects:
    """Collections of 12.50; `_ask` is the gateway's."""

    _ask: Any

    collect_window = timedelta(days=3)

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        if request.amount.minor > _OWED:
            because = "more than is owed"
            return Critical(because) if request.doubted else Declined(because)
        try:
            await self._ask("PUT", f"/collections/{request.operation_id}", {"taken": True})
        except GatewayUnavailable as exc:
            return without_answer(exc)
        return Succeeded(request.operation_id)
