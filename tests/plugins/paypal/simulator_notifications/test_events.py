"""Events at the simulated PayPal: listed, shown, sent again and made up."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import Authentic, Forged
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulator_notifications.merchant import (
    EVENTS,
    SOLD,
    URL,
    ahead,
    call,
    happen,
    tell,
)


async def test_events_are_listed_newest_first_and_a_page_is_cut(stage: Stage) -> None:
    made = [await happen(stage) for _ in range(12)]
    _, page = await call(stage, "GET", EVENTS)
    _, small = await call(stage, "GET", f"{EVENTS}?page_size=3")

    assert (made[:1:-1], 10) == ([one["id"] for one in page["events"]], page["count"])
    assert made[:-4:-1] == [one["id"] for one in small["events"]]


async def test_events_are_found_by_type_transaction_and_time(stage: Stage) -> None:
    first = await stage.trigger(target=None)
    await ahead(stage, 3600)
    refund = {"resource.sale_id": first["resource_id"]}
    second = await happen(stage, "PAYMENT.SALE.REFUNDED", set=refund)
    middle = (SystemClock().now() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def found(query: str) -> list[str]:
        _, page = await call(stage, "GET", f"{EVENTS}?{query}")
        return [one["id"] for one in page["events"]]

    assert [first["event_id"]] == await found(f"event_type={SOLD}")
    assert [second, first["event_id"]] == await found(f"transaction_id={first['resource_id']}")
    assert [] == await found("transaction_id=OTHER")
    assert [second] == await found(f"start_time={middle}")
    assert [first["event_id"]] == await found(f"end_time={middle}")


@pytest.mark.parametrize(
    "query",
    [
        "page_size=0",
        "page_size=x",
        "start_time=yesterday",
        "end_time=2026-13-01T00:00:00Z",
        "start_time=2013-03-06T11:00:00Z",
    ],
)
async def test_a_query_that_paypal_refuses_is_refused(stage: Stage, query: str) -> None:
    status, problem = await call(stage, "GET", f"{EVENTS}?{query}")

    assert (400, "VALIDATION_ERROR") == (status, problem["name"])
    assert query.partition("=")[0] == problem["details"][0]["field"]


async def test_an_event_is_shown_with_its_transmissions(stage: Stage) -> None:
    sent = await stage.trigger()
    _, shown = await call(stage, "GET", f"{EVENTS}/{sent['event_id']}")
    (transmission,) = shown["transmissions"]
    headers = stage.received[0].headers
    missing, problem = await call(stage, "GET", f"{EVENTS}/WH-0-0")

    assert (sent["event_id"], "SUCCESS") == (shown["id"], shown["status"])
    assert (stage.target, headers["paypal-transmission-id"], 202) == (
        transmission["webhook_url"],
        transmission["transmission_id"],
        transmission["http_status"],
    )
    assert ["self", "resend"] == [one["rel"] for one in shown["links"]]
    assert (404, "INVALID_RESOURCE_ID") == (missing, problem["name"])


async def test_what_is_forged_is_in_no_list(stage: Stage) -> None:
    await stage.trigger(forge=True)

    assert [] == (await call(stage, "GET", EVENTS))[1]["events"]


async def test_resending_gives_the_same_event_in_a_new_transmission(stage: Stage) -> None:
    webhook = stage.simulator.registry.register(stage.target)
    sent = await stage.trigger()
    path = f"{EVENTS}/{sent['event_id']}/resend"
    status, _ = await call(stage, "POST", path, json={"webhook_ids": [webhook.id]})
    await tell(stage, "POST", "deliveries/due")
    other, problem = await call(stage, "POST", path, json={"webhook_ids": ["OTHER"]})
    first, again = stage.received

    assert (202, first.body) == (status, again.body)
    assert first.headers["paypal-transmission-id"] != again.headers["paypal-transmission-id"]
    assert Authentic() == await stage.paypal.authenticate(again, SystemClock().now())
    assert (400, "VALIDATION_ERROR") == (other, problem["name"])


async def test_a_mock_event_is_signed_for_no_webhook_of_ours_and_true_of_nothing(
    stage: Stage,
) -> None:
    webhook = stage.simulator.registry.register(stage.target)
    body = {"webhook_id": webhook.id, "event_type": SOLD}
    status, event = await call(stage, "POST", "/v1/notifications/simulate-event", json=body)
    await tell(stage, "POST", "deliveries/due")
    (delivery,) = stage.received
    verdict = await stage.paypal.authenticate(delivery, SystemClock().now())

    assert (202, SOLD, event["id"]) == (
        status,
        event["event_type"],
        json.loads(delivery.body)["id"],
    )
    assert isinstance(verdict, Forged)
    assert {} == stage.simulator.books.sales
    assert [] == (await call(stage, "GET", EVENTS))[1]["events"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"event_type": SOLD}, 400),
        ({"event_type": SOLD, "webhook_id": "UNKNOWN"}, 404),
        ({"event_type": SOLD, "url": "http://shop.example"}, 400),
        ({"event_type": "NO.SUCH.EVENT", "url": URL}, 400),
        ({"url": URL}, 400),
    ],
)
async def test_a_mock_event_that_paypal_refuses_is_refused(
    stage: Stage, body: dict[str, Any], status: int
) -> None:
    answer = await call(stage, "POST", "/v1/notifications/simulate-event", json=body)

    assert status == answer[0]
