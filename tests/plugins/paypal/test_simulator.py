"""What the simulated PayPal signs and sends."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from penstock.adapters.clock import SystemClock
from penstock.api import Authentic, Forged
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.simulated_sale import SALE


async def _verdicts(stage: Stage) -> list[Any]:
    now = SystemClock().now()
    return [await stage.paypal.authenticate(one, now) for one in stage.received]


@pytest.mark.parametrize(
    "event_type",
    [
        "PAYMENT.SALE.COMPLETED",
        "PAYMENT.SALE.PENDING",
        "PAYMENT.SALE.DENIED",
        "PAYMENT.SALE.REFUNDED",
        "PAYMENT.SALE.REVERSED",
        "PAYMENT.CAPTURE.COMPLETED",
        "PAYMENT.CAPTURE.PENDING",
        "PAYMENT.CAPTURE.DENIED",
        "PAYMENT.CAPTURE.DECLINED",
        "PAYMENT.CAPTURE.REFUNDED",
        "PAYMENT.CAPTURE.REVERSED",
        "PAYMENT.REFUND.PENDING",
        "PAYMENT.REFUND.FAILED",
        "CUSTOMER.DISPUTE.CREATED",
        "CUSTOMER.DISPUTE.UPDATED",
        "CUSTOMER.DISPUTE.RESOLVED",
        "BILLING.PLAN.CREATED",
        "BILLING.PLAN.UPDATED",
        "BILLING.PLAN.ACTIVATED",
        "BILLING.PLAN.DEACTIVATED",
        "BILLING.PLAN.PRICING-CHANGE.ACTIVATED",
        "BILLING.SUBSCRIPTION.CREATED",
        "BILLING.SUBSCRIPTION.ACTIVATED",
        "BILLING.SUBSCRIPTION.UPDATED",
        "BILLING.SUBSCRIPTION.SUSPENDED",
        "BILLING.SUBSCRIPTION.CANCELLED",
        "BILLING.SUBSCRIPTION.EXPIRED",
        "BILLING.SUBSCRIPTION.PAYMENT.FAILED",
    ],
)
async def test_each_event_it_sends_is_signed_and_readable(stage: Stage, event_type: str) -> None:
    sent = await stage.trigger(event_type=event_type)
    (delivery,) = stage.received
    notification = stage.paypal.read(delivery)

    assert [Authentic()] == await _verdicts(stage)
    assert ([202], sent["event_id"], event_type) == (
        sent["answers"],
        notification.id,
        notification.type,
    )


@pytest.mark.parametrize("forge", [True, "key", "body"])
async def test_what_it_forges_is_forged(stage: Stage, forge: bool | str) -> None:
    await stage.trigger(forge=forge)

    assert [Forged("the signature does not match")] == await _verdicts(stage)


async def test_what_it_signs_for_another_webhook_is_not_ours(stage: Stage) -> None:
    await stage.trigger(webhook_id="1AB23456CD789012E")

    assert [Forged("the signature does not match")] == await _verdicts(stage)


@pytest.mark.parametrize("payload", [b"{}", b"no JSON", b"\xff\x00", b'{"resource":[1]}', b""])
async def test_any_payload_is_signed_as_it_is(stage: Stage, payload: bytes) -> None:
    await stage.trigger(body=base64.b64encode(payload).decode())

    assert [payload] == [one.body for one in stage.received]
    assert [Authentic()] == await _verdicts(stage)


async def test_a_payload_of_ones_own_is_made_true(stage: Stage) -> None:
    """
    So that the re-read finds the sale somebody wrote by hand.
    """
    sale = {"id": SALE, "state": "completed", "amount": {"total": "7.00", "currency": "EUR"}}
    event = {"id": "WH-1", "event_type": "PAYMENT.SALE.COMPLETED", "resource": sale}
    await stage.trigger(body=base64.b64encode(json.dumps(event).encode()).decode())

    assert sale == stage.simulator.books.sales[SALE]


async def test_values_are_set_by_path_in_the_event_and_in_the_sale(stage: Stage) -> None:
    paths = {
        "resource.id": SALE,
        "resource.amount.total": "99.90",
        "resource.amount.details": None,
    }
    sent = await stage.trigger(set={**paths, "summary": "Grüße"})
    (delivery,) = stage.received
    event = json.loads(delivery.body)

    assert (SALE, SALE, "Grüße") == (
        sent["resource_id"],
        event["resource"]["id"],
        event["summary"],
    )
    assert {"total": "99.90", "currency": "USD"} == event["resource"]["amount"]
    assert {"total": "99.90", "currency": "USD"} == stage.simulator.books.sales[SALE]["amount"]


async def test_a_subscription_can_lack_the_payers_address(stage: Stage) -> None:
    await stage.trigger(subscription={"subscriber.email_address": None})
    (subscription,) = stage.simulator.books.subscriptions.values()

    assert "email_address" not in subscription["subscriber"]


async def test_a_refund_changes_the_sale_it_names(stage: Stage) -> None:
    await stage.trigger(set={"resource.id": SALE})
    refund = {"resource.sale_id": SALE, "resource.amount.total": "5.00"}
    await stage.trigger(event_type="PAYMENT.SALE.REFUNDED", set=refund)

    assert "partially_refunded" == stage.simulator.books.sales[SALE]["state"]
    refund["resource.amount.total"] = "12.50"
    await stage.trigger(event_type="PAYMENT.SALE.REFUNDED", set=refund)

    assert "refunded" == stage.simulator.books.sales[SALE]["state"]


async def test_copies_are_the_same_delivery_unless_each_is_sent_anew(stage: Stage) -> None:
    await stage.trigger(copies=5)

    def door(one: Any) -> tuple[str, bytes]:
        return one.headers["paypal-transmission-id"], one.body

    assert (5, 1) == (len(stage.received), len({door(one) for one in stage.received}))
    stage.received.clear()
    await stage.trigger(copies=5, own_transmissions=True)

    assert (5, 1) == (
        len({door(one) for one in stage.received}),
        len({one.body for one in stage.received}),
    )
    assert [Authentic()] * 5 == await _verdicts(stage)


async def test_a_target_that_is_not_there_is_told(stage: Stage) -> None:
    nowhere = "http://127.0.0.1:1/webhooks/paypal"

    assert [None] == (await stage.trigger(target=nowhere))["answers"]
