"""A buyer who approves when the address of return has run out: a page, and a subscription."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from penstock.domain.subscription import Access, Subscription, SubscriptionStatus
from penstock.entrypoints.functions.merchant import make_merchant
from penstock.entrypoints.http.message import Request
from tests.plugins.paypal.machine.life import beginning
from tests.plugins.paypal.simulator_billing.shop import MONTHLY


@pytest.mark.parametrize("hours", [25, 8 * 24], ids=["the link is over", "the key is, too"])
async def test_an_approval_after_24_hours_shows_a_page_and_opens_the_subscription(
    sign: tuple[Any, Any], hours: int
) -> None:
    async with beginning(*sign, Counter()) as life:
        signed_up = await life.sign_up("key-1", MONTHLY)
        await life.until(life.now + timedelta(hours=hours))
        assert signed_up is not None
        address = urlsplit(signed_up.approval_url or "")
        form = {"how": "pay", **dict(parse_qsl(address.query))}

        async with life.control.post(address.path, data=form, allow_redirects=False) as approved:
            back = urlsplit(approved.headers["location"])
        await life.until(life.now + timedelta(minutes=1))
        api = make_merchant(life.process.platform)
        page = await api(Request("GET", back.path, headers={"accept": "text/html"}))

        known = await life.world.ledger.load(Subscription, signed_up.opened or "")
        assert known is not None
        assert (SubscriptionStatus.active, Access.active) == (known.status, known.access)
        assert [
            "subscription.created",
            "subscription.activated",
            "subscription.renewed",
        ] == [one.type for one in life.events.values() if one.ref.id == known.id]
        assert (404, "text/html; charset=utf-8") == (page.status, page.headers["content-type"])
        assert "If you have approved a payment, it is not affected" in page.body.decode()
