"""Refunds of one payment at once, over the emulator's DynamoDB and SQS."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.clock import SystemClock
from penstock.adapters.ids import RandomIds
from penstock.adapters.memory import MemoryRestrictions
from penstock.api import Gateway
from penstock.domain import rules
from penstock.domain.caller import READ_AND_PAY, Caller
from penstock.domain.change import change
from penstock.domain.money import Money
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.errors import RequestRefused, TransientError
from penstock.pipeline.batch import Handled
from penstock.pipeline.gate import Gate
from penstock.pipeline.hand_over import HandOver
from penstock.pipeline.orders import ActionMessage, load_message
from penstock.pipeline.publish import Publish
from penstock.pipeline.refund import Refund
from penstock.pipeline.refunding import RefundAsked, Refunding
from penstock.testing.ports.samples import accepted
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.world import LEASE

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
CLIENT = Caller("t-1", "shop", READ_AND_PAY)
CLOCK, IDS = SystemClock(), RandomIds()


async def paid(ledger: DynamoLedger) -> Payment:
    """A payment of 20.00 USD whose money came."""
    sale = Transaction("S-1", "sale", PaymentStatus.succeeded, Money(2000, "USD"), CLOCK.now())
    came = replace(
        accepted(),
        gateway="acme",
        status=PaymentStatus.succeeded,
        paid=True,
        transactions=(sale,),
        operations=(),
    )
    await ledger.commit(change(None, came, now=CLOCK.now(), new_id=IDS.new))
    held = await ledger.load(Payment, came.id)
    assert held is not None
    return held


async def test_twenty_refunds_at_once_send_back_no_more_than_was_paid(bench) -> None:
    ledger = DynamoLedger(bench.clients, await bench.table(), CLOCK, IDS)
    queue, events = await bench.queue(30), await bench.queue(30, stem="events")
    payment, acme = await paid(ledger), Acme()
    refunding = Refunding(
        ledger, HandOver(ledger, queue.channel, CLOCK, IDS), CLOCK, IDS, {"acme"}
    )
    gateways: dict[str, Gateway] = {"acme": acme}
    publish = Publish(ledger, events.channel, CLOCK, IDS)
    stage = Refund(gateways, ledger, publish, CLOCK, IDS, LEASE, Gate(MemoryRestrictions(), CLOCK))

    async def one(number: int) -> bool:
        try:
            await refunding(f"k-{number}", payment.id, RefundAsked(150, "USD"), CLIENT)
        except RequestRefused:
            return False
        return True

    taken = await asyncio.gather(*(one(number) for number in range(20)))
    messages = [one async for one in _all(queue)]
    for body in messages:
        # The queue hands a group's messages out in order; a copy of one may be worked on twice.
        asked = load_message(body)
        assert isinstance(asked, ActionMessage)
        told = await asyncio.gather(stage(asked), stage(asked), return_exceptions=True)
        assert all(isinstance(one, Handled | TransientError) for one in told)

    held = await ledger.load(Payment, payment.id)
    assert held is not None
    states = [operation.state for operation, _ in rules.refunds_of(held)]
    assert (13, 13) == (sum(taken), len(messages))
    assert [OperationState.succeeded] * 13 == states
    assert (13, 13) == (len(acme.refund_calls), len(acme.sent_back))
    assert Money(13 * 150, "USD") == held.refunded


async def _all(queue):
    while batch := await queue.inbox.receive(10, 0):
        for message in batch:
            yield message.body
            await queue.inbox.delete(message)


async def test_as_many_refunds_as_a_payment_takes_fit_into_its_state(bench) -> None:
    ledger = DynamoLedger(bench.clients, await bench.table(), CLOCK, IDS)
    queue = await bench.queue(30)
    payment = await paid(ledger)
    refunding = Refunding(
        ledger, HandOver(ledger, queue.channel, CLOCK, IDS), CLOCK, IDS, {"acme"}
    )
    longest = "\N{GRINNING FACE}" * 255

    for number in range(rules.MOST_REFUNDS):
        asked = RefundAsked(1, "USD", longest, longest)
        await refunding(f"k-{number}", payment.id, asked, CLIENT)

    held = await ledger.load(Payment, payment.id)
    assert held is not None
    assert rules.MOST_REFUNDS == len(list(rules.refunds_of(held)))
