"""Checkouts played on the simulated PayPal, from the request to the events: every stage."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from penstock.api import GatewayUnavailable, PaymentStatus
from penstock.domain.payment import Payment
from penstock.domain.rules.buyer import Standpoint
from penstock.ports import Outgoing
from penstock.testing.clock import FrozenClock
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.ordering import BOOK
from tests.unit.pipeline.store import CALLER, Store
from tests.unit.pipeline.till import PAYMENT


class AtPayPal(Store):
    """The stages with PayPal as their gateway."""

    paypal: Any

    @property
    def gateways(self) -> dict[str, Any]:
        return {"paypal": self.paypal}


@dataclass
class Shop:
    """A merchant at the simulated PayPal, which sends its webhooks here."""

    stage: Stage
    store: AtPayPal
    taken: int = 0
    token: str = ""

    async def pay(self) -> Payment:
        return await self.store.open("key-1", "paypal", BOOK, CALLER)

    async def approve(self, how: str = "pay") -> None:
        """The buyer approves on PayPal's page."""
        (order,) = self.stage.simulator.books.orders
        form = {"action": "subscribe", "how": how, "token": order}
        async with self.stage.control.post(
            "/checkoutnow", data=form, allow_redirects=False
        ) as answer:
            assert 303 == answer.status
            back = answer.headers["Location"]
        # PayPal adds to the query, which the page ignores.
        self.token = back.partition("?")[0].rpartition("/")[2]

    async def back(self, *, arrived: bool = True) -> Standpoint:
        self.store.clock.advance(6)
        returned = await self.store.returning(self.token, arrived=arrived)
        assert returned is not None
        return returned.view.standpoint

    async def work(self) -> None:
        """payments.fifo is consumed, and the webhooks that came in."""
        await self.store.work()
        await self.hear()

    async def hear(self) -> None:
        """The webhooks that came in go through process."""
        sent = self.stage.received[self.taken :]
        self.taken += len(sent)
        for number, one in enumerate(sent, self.taken):
            read = self.stage.paypal.read(one)
            await self.store.verified.send(
                Outgoing(read.dumps(), group=read.group, dedup=f"{read.id}-{number}")
            )
            await self.store.consume(self.store.verified, "process")

    async def later(self, span: timedelta) -> None:
        """Time passes, here and at PayPal."""
        self.store.clock.advance(span.total_seconds())
        ahead = self.stage.simulator.books.ahead + span
        async with self.stage.control.put(
            "/_simulator/clock", json={"ahead_seconds": ahead.total_seconds()}
        ) as answer:
            assert 200 == answer.status
        await self.hear()

    async def payment(self) -> Payment:
        return await self.store.payment()

    def captures(self) -> list[dict[str, Any]]:
        return list(self.stage.simulator.books.captures.values())


@pytest.fixture
async def shop(stage: Stage) -> Shop:
    store = AtPayPal(FrozenClock(stage.simulator.books.clock()))
    store.paypal = stage.paypal
    async with stage.control.put("/_simulator/registration", json={"url": stage.target}) as answer:
        assert 200 == answer.status
    return Shop(stage, store)


async def test_a_buyer_pays_returns_and_is_captured_once(shop: Shop):
    opened = await shop.pay()
    assert opened.approval is not None
    await shop.approve()
    await shop.hear()

    assert Standpoint.waiting is await shop.back()
    await shop.work()
    await shop.work()

    assert Standpoint.paid is await shop.back(arrived=False)
    (capture,) = shop.captures()
    held = await shop.payment()
    assert (PAYMENT, "order-7") == (capture["custom_id"], held.order.reference)
    assert held.payer is not None
    assert held.fee is not None
    assert ("buyer@example.com", 1250) == (held.payer.email, held.order.amount.minor)
    assert [capture["id"]] == [one.id for one in held.transactions]
    assert ["payment.succeeded"] == [
        one for one in await shop.store.told() if one.startswith("payment.")
    ]


async def test_a_capture_gets_its_invoice_as_every_payment_does(shop: Shop):
    await shop.pay()
    await shop.approve()
    await shop.back()
    await shop.work()
    shop.store.clock.advance(61)
    await shop.store.sweep()

    (invoice,) = await shop.stage.invoices()
    (capture,) = shop.captures()
    assert ("PAID", capture["id"], "buyer@example.com") == (
        invoice["status"],
        invoice["sale"],
        invoice["recipient"],
    )
    assert "invoice.paid" in await shop.store.told()


async def test_money_that_goes_back_of_a_capture_is_the_payments(shop: Shop):
    await shop.pay()
    await shop.approve()
    await shop.back()
    await shop.work()
    (capture,) = shop.captures()
    changes = {"resource.capture_id": capture["id"]}

    await shop.stage.trigger(event_type="PAYMENT.CAPTURE.REFUNDED", set=changes)
    await shop.hear()

    held = await shop.payment()
    assert (PaymentStatus.refunded, 1250) == (held.status, held.refunded and held.refunded.minor)
    assert "payment.refunded" in await shop.store.told()


async def test_the_webhook_alone_has_it_captured(shop: Shop):
    await shop.pay()
    await shop.approve()
    await shop.hear()
    await shop.later(timedelta(seconds=61))
    await shop.store.sweep()

    await shop.work()

    assert (PaymentStatus.succeeded, 1) == ((await shop.payment()).status, len(shop.captures()))


async def test_webhooks_of_the_capture_make_no_second_payment(shop: Shop):
    await shop.pay()
    await shop.approve()
    await shop.back()
    await shop.work()

    (capture,) = shop.captures()
    assert None is await shop.store.ledger.load(Payment, f"paypal-{capture['id']}")
    assert {"CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"} == {
        shop.stage.paypal.read(one).type for one in shop.stage.received
    }


@pytest.mark.parametrize(
    ("how", "then", "told"),
    [
        ("pending", PaymentStatus.succeeded, ["payment.pending", "payment.succeeded"]),
        ("denied", PaymentStatus.declined, ["payment.pending", "payment.declined"]),
    ],
)
async def test_a_pending_capture_ends_as_paypal_says_six_days_later(
    shop: Shop, how: str, then: PaymentStatus, told: list[str]
):
    await shop.pay()
    await shop.approve(how)
    await shop.back()
    await shop.work()
    assert Standpoint.pending is await shop.back(arrived=False)

    await shop.later(timedelta(days=6, minutes=1))

    assert then is (await shop.payment()).status
    assert told == [one for one in await shop.store.told() if one.startswith("payment.")]


async def test_a_declined_card_is_told_and_another_one_is_captured(shop: Shop):
    await shop.pay()
    await shop.approve("declined")
    await shop.back()
    await shop.work()
    assert Standpoint.failed is await shop.back(arrived=False)

    await shop.approve("pay")
    assert Standpoint.waiting is await shop.back()
    await shop.work()

    assert 1 == len(shop.captures())
    assert ["payment.declined", "payment.succeeded"] == [
        one for one in await shop.store.told() if one.startswith("payment.")
    ]


async def test_a_capture_that_paypal_makes_and_declines_is_final(shop: Shop):
    await shop.pay()
    await shop.approve("refused")
    await shop.back()
    await shop.work()

    assert Standpoint.failed is await shop.back()
    assert PaymentStatus.declined is (await shop.payment()).status
    assert 1 == len(shop.captures())


async def test_a_lost_answer_to_the_capture_is_read_on_the_order(shop: Shop):
    await shop.pay()
    await shop.approve()
    await shop.stage.fault(path="/capture$", method="POST", drop=True, after=True, times=1)
    await shop.back()
    await shop.work()
    shop.store.clock.advance(200)

    await shop.work()

    assert (PaymentStatus.succeeded, 1) == ((await shop.payment()).status, len(shop.captures()))


async def test_a_lost_answer_to_the_creation_opens_one_order(shop: Shop):
    await shop.stage.fault(path="/orders$", method="POST", drop=True, after=True, times=1)
    for _ in range(2):
        with suppress(GatewayUnavailable):
            await shop.pay()
        shop.store.clock.advance(30)

    assert PaymentStatus.approval_pending is (await shop.payment()).status
    assert 1 == len(shop.stage.simulator.books.orders)


async def test_an_order_that_nobody_approves_expires_and_paypal_shows_it_no_longer(shop: Shop):
    await shop.pay()
    await shop.later(timedelta(hours=3, minutes=6))

    await shop.store.sweep()

    assert PaymentStatus.expired is (await shop.payment()).status
    assert ["payment.expired"] == await shop.store.told()


async def test_an_approval_that_was_never_captured_is_taken_back_and_expires(shop: Shop):
    await shop.pay()
    await shop.approve()
    shop.taken = len(shop.stage.received)  # its webhook is lost

    await shop.later(timedelta(hours=3, minutes=1))

    assert (
        "CHECKOUT.PAYMENT-APPROVAL.REVERSED"
        == shop.stage.paypal.read(shop.stage.received[-1]).type
    )
    assert (PaymentStatus.expired, []) == ((await shop.payment()).status, shop.captures())
