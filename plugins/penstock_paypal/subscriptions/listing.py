"""The subscriptions there are, where PayPal offers the list to the account."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from penstock_paypal import shapes
from penstock_paypal.client.api import Api
from penstock_paypal.subscriptions.reading import SUBSCRIPTIONS

A_PAGE = 20
"""The most PayPal shows at once (its Python SDK 2.4.0, `list_subscriptions`)."""
_WHAT = "list subscriptions"


async def listed(api: Api, page: int) -> Sequence[str] | None:
    """
    PayPal's ids of a page's subscriptions; None where the account has no such list.

    The list is newer than PayPal's published specification, so an app may be refused it.

    Raises:
        GatewayUnavailable: no answer.
        Unconfirmable: PayPal will never answer that question.
    """
    query = urlencode({"page_size": A_PAGE, "page": page})
    answer = await api.send("GET", f"{SUBSCRIPTIONS}?{query}", _WHAT)
    if page > 1:
        # The list is there: a page behind the last one may be none, and a refusal may pass.
        if answer.missing:
            return ()
    elif answer.missing or answer.status in (403, 405):
        return None
    if not answer.ok:
        raise answer.unread(_WHAT)
    shown = shapes.sequence(answer.data.get("subscriptions"))
    return [named for one in shown if (named := shapes.identity(one, "id"))]
