"""The invoice: no keys at the gateway, and yet exactly one, sent and recorded."""

from dataclasses import replace

import pytest

from penstock.api import (
    InvoiceDraft,
    InvoiceState,
    NotSent,
    PaymentStatus,
    Refused,
    Unanswered,
)
from penstock.domain.operation import OperationState
from penstock.domain.rules import WENT_BACK
from penstock.errors import GatewayUnavailable
from penstock.ports import Outgoing
from tests.unit.pipeline.acme import Acme, notification
from tests.unit.pipeline.invoicing import arrive, away_once, operation, refusing
from tests.unit.pipeline.world import World


class Killed(BaseException):
    """The process is gone: no handler of ours may catch it."""


class Dead:
    """A channel that the process does not outlive."""

    async def send(self, message: Outgoing) -> None:
        raise Killed


async def test_a_creation_that_was_not_answered_and_happened_is_found_not_repeated():
    world = World(Acme(create_answers=[Unanswered("timeout")], creates_before_answering=True))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.clock.advance(5)

    await world.consume(world.verified, world.process)

    assert (1, ["INV-1"]) == (len(world.acme.invoices), world.acme.mails)
    assert OperationState.succeeded is (await operation(world)).state


async def test_a_creation_that_was_not_answered_is_repeated_only_after_a_long_empty_search():
    world = World(Acme(create_answers=[Unanswered("timeout")]))
    await arrive(world)
    created: list[int] = []
    for _ in range(12):
        await world.consume(world.verified, world.process)
        created.append(len(world.acme.invoices))
        world.clock.advance(60)

    assert 0 == created[9]
    assert (1, OperationState.succeeded) == (created[-1], (await operation(world)).state)


async def test_a_creation_that_was_not_sent_is_sent_again_soon():
    world = World(Acme(create_answers=[NotSent("503", retry_after=1)]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.clock.advance(1)

    await world.consume(world.verified, world.process)

    assert (1, OperationState.succeeded) == (
        len(world.acme.invoices),
        (await operation(world)).state,
    )


async def test_an_invoice_the_gateway_refuses_is_withheld_with_its_reason():
    world = World(Acme(create_answers=[Refused("INVALID_RECIPIENT")]))
    await arrive(world)

    (result,) = await world.consume(world.verified, world.process)

    *_, withheld = await world.published()
    assert ("done", "invoice.withheld", "INVALID_RECIPIENT") == (
        result.status,
        withheld.type,
        withheld.data["because"],
    )


async def test_a_refusal_to_send_withholds_it_too():
    world = World(Acme(on_send=refusing("CANNOT_SEND")))
    await arrive(world)

    await world.consume(world.verified, world.process)

    assert ["payment.succeeded", "invoice.withheld"] == [e.type for e in await world.published()]
    assert OperationState.declined is (await operation(world)).state


@pytest.mark.parametrize("back", [PaymentStatus.refunded, PaymentStatus.reversed])
async def test_no_invoice_is_mailed_or_made_once_the_money_went_back(back: PaymentStatus):
    made = World(Acme(on_send=away_once()))
    doubtful = World(Acme(create_answers=[Unanswered("timeout")]))
    for world in (made, doubtful):
        await arrive(world)
        await world.consume(world.verified, world.process)
        await world.verified.purge()
        world.acme.sale = replace(world.acme.sale, status=back)
        other = notification("WH-2", delivery_id="d-2")
        await world.verified.send(Outgoing(other.dumps(), group=other.group, dedup="d-2"))
        for _ in range(15):
            await world.consume(world.verified, world.process)
            world.clock.advance(60)

        assert [] == world.acme.mails
        assert WENT_BACK == (await world.published())[-1].data["because"]
    assert (1, 0) == (len(made.acme.invoices), len(doubtful.acme.invoices))


async def test_an_interrupted_pair_goes_on_where_the_gateway_says_it_stands():
    world = World(Acme(on_record=away_once()))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.clock.advance(5)

    await world.consume(world.verified, world.process)

    assert (["INV-1"], ["SALE1"]) == (world.acme.mails, world.acme.recorded)
    assert OperationState.succeeded is (await operation(world)).state


async def test_an_invoice_the_buyer_paid_in_between_is_an_alarm():
    world = World()
    world.acme.on_record = lambda: world.acme.put("INV-1", InvoiceState.paid_twice)
    await arrive(world)

    await world.consume(world.verified, world.process)

    assert ["payment.succeeded", "invoice.paid", "invoice.paid_twice"] == [
        event.type for event in await world.published()
    ]


async def test_the_sweep_finishes_an_invoice_whose_message_is_gone():
    world = World(Acme(create_answers=[NotSent("503")]))
    await arrive(world)
    await world.consume(world.verified, world.process)
    await world.verified.purge()
    world.clock.advance(120)

    await world.sweep()

    assert OperationState.succeeded is (await operation(world)).state
    assert "invoice.paid" == (await world.published())[-1].type


@pytest.mark.parametrize("state", [InvoiceState.cancelled])
async def test_an_invoice_somebody_cancelled_is_not_made_again(state: InvoiceState):
    def cancel() -> None:
        world.acme.put("INV-1", state)
        raise GatewayUnavailable("away")

    world = World(Acme(on_send=cancel))
    await arrive(world)
    await world.consume(world.verified, world.process)
    world.clock.advance(5)

    await world.consume(world.verified, world.process)

    assert 1 == len(world.acme.invoices)
    assert "invoice.withheld" == (await world.published())[-1].type


async def test_an_invoice_whose_id_is_noted_needs_no_search():
    def die() -> None:
        raise Killed

    world = World(Acme(on_send=die))
    await arrive(world)
    with pytest.raises(Killed):
        await world.consume(world.verified, world.process)
    world.acme.on_send = lambda: None
    world.acme.searchable = False
    world.clock.advance(200)

    await world.consume(world.verified, world.process)

    assert (1, OperationState.succeeded) == (
        len(world.acme.invoices),
        (await operation(world)).state,
    )


async def test_the_sweep_publishes_what_a_crash_left_unsent_though_the_invoice_waits():
    world = World(Acme(create_answers=[Unanswered("timeout"), Unanswered("timeout")]))
    await arrive(world)
    (message,) = await world.verified.receive(10, 0)
    world.wrap = lambda port: Dead() if port is world.events else port
    with pytest.raises(Killed):
        await world.process(message)
    world.wrap = lambda port: port
    world.clock.advance(120)

    (swept,) = await world.sweep()

    assert swept.error is not None
    assert ["payment.succeeded"] == [event.type for event in await world.published()]


async def test_an_invoice_that_does_not_read_back_as_paid_stays_open():
    world = World()

    async def taken_and_not_shown(reference: str, draft: InvoiceDraft) -> None:
        world.acme.recorded.append(draft.transaction)

    world.acme.record_payment = taken_and_not_shown  # type: ignore[method-assign]  # a bank that lags
    await arrive(world)
    (result,) = await world.consume(world.verified, world.process)

    assert ("retry", True) == (result.status, (await operation(world)).open)
