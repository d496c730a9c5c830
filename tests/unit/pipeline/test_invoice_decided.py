"""What an invoice says, when it is looked at again, and what is never recorded or sent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from penstock.api import (
    Invoice,
    InvoiceDraft,
    InvoiceState,
    Money,
    NotSent,
    Plan,
    Refused,
    Unanswered,
)
from penstock.domain.change import Change
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Transaction
from penstock.domain.restriction import RestrictionKind
from penstock.errors import NotShownYet, OperationInFlight
from penstock.pipeline.invoice_work import InvoiceWork, draft_of
from penstock.testing.builders import payment
from tests.unit.operators.restricting import restrict
from tests.unit.pipeline.acme import NOON, Acme
from tests.unit.pipeline.invoicing import arrive, operation, refusing
from tests.unit.pipeline.world import LEASE, UNKNOWN_AFTER, World

SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
ADA = Payer("PAYER1", "Ada", "ada@example.test")
MADE = Operation("op", OperationKind.invoice, OperationState.succeeded, reference="INV-1")


def sold(**rest: object) -> Payment:
    order = Order(SALE.amount, reference="order-1")
    given: dict[str, object] = {
        "order": order,
        "transactions": (SALE,),
        "payer": ADA,
        "invoice_number": "PS-SALE1",
        **rest,
    }
    return payment("acme-SALE1", **given)


@pytest.mark.parametrize(
    ("rest", "item"),
    [
        ({}, "Payment"),
        ({"order": Order(SALE.amount, description="A book")}, "A book"),
        ({"plan": Plan("GOLD")}, "GOLD"),
        ({"plan": Plan("GOLD", "Gold")}, "Gold"),
        ({"plan": Plan("GOLD"), "order": Order(SALE.amount, description="A book")}, "GOLD"),
    ],
)
def test_an_invoice_names_the_plan_or_what_was_ordered(rest: dict[str, object], item: str):
    draft = draft_of(sold(**rest))

    assert draft is not None
    assert (item, "ada@example.test", "Ada", "PS-SALE1", SALE.amount) == (
        draft.item,
        draft.recipient,
        draft.payer_name,
        draft.number,
        draft.amount,
    )


@pytest.mark.parametrize(
    ("rest", "recipient"),
    [
        ({}, "ada@example.test"),
        ({"transactions": ()}, None),
        ({"invoice_number": None}, None),
        ({"payer": None}, None),
        ({"payer": Payer("PAYER1")}, None),
        ({"payer": Payer("PAYER1"), "forgotten_at": NOON}, None),
        ({"payer": Payer("PAYER1"), "operations": (MADE,)}, None),
        ({"payer": Payer("PAYER1"), "operations": (MADE,), "forgotten_at": NOON}, ""),
        ({"payer": None, "operations": (MADE,), "forgotten_at": NOON}, ""),
        ({"operations": (MADE,), "forgotten_at": NOON}, "ada@example.test"),
        (
            {
                "payer": None,
                "operations": (replace(MADE, reference=None),),
                "forgotten_at": NOON,
            },
            None,
        ),
    ],
)
def test_an_invoice_needs_an_address_unless_it_was_made_before_its_payer_was_forgotten(
    rest: dict[str, object], recipient: str | None
):
    draft = draft_of(sold(**rest))

    assert recipient == (draft.recipient if draft else None)


def work(world: World) -> InvoiceWork:
    return world.invoicing.work


async def kept(world: World, one: Operation) -> Payment:
    """A sale in the ledger that holds this operation."""
    held = replace(sold(operations=(one,)), gateway="acme")
    await world.ledger.commit(Change(held, None))
    return held


@pytest.mark.parametrize(("seconds", "left"), [(-1, 1), (0, None), (1, None)])
def test_a_worker_that_may_be_at_an_invoice_is_waited_for_until_its_lease_ends(
    seconds: float, left: float | None
):
    world = World()
    begun = MADE.submit(world.clock.now(), LEASE)
    world.clock.advance(LEASE.total_seconds() + seconds)

    if left is None:
        work(world).free(begun)
        work(world).free(replace(begun, lease_until=None))
    else:
        with pytest.raises(OperationInFlight) as told:
            work(world).free(begun)
        assert left == told.value.retry_after


@pytest.mark.parametrize(("left", "over"), [(600, False), (1, False), (0.5, False), (0, True)])
async def test_a_lost_request_is_sent_again_only_after_the_whole_wait(left: float, over: bool):
    world = World()
    lost = replace(
        Operation("op", OperationKind.invoice, OperationState.unknown, lost_at=NOON),
        absent_since=world.clock.now(),
    )
    held = await kept(world, lost)
    world.clock.advance(UNKNOWN_AFTER.total_seconds() - left)

    if over:
        await work(world).wait_out(held, lost, "not there")
    else:
        with pytest.raises(NotShownYet, match="not there: unknown yet") as told:
            await work(world).wait_out(held, lost, "not there")
        assert left == told.value.retry_after
    assert held == await world.payment()


async def test_the_wait_begins_at_the_first_empty_look():
    world = World()
    lost = Operation("op", OperationKind.invoice, OperationState.unknown, lost_at=NOON)
    held = await kept(world, lost)
    world.clock.advance(3600)

    with pytest.raises(NotShownYet) as told:
        await work(world).wait_out(held, lost, "not there")

    (noted,) = (await world.payment()).operations
    assert (600, world.clock.now()) == (told.value.retry_after, noted.absent_since)


@pytest.mark.parametrize(
    ("restricted_at", "due_in", "noted"),
    [
        (None, None, True),
        (None, 60, True),
        (NOON, None, True),
        (NOON, -60, True),
        (NOON, 0, True),
        (NOON, 60, False),
    ],
)
async def test_that_an_invoice_is_held_is_noted_once_until_it_is_due(
    restricted_at: datetime | None, due_in: float | None, noted: bool
):
    world = World()
    await restrict(world, RestrictionKind.gateway, "acme")
    due_at = None if due_in is None else world.clock.now() + timedelta(seconds=due_in)
    one = Operation(
        "op", OperationKind.invoice, due_at=due_at, restricted_at=restricted_at, reason="x"
    )
    held = await kept(world, one)
    found = await work(world).restriction(held)
    assert found is not None

    after = await work(world).keep(held, one, found)

    assert (after == held) is not noted
    assert after == await world.payment()


async def test_the_latest_copy_is_the_one_in_hand_unless_somebody_wrote_it():
    world = World()
    held = await kept(world, MADE)

    assert held is await work(world).latest(held)
    newer = replace(held, version=1)
    await world.ledger.commit(Change(newer, 0))
    assert newer == await work(world).latest(held)
    lost = payment("acme-NONE")
    assert lost is await work(world).latest(lost)


@pytest.mark.parametrize(("named", "seconds"), [(None, 60), (7, 7), (90, 90)])
async def test_an_invoice_that_was_not_sent_is_due_when_the_gateway_says_or_in_a_minute(
    named: float | None, seconds: float
):
    world = World(Acme(create_answers=[NotSent("later", named)]))
    await arrive(world)
    await world.consume(world.verified, world.process)

    assert world.clock.now() + timedelta(seconds=seconds) == (await operation(world)).due_at


@pytest.mark.parametrize("answer", [Refused("no"), None])
async def test_an_invoice_that_was_refused_counts_its_attempt(answer: Refused | None):
    foreign = Invoice("INV-9", "PS-SALE1", InvoiceState.sent, foreign=True)
    world = World(Acme(create_answers=[answer] if answer else [], invoices=[foreign]))
    if answer:
        world.acme.invoices = []
    await arrive(world)
    await world.consume(world.verified, world.process)

    found = await operation(world)
    assert (OperationState.declined, 1) == (found.state, found.attempts)


async def test_an_invoice_of_a_gateway_that_makes_none_any_more_is_payable_only_if_it_was_made():
    class NoInvoices:
        name = "acme"

    world = World(Acme(create_answers=[NotSent("503")]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.acme = NoInvoices()  # type: ignore[assignment]  # its plugin was changed
    world.clock.advance(120)

    await world.sweep()

    *_, withheld = await world.published()
    assert ("invoice.withheld", False) == (withheld.type, "payable" in withheld.data)


async def test_an_invoice_that_is_not_shown_after_its_payment_was_recorded_stays_open():
    world = World()
    record = world.acme.record_payment

    async def hidden(reference: str, draft: InvoiceDraft) -> None:
        await record(reference, draft)
        world.acme.invoices = []

    world.acme.record_payment = hidden  # type: ignore[method-assign]  # a bank that lags
    await arrive(world)
    (result,) = await world.consume(world.verified, world.process)

    assert "the gateway does not show the invoice as paid yet" == result.error


@pytest.mark.parametrize("shown", [True, False])
async def test_an_invoice_that_stays_payable_is_looked_at_again_a_day_later(shown: bool):
    world = World(Acme(on_record=refusing("no"), on_cancel=refusing("not yours")))
    await arrive(world)
    await world.consume(world.verified, world.process)
    assert world.clock.now() + timedelta(days=1) == (await operation(world)).due_at
    if not shown:
        world.acme.invoices = []
    world.clock.advance(86_400)

    await world.sweep()

    found = await operation(world)
    assert (OperationState.pending, world.clock.now() + timedelta(days=1)) == (
        found.state,
        found.due_at,
    )


async def test_a_creation_whose_answer_was_lost_has_no_worker_any_more():
    world = World(Acme(create_answers=[Unanswered("lost")]))
    await arrive(world)
    await world.consume(world.verified, world.process)

    assert (await operation(world)).lease_until is None
