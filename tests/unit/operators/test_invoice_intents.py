"""`invoices make`: what the trail shows, and which command is the same one again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payer
from penstock.domain.rules import NO_RECIPIENT
from penstock.errors import CommandRefused
from penstock.testing.clock import NOON
from tests.unit.operators.office import (
    ADA,
    DECLINED,
    INVOICE,
    SECOND,
    UNKNOWN,
    WHY,
    Office,
    one,
    paid,
)


class TestAnInvoice:
    async def test_it_is_reserved_and_the_trail_shows_how_it_stood(self, office: Office) -> None:
        await office.hold(replace(paid(one(INVOICE, DECLINED)), invoice_withheld="no address"))
        dry = await office.make(dry=True)
        done = await office.make()
        entry = await office.entry()

        assert ("invoice PS-1 reserved; the sweep makes it", False) == dry == done
        assert {"number": "none", "withheld": "no address", "state": "declined"} == entry.before
        assert entry.done is not None
        assert {"number": "PS-1", "withheld": "no", "state": "reserved"} == entry.done.after
        assert ("invoices make", ("payment#pay-1",)) == (entry.begun.command, entry.begun.subjects)

    @pytest.mark.parametrize(
        ("operation", "because", "already"),
        [
            (one(INVOICE, reason=WHY), WHY, True),
            (one(INVOICE, reason=WHY), "a", False),
            (one(INVOICE, reason=WHY), "z", False),
            (one(INVOICE, reason=WHY, attempts=1), WHY, False),
            (one(INVOICE, UNKNOWN, reason=WHY), WHY, False),
        ],
    )
    @pytest.mark.parametrize("dry", [False, True])
    async def test_the_same_command_again_is_told_from_another_one(
        self, office: Office, operation: Operation, because: str, already: bool, dry: bool
    ) -> None:
        await office.hold(replace(paid(operation), invoice_number="PS-7"))
        if already:
            effect = "invoice PS-7 reserved before; the sweep makes it"
            assert effect == (await office.make(because, dry=dry))[0]
        else:
            with pytest.raises(CommandRefused, match=r"not made: invoice PS-7 is under way"):
                await office.make(because, dry=dry)
        assert 0 == office.ledger.tries

    @pytest.mark.parametrize("due", [-1, 1])
    @pytest.mark.parametrize("payer", [None, ADA])
    async def test_it_says_whether_the_address_is_asked_for_first(
        self, office: Office, payer: Payer | None, due: int
    ) -> None:
        reread = one(OperationKind.reread, reason=NO_RECIPIENT, due_at=NOON + due * SECOND)
        await office.hold(paid(reread, payer=payer))

        assert (payer is None) is (await office.make())[1]

    async def test_a_payment_without_an_invoice_says_none_in_the_trail(
        self, office: Office
    ) -> None:
        await office.hold(paid())
        await office.make()

        assert {"number": "none", "withheld": "no", "state": "none"} == (
            await office.entry()
        ).before
