"""Two PayPal accounts beside each other: what one says never counts for the other."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from penstock.adapters.clock import SystemClock
from penstock.api import (
    Authentic,
    Confirmed,
    Delivery,
    DisputeObservation,
    EntityKind,
    Forged,
    Observation,
    Ref,
)
from penstock.domain.payment import Payment
from penstock.pipeline.batch import Status
from penstock.testing.clock import FrozenClock
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Platform

HOUR = timedelta(hours=1)
SALE = "5CS38179PL895402Y"


def at(gateway: str, sent: Delivery) -> Delivery:
    """The same request at the route of that account."""
    return Delivery.of(gateway, sent.headers, sent.body, sent.received_at)


async def test_a_webhook_of_one_account_is_forged_at_the_others_route(stage: Stage) -> None:
    """PayPal signs for one webhook id: the same authority signs for both accounts."""
    eu, us = stage.account("paypal-eu"), stage.account("paypal-us", webhook_id="8PT597110X687430L")
    await stage.trigger(event_type="PAYMENT.SALE.COMPLETED")
    (sent,) = stage.received
    now = SystemClock().now()

    assert isinstance(await eu.authenticate(at("paypal-eu", sent), now), Authentic)
    assert isinstance(await us.authenticate(at("paypal-us", sent), now), Forged)


async def test_one_sales_id_in_two_accounts_is_two_payments(stage: Stage) -> None:
    await stage.trigger(event_type="PAYMENT.SALE.COMPLETED", set={"resource.id": SALE})
    (sent,) = stage.received
    for name in ("paypal-eu", "paypal-us"):
        account = stage.account(name)
        told = account.read(at(name, sent))
        found = await account.confirm(told, SystemClock().now())

        assert (name, f"{name}-{SALE}") == (told.gateway, told.entity)
        assert isinstance(found, Confirmed)
        assert isinstance(found.observation, Observation)
        assert SALE == found.observation.transaction.id


async def test_what_an_account_lists_is_its_own(stage: Stage) -> None:
    await stage.trigger(event_type="PAYMENT.SALE.COMPLETED", set={"resource.id": SALE})
    now = SystemClock().now()
    listed = await stage.account("paypal-eu").list_notifications(now - HOUR, now + HOUR)

    assert [("paypal-eu", f"paypal-eu-{SALE}")] == [
        (one.gateway, one.entity) for one in listed.notifications
    ]


async def test_an_accounts_payment_is_read_again_by_paypals_id(stage: Stage) -> None:
    await stage.trigger(event_type="PAYMENT.SALE.COMPLETED", set={"resource.id": SALE})
    account, now = stage.account("paypal-eu"), SystemClock().now()

    seen = await account.reread(Ref(EntityKind.payment, f"paypal-eu-{SALE}"), (), now)

    assert isinstance(seen, Observation)
    assert SALE == seen.transaction.id


async def test_a_dispute_names_payments_of_its_own_account(stage: Stage) -> None:
    resource: dict[str, Any] = {
        "dispute_id": "PP-D-5614",
        "status": "OPEN",
        "disputed_transactions": [{"seller_transaction_id": SALE}],
    }
    event = {"id": "WH-1", "event_type": "CUSTOMER.DISPUTE.CREATED", "resource": resource}
    raw = base64.b64encode(json.dumps(event).encode()).decode()
    await stage.trigger(body=raw)
    account = stage.account("paypal-eu")
    told = account.read(at("paypal-eu", stage.received[-1]))

    seen = await account.confirm(told, SystemClock().now())

    assert "paypal-eu-PP-D-5614" == told.entity
    assert isinstance(seen, Confirmed)
    assert isinstance(seen.observation, DisputeObservation)
    assert (f"paypal-eu-{SALE}",) == seen.observation.payments


async def test_a_payment_of_one_account_is_left_alone_by_the_others_notification(
    stage: Stage,
) -> None:
    """Even where an id of one account reads like an id of the other."""
    await stage.trigger(event_type="PAYMENT.SALE.COMPLETED", set={"resource.id": SALE})
    (sent,) = stage.received
    clock = FrozenClock(SystemClock().now())
    told = stage.account("paypal-eu").read(at("paypal-eu", sent))
    eu, plain = (Platform(stage.account(name), clock) for name in ("paypal-eu", "paypal"))
    plain.world.ledger = eu.world.ledger
    first = await eu.process(told)
    second = await plain.process(replace(told, gateway="paypal"), 1)
    payment = await eu.world.ledger.load(Payment, f"paypal-eu-{SALE}")

    assert (Status.done, Status.parked) == (first.status, second.status)
    assert payment is not None
    assert ("paypal-eu", 1) == (payment.gateway, len(payment.transactions))
