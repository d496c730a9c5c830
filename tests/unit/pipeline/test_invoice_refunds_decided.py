"""What went back is on the invoice to the cent, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import InvoiceDraft, InvoiceRefund, Money
from penstock.domain.change import Change
from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.payment import Payment
from penstock.errors import GatewayUnavailable, UnknownGateway
from tests.unit.pipeline.acme import Acme
from tests.unit.pipeline.invoicing import away_once, operation, paid, refusing
from tests.unit.pipeline.test_invoice_refunds import (
    REFUNDS,
    invoiced,
    news,
    on_invoice,
    part_gone,
    refund,
)
from tests.unit.pipeline.world import LEASE, World


class TestRefundsOnAnInvoice:
    """What went back is on the invoice to the cent."""

    @pytest.mark.parametrize("on_it", [1, 300, 301, 302, 1500])
    async def test_the_total_is_what_went_back_whatever_was_on_it(self, on_it: int):
        held = [InvoiceRefund("A", Money(on_it, "USD"))]
        world = await invoiced(Acme(invoice_refunds_held=held))
        part_gone(world.acme, refund(300))

        await news(world, "WH-2")

        assert 300 == on_invoice(world)

    @pytest.mark.parametrize(
        ("on_it", "back", "left"),
        [
            ({"A": 1000, "B": 200}, 1000, ["A"]),
            ({"A": 200, "B": 1000}, 1000, ["B"]),
            ({"A": 500, "B": 200}, 200, ["B"]),
            ({"A": 300, "B": 301}, 300, ["A"]),
            ({"A": 300, "B": 300}, 300, ["B"]),
            ({"A": 250, "B": 260, "C": 270}, 520, ["A", "C"]),
        ],
    )
    async def test_the_refund_that_makes_it_right_is_deleted(
        self, on_it: dict[str, int], back: int, left: list[str]
    ):
        held = [InvoiceRefund(name, Money(minor, "USD")) for name, minor in on_it.items()]
        world = await invoiced(Acme(invoice_refunds_held=held))
        part_gone(world.acme, refund(back))

        await news(world, "WH-2")

        assert (left, []) == (
            [one.id for one in world.acme.invoice_refunds_held],
            world.acme.refunds_recorded,
        )

    async def test_that_are_refused_count_their_attempt(self):
        world = await invoiced(Acme(before_refund=refusing("no")))
        part_gone(world.acme, refund(300))
        await news(world, "WH-2")

        found = await operation(world, REFUNDS)
        assert (OperationState.declined, 1) == (found.state, found.attempts)

    async def test_of_a_gateway_that_is_not_configured_stay_open(self):
        world = await invoiced(Acme(before_refund=away_once()))
        part_gone(world.acme, refund(300))
        await news(world, "WH-2")
        held = await paid(world)
        invoicing = replace(world.invoicing, gateways={})

        with pytest.raises(UnknownGateway):
            await invoicing(held)
        assert (await operation(world, REFUNDS)).open

    @pytest.mark.parametrize("lacks", ["capability", "draft", "reference"])
    async def test_that_cannot_be_recorded_are_refused_with_the_reason(self, lacks: str):
        class NoRefunds:
            name = "acme"

        world = await invoiced(Acme(before_refund=away_once()))
        part_gone(world.acme, refund(300))
        await news(world, "WH-2")
        held = await paid(world)
        invoicing = world.invoicing
        world.clock.advance(LEASE.total_seconds())
        if lacks == "capability":
            invoicing = replace(invoicing, gateways={"acme": NoRefunds()})  # type: ignore[dict-item]  # its plugin was changed
        elif lacks == "draft":
            held = await rewritten(world, replace(held, invoice_number=None))
        else:
            made = held.operation(OperationKind.invoice)
            assert made is not None
            held = await rewritten(world, held.with_operation(replace(made, reference=None)))

        await invoicing(held)

        found = await operation(world, REFUNDS)
        assert (OperationState.declined, "its gateway records no refunds on invoices") == (
            found.state,
            found.reason,
        )
        assert [] == world.acme.refunds_recorded

    async def test_whose_first_look_fails_are_not_in_doubt(self):
        world = await invoiced()
        part_gone(world.acme, refund(300))
        look = world.acme.invoice_refunds

        async def away(reference: str, draft: InvoiceDraft) -> tuple[InvoiceRefund, ...]:
            raise GatewayUnavailable("503")

        world.acme.invoice_refunds = away  # type: ignore[method-assign]  # and then up again
        await news(world, "WH-2")
        assert OperationState.reserved is (await operation(world, REFUNDS)).state
        world.acme.invoice_refunds = look  # type: ignore[method-assign]  # up again
        world.clock.advance(120)
        await world.sweep()

        assert [300] == world.acme.refunds_recorded


async def rewritten(world: World, after: Payment) -> Payment:
    """The payment as another version of the code would have left it."""
    newer = replace(after, version=after.version + 1)
    await world.ledger.commit(Change(newer, after.version))
    return newer
