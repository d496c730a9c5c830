"""PayPal's list of its events, read page by page: what is on a page counts, readable or not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import GatewayUnavailable, Listed
from penstock_paypal.webhooks.history import EVENTS, PAGE
from tests.plugins.paypal.conftest import Stage

HOUR = timedelta(hours=1)


async def listed(stage: Stage) -> Listed:
    """What the plugin lists of the last hour."""
    now = SystemClock().now()
    return await stage.paypal.list_notifications(now - HOUR, now + HOUR)


def keep(stage: Stage, number: int, **fields: Any) -> None:
    """An event of PayPal's, with these fields in the place of its own."""
    event = {"id": f"WH-{number}", "event_type": "BILLING.PLAN.UPDATED", "resource": {}, **fields}
    stage.simulator.deliveries.archive.keep(event, SystemClock().now())


async def test_an_event_that_cannot_be_read_is_left_out_and_fills_its_page(stage: Stage) -> None:
    """
    A page that is full is never taken for one that is not.
    """
    for number in range(PAGE):
        keep(stage, number, **({"event_type": "of two words"} if number < 3 else {}))

    found = await listed(stage)

    assert (PAGE - 3, 3, False) == (len(found.notifications), found.unreadable, found.whole)


async def test_a_page_of_the_largest_events_is_read(stage: Stage) -> None:
    """
    After an outage each event carries all its failed transmissions: a page has many megabytes.
    """
    for number in range(PAGE):
        keep(stage, number, transmissions=["x" * 140_000])

    found = await listed(stage)

    assert PAGE == len(found.notifications)


async def test_a_list_that_is_not_found_is_no_empty_list(stage: Stage) -> None:
    """
    Else an edge proxy's page would hide what was lost meanwhile.
    """
    keep(stage, 1)
    await stage.fault(path=EVENTS, status=404)

    with pytest.raises(GatewayUnavailable):
        await listed(stage)


@pytest.mark.parametrize(("number", "whole"), [(0, True), (9, True), (10, False), (99, False)])
async def test_fewer_events_than_paypals_own_page_are_all_there_are(
    stage: Stage, number: int, whole: bool
) -> None:
    for one in range(number):
        keep(stage, one)

    assert whole is (await listed(stage)).whole
