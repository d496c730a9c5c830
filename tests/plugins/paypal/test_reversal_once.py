"""A reversal stays one, whatever tells of it."""

from __future__ import annotations

import pytest

from tests.plugins.paypal.histories import History, Look, payment_of_it, told


@pytest.mark.parametrize("first", ["PAYMENT.REFUND.FAILED", "PAYMENT.SALE.REVERSED"])
async def test_a_reversal_stays_one_whatever_tells_of_it(first: str) -> None:
    """
    An event of its refund does not say which of the two it is.
    """
    history = History(tells=True)
    history.begin("completed")
    history.send_back("REVERSED", 40, "completed")
    history.go_on(0, "failed", quiet=False)
    events = {"PAYMENT.SALE.REVERSED": 1, "PAYMENT.REFUND.FAILED": 2}
    order = sorted(events, key=lambda one: one != first)
    looks = [Look(events[one], 2, place) for place, one in enumerate(order)]
    platform = await told(history.moments, [Look(0, 0, 0), *looks])

    assert ["reversal"] == [one.kind for one in (await payment_of_it(platform)).sent_back]
