"""From the ledger to a posted message: what people act on reaches Slack, and the rest does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.api import (
    DisputeObservation,
    Evidence,
    Money,
    Notification,
    Observation,
    PaymentStatus,
    Transaction,
)
from penstock.bootstrap import Platform
from penstock.bootstrap.memory import MemoryWorld
from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.record import Became
from penstock.plugins import load
from penstock.settings import Function, Settings
from penstock.testing.clock import NOON, FrozenClock
from penstock.testing.context import CountingIds
from penstock.testing.http import ScriptedHttp, response

URL = "https://hooks.slack.com/services/T0/B0/x"
RESPOND_BY = datetime(2026, 12, 3, 14, tzinfo=UTC)


async def posted(change: Change[Any], events: str = "") -> list[str]:
    """The texts posted to Slack once the change was committed and its events published."""
    registry = load(["penstock_slack"])
    environ = {"PENSTOCK_STACK": "memory", "PENSTOCK_SINKS": "slack", "SINK_SLACK_EVENTS": events}
    http = ScriptedHttp(*(response(200, b"ok") for _ in change.events))
    world = MemoryWorld(
        clock=FrozenClock(),
        ids=CountingIds(),
        http=http,
        sinks={"slack": registry.selection("slack", environ)},
        secrets={"slack": {"webhook_url": URL}},
    )
    platform = Platform(Settings.read(environ), environ, registry, world)
    await world.ledger.commit(change)
    await platform.publish(change.entity.ref)
    batch = platform.batch(Function.deliver, "slack")
    while messages := await batch.inbox.receive(10, 0):
        await batch.run(messages, lambda: 30.0)
    return [sent.json["text"] for sent in http.requests]


def disputed() -> Change[Any]:
    seen = DisputeObservation(
        "PP-D-1",
        "open",
        NOON,
        reason="unauthorised",
        amount=Money(9600, "USD"),
        payments=("paypal-SALE0000000DSP222",),
        respond_by=RESPOND_BY,
    )
    found = rules.observe_dispute(
        None, "paypal-PP-D-1", "paypal", seen, now=NOON, new_id=CountingIds("e").new
    )
    assert found is not None
    return found


def recorded() -> Change[Any]:
    notification = Notification(
        id="WH-1",
        gateway="paypal",
        type="BILLING.SUBSCRIPTION.SUSPENDED",
        entity=None,
        resource={},
        occurred_at=NOON,
        evidence=Evidence.signed,
        delivery_id="d-1",
        transmission="t-1",
        digest="0" * 64,
        resource_type="Agreement",
        resource_id="I-1",
        summary="A billing agreement was suspended.",
    )
    return rules.record(
        None,
        "paypal/WH-1",
        notification,
        Became.recorded,
        now=NOON,
        new_id=CountingIds("e").new,
        because=None,
        subject=None,
        confirmed=False,
    )


def refunded() -> Change[Any]:
    back = Transaction("R-1", "refund", PaymentStatus.refunded, Money(1000, "USD"), NOON)
    sale = Transaction("S-1", "sale", PaymentStatus.partially_refunded, Money(10_000, "USD"), NOON)
    return rules.observe(
        None,
        "paypal-S-1",
        "paypal",
        Observation(sale, refunds=(back,)),
        can=rules.Abilities(),
        now=NOON,
        new_id=CountingIds("e").new,
    )


async def test_a_dispute_over_96_reaches_slack_with_the_date_to_respond_by():
    (text,) = await posted(disputed())

    assert text.startswith("Dispute opened: 96.00 USD. Respond by 3 December 2026, 14:00 UTC\n")
    assert "Payments: paypal-SALE0000000DSP222" in text
    assert "Reason: unauthorised" in text


async def test_a_partial_refund_reaches_slack_with_the_refunded_amount():
    first, second = await posted(refunded())

    assert first.startswith("Payment succeeded: 100.00 USD\n")
    assert second.startswith("10.00 of 100.00 USD refunded\n")


async def test_a_recorded_notification_reaches_slack_only_where_it_is_selected():
    assert [] == await posted(recorded())
    for selection in ("all", '["notification.recorded"]'):
        (text,) = await posted(recorded(), selection)
        assert text.startswith("Notification: BILLING.SUBSCRIPTION.SUSPENDED\n")
        assert "Resource: agreement I-1" in text


@pytest.mark.parametrize("selection", ['["invoice.paid"]', '["dispute.resolved"]'])
async def test_what_is_not_selected_is_not_posted(selection: str):
    assert [] == await posted(disputed(), selection)
