"""Webhooks of the simulated PayPal are delivered, tried again, lost and held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import Authentic
from penstock_paypal.simulator.notifications.deliveries import RETRIES
from penstock_paypal.simulator.notifications.registry import WEBHOOKS
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulator_notifications.merchant import (
    DAYS,
    EVENTS,
    SOLD,
    Receiver,
    ahead,
    announce,
    call,
    tell,
)


async def test_an_event_goes_to_the_webhooks_that_want_it(
    stage: Stage, receiver: Receiver
) -> None:
    body = {"url": receiver.url, "event_types": [{"name": SOLD}]}
    await call(stage, "POST", WEBHOOKS, json=body)
    await announce(stage, "PAYMENT.SALE.DENIED")
    await announce(stage)

    assert [SOLD] == receiver.types


async def test_what_is_announced_is_signed_for_its_webhook(stage: Stage) -> None:
    stage.simulator.registry.register(stage.target)
    await announce(stage)
    (delivery,) = stage.received

    assert Authentic() == await stage.paypal.authenticate(delivery, SystemClock().now())


def test_paypal_tries_25_times_more_within_three_days() -> None:
    assert (25, timedelta(days=3)) == (len(RETRIES), sum(RETRIES, timedelta()))
    assert sorted(RETRIES) == list(RETRIES)


async def test_a_webhook_that_is_not_taken_is_sent_again_with_the_same_id_and_time(
    stage: Stage, receiver: Receiver
) -> None:
    receiver.statuses = [503, 500]
    stage.simulator.registry.register(receiver.url)
    await announce(stage)
    seen = [len(receiver.came)]
    for minutes in (0.5, 1.5, 3.5, 60):
        await ahead(stage, minutes * 60)
        seen.append(len(receiver.came))
    transmission = {
        (one["paypal-transmission-id"], one["paypal-transmission-time"], event["id"])
        for one, event in receiver.came
    }

    assert ([1, 1, 2, 3, 3], 1) == (seen, len(transmission))


async def test_paypal_gives_up_after_three_days(stage: Stage, receiver: Receiver) -> None:
    receiver.statuses = [500] * 100
    stage.simulator.registry.register(receiver.url)
    identity = await announce(stage)
    await ahead(stage, 2 * DAYS)
    _, trying = await call(stage, "GET", f"{EVENTS}/{identity}")
    await ahead(stage, 10 * DAYS)
    _, given_up = await call(stage, "GET", f"{EVENTS}/{identity}")
    (listed,) = await tell(stage, "GET", "deliveries")

    assert ("PENDING", "FAILURE") == (trying["status"], given_up["status"])
    assert (26, 26) == (len(receiver.came), len(listed["attempts"]))


async def test_a_triggered_webhook_is_sent_again_as_well_unless_it_is_forged(
    stage: Stage, receiver: Receiver
) -> None:
    receiver.statuses = [500, 500]
    await stage.trigger(target=receiver.url)
    await stage.trigger(target=receiver.url, forge=True)
    await ahead(stage, 4 * DAYS)

    assert 3 == len(receiver.came)


async def test_a_lost_webhook_is_in_the_list_and_never_comes(
    stage: Stage, receiver: Receiver
) -> None:
    stage.simulator.registry.register(receiver.url)
    await tell(stage, "POST", "deliveries/faults", [{"lost": True, "times": 1}])
    lost = await announce(stage)
    sent = await announce(stage)
    await ahead(stage, 4 * DAYS)
    _, page = await call(stage, "GET", EVENTS)

    assert [sent] == [event["id"] for _, event in receiver.came]
    assert [sent, lost] == [one["id"] for one in page["events"]]


async def test_a_held_webhook_comes_after_the_next_ones(stage: Stage, receiver: Receiver) -> None:
    stage.simulator.registry.register(receiver.url)
    fault = {"event_type": "CREATED$", "hold": 2, "times": 1}
    await tell(stage, "POST", "deliveries/faults", [fault])
    held = await announce(stage, "BILLING.SUBSCRIPTION.CREATED")
    others = [await announce(stage) for _ in range(3)]

    assert [*others[:2], held, others[2]] == [event["id"] for _, event in receiver.came]


async def test_forgetting_the_faults_lets_go_of_what_is_held(
    stage: Stage, receiver: Receiver
) -> None:
    await tell(stage, "POST", "deliveries/faults", [{"hold": 5}])
    held = await stage.trigger(target=receiver.url)
    before = len(receiver.came)
    await tell(stage, "DELETE", "deliveries/faults")

    assert ([], 0, 1) == (held["answers"], before, len(receiver.came))


@pytest.mark.parametrize(
    "fault",
    [{}, {"lost": True, "hold": 1}, {"hold": 0}, {"lost": True, "event_type": "("}, {"x": 1}],
)
async def test_a_delivery_fault_that_says_nothing_sensible_is_refused(
    stage: Stage, fault: dict[str, Any]
) -> None:
    async with stage.control.post("/_simulator/deliveries/faults", json=[fault]) as answer:
        assert 400 == answer.status
