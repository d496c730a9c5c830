"""A refund asked for, through the pipeline and the simulated PayPal: money, events, invoice."""

from __future__ import annotations

import pytest

from penstock.api import PaymentStatus
from penstock.domain import rules
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationState
from penstock.domain.payment import Payment
from penstock.pipeline.refunding import RefundAsked
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played
from tests.unit.pipeline.world import CALLER


async def paid(stage: Stage) -> tuple[Played, Payment]:
    """A subscription's sale of 12.50 USD that is invoiced, and PayPal's webhooks kept."""
    stage.simulator.registry.register(stage.target)
    played = await _sold(stage)
    (sale,) = stage.simulator.books.sales
    held = await played.platform.payment(sale)
    assert held is not None
    return played, held


async def _sold(stage: Stage) -> Played:
    played = Played.on(stage)
    await played.trigger("PAYMENT.SALE.COMPLETED")
    for _ in range(3):
        played.later(minutes=2)
        await played.platform.sweep()
    return played


async def ask(played: Played, payment: Payment, amount: int, key: str = "k-1") -> str:
    _, refund = await played.platform.world.refunding(
        key, payment.id, RefundAsked(amount, "USD", note="sorry"), CALLER
    )
    return refund.id


async def work(played: Played) -> None:
    """The consumer of payments.fifo, then the webhooks that came of it, then the sweep."""
    world = played.platform.world
    await world.consume(world.payments, world.dispatch)
    played.platform.events += await world.published()


async def heard(played: Played) -> None:
    """PayPal's webhooks about refunds are processed."""
    for number, delivery in enumerate(played.stage.received):
        notification = played.stage.paypal.read(delivery)
        if "REFUND" in notification.type:
            await played.platform.process(notification, number)


async def refund_of(played: Played, payment: Payment) -> tuple[Payment, Operation]:
    held = await played.platform.world.payment(payment.id)
    (found,) = [one for one, _ in rules.refunds_of(held)]
    return held, found


@pytest.mark.parametrize("order", ["answer, webhook", "webhook, answer"])
async def test_a_refund_is_counted_published_and_invoiced_once(stage: Stage, order: str) -> None:
    played, payment = await paid(stage)
    await ask(played, payment, 500)
    if order == "webhook, answer":
        # PayPal's answer is lost; its webhook comes first.
        await stage.fault(method="POST", path="/refund$", drop=True, after=True, times=1)
        await work(played)
        await heard(played)
        played.later(minutes=1)
        await work(played)
    else:
        await work(played)
        await heard(played)
    for _ in range(3):
        played.later(minutes=2)
        await played.platform.sweep()

    held, found = await refund_of(played, payment)
    assert (OperationState.succeeded, PaymentStatus.partially_refunded, Money(500, "USD")) == (
        found.state,
        held.status,
        held.refunded,
    )
    assert [("payment.refunded", "500 USD")] == played.platform.said("payment.refunded")
    assert 1 == len(stage.simulator.books.refunds)
    (invoice,) = stage.simulator.books.invoices.values()
    assert ["5.00"] == [one["amount"]["value"] for one in invoice["refunds"]["transactions"]]


async def test_a_refund_in_doubt_is_asked_again_under_its_path_and_id(stage: Stage) -> None:
    played, payment = await paid(stage)
    await ask(played, payment, 500)
    for times in range(3):
        status = 503 if times else 500
        await stage.fault(method="POST", path="/refund$", status=status, after=True, times=1)
    for _ in range(6):
        await work(played)
        played.later(minutes=10)

    _, found = await refund_of(played, payment)
    asked = [path for method, path in await stage.asked() if path.endswith("/refund")]
    assert OperationState.succeeded is found.state
    assert (4, 1) == (len(asked), len(set(asked)))
    assert 1 == len(stage.simulator.books.refunds)


async def test_a_refusal_frees_the_amount_and_says_why(stage: Stage) -> None:
    played, payment = await paid(stage)
    async with stage.control.put("/_simulator/refunds", json={"outcomes": ["insufficient"]}):
        pass
    await ask(played, payment, 500)

    await work(played)

    held, found = await refund_of(played, payment)
    (event,) = [one for one in played.platform.events if one.type == "refund.failed"]
    assert OperationState.declined is found.state
    assert "INSUFFICIENT_FUNDS" in event.data["because"]
    assert Money(1250, "USD") == rules.refundable(held)


async def test_a_pending_refund_that_completes_is_counted_once(stage: Stage) -> None:
    played, payment = await paid(stage)
    async with stage.control.put("/_simulator/refunds", json={"outcomes": ["pending"]}):
        pass
    await ask(played, payment, 500)
    await work(played)
    (reference,) = stage.simulator.books.refunds
    where = f"/_simulator/refunds/{reference}"
    async with stage.control.put(where, json={"state": "completed"}):
        pass

    played.later(minutes=10)
    await played.platform.sweep()

    held, found = await refund_of(played, payment)
    assert (OperationState.succeeded, Money(500, "USD")) == (found.state, held.refunded)
    assert [("payment.refunded", "500 USD")] == played.platform.said("payment.refunded")
