"""The payments of a subscription, as PayPal lists its transactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from penstock.api import EntityKind, Log, Notification, Ref
from penstock_paypal import shapes
from penstock_paypal.client.api import Api, path
from penstock_paypal.subscriptions.reading import SUBSCRIPTION
from penstock_paypal.webhooks import notification

_PENDING = "PAYMENT.SALE.PENDING"
_SAID_BY: Mapping[str, str] = {
    "COMPLETED": notification.COMPLETED,
    "PARTIALLY_REFUNDED": notification.COMPLETED,
    "REFUNDED": notification.COMPLETED,
    "PENDING": _PENDING,
}
"""
The event whose webhook told of a transaction, by its status (billing_subscriptions_v1,
`capture_status`). A declined one is no sale; the subscription itself shows that it failed.
"""


class ChargedPayments:
    """Asks for them."""

    def __init__(self, api: Api, gateway: str, log: Log) -> None:
        self._api = api
        self._gateway = gateway
        self._log = log

    async def list(
        self, subscription: str, since: datetime, until: datetime
    ) -> Sequence[Notification]:
        """
        The sales of a span of time, without those that were declined.

        Raises:
            GatewayUnavailable: no answer.
            Unconfirmable: PayPal will never answer that question.
        """
        if not shapes.ID.fullmatch(subscription):
            return []
        asked = urlencode({"start_time": _written(since), "end_time": _written(until)})
        where = path(f"{SUBSCRIPTION}/transactions", subscription)
        answer = await self._api.read(f"{where}?{asked}", "list transactions")
        if answer is None:
            return []
        if (shapes.count(answer.data, "total_pages") or 0) > 1:
            # No page can be asked for. The next look begins later, so it shows fewer.
            self._log.warning("paypal.transactions_cut", subscription=subscription)
        shown = shapes.sequence(answer.data.get("transactions"))
        read = [_payment(self._gateway, shapes.mapping(one), until) for one in shown]
        return [one for one in read if one is not None]


def _payment(gateway: str, shown: Mapping[str, Any], latest: datetime) -> Notification | None:
    sale, said = shapes.identity(shown, "id"), _SAID_BY.get(shapes.text(shown, "status") or "")
    if sale is None or said is None:
        return None
    return Notification.fetched(
        gateway,
        f"transaction-{sale}",
        said,
        {"id": sale},
        min(shapes.moment(shown, "time") or latest, latest),
        Ref(EntityKind.payment, notification.entity(gateway, sale)),
        resource_type="sale",
        resource_id=sale,
    )


def _written(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
