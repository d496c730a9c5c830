"""A notification tells of a charge's money first: nothing is sent, and no answer undoes it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from penstock.api import (
    ChargeRequest,
    Critical,
    Declined,
    LookupAnswer,
    Money,
    NotFound,
    NotSent,
    Refused,
    Unanswered,
)
from penstock.api.answers import ChargeAnswer
from penstock.domain.change import Change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.charging import payment, send
from tests.unit.pipeline.world import World

State = OperationState
PAID = Transaction("ch-1", "charge", PaymentStatus.succeeded, Money(1250, "USD"), NOON)


async def told(world: World) -> None:
    """A notification tells that the money came."""
    before: Payment = await payment(world)
    paid = replace(
        before,
        version=before.version + 1,
        status=PaymentStatus.succeeded,
        paid=True,
        transactions=(PAID,),
    )
    await world.ledger.commit(Change(paid, before.version))


async def charge(world: World) -> Operation:
    found = (await payment(world)).operation(OperationKind.charge)
    assert found is not None
    return found


async def is_settled(world: World) -> bool:
    """Whether the payment is as it was told, and its charge is done."""
    now, operation = await payment(world), await charge(world)
    done = (operation.state, operation.reference) == (State.succeeded, PAID.id)
    return done and (now.status, now.transactions) == (PaymentStatus.succeeded, (PAID,))


@pytest.mark.parametrize("keys", [True, False])
@pytest.mark.parametrize("first", [NotSent("later"), Unanswered("timeout")])
async def test_a_charge_whose_money_was_told_of_is_not_sent_again(first: ChargeAnswer, keys: bool):
    acme = Acme(answers=[first], idempotent_charges=keys)
    world = World(acme)
    await send(world)
    await world.consume(world.payments, world.charge)
    await told(world)
    world.clock.advance(600)

    (result,) = await world.consume(world.payments, world.charge)

    assert ("done", 1) == (result.status, acme.charge_calls)
    assert await is_settled(world)


@dataclass
class ToldMeanwhile(Acme):
    """Its notification comes between a request and its answer."""

    world: World | None = None

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        assert self.world is not None
        await told(self.world)
        return await super().charge(request)

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        return NotFound()


@pytest.mark.parametrize(
    "answer",
    [
        NotSent("later"),
        Unanswered("timeout"),
        Declined("409"),
        Refused("400"),
        Critical("500"),
    ],
)
async def test_no_answer_takes_back_what_was_told_meanwhile(answer: ChargeAnswer):
    acme = ToldMeanwhile(answers=[answer])
    acme.world = world = World(acme)
    await send(world)

    (result,) = await world.consume(world.payments, world.charge)

    assert "done" == result.status
    assert await is_settled(world)


async def test_the_sweep_asks_nobody_about_a_charge_whose_money_was_told_of():
    class Asked(Acme):
        async def look_up(self, request: ChargeRequest) -> LookupAnswer:
            raise AssertionError("it was asked")

    world = World(Asked(answers=[Unanswered("timeout")]))
    await send(world)
    await world.consume(world.payments, world.charge)
    await told(world)
    world.clock.advance(600)

    await world.charge.settle_by_lookup(await payment(world))

    assert await is_settled(world)
