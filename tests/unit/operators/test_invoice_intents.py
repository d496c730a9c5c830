"""`invoices make`: what the trail shows, and which command is the same one again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Payer
from penstock.domain.rules import NO_RECIPIENT
from penstock.errors import CommandRefused
from penstock.operators.invoices import MakeInvoice, Request, number_of
from penstock.testing.clock import NOON
from tests.unit.operators.office import (
    ADA,
    DECLINED,
    INVOICE,
    SECOND,
    SUCCEEDED,
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

    async def make(self, office: Office, asked: Request, *, new_number: bool = False) -> bool:
        command = MakeInvoice(office.ledger, office.clock, office.ids, office.audited)
        made = await command("pay-1", "again", new_number=new_number, asked=asked)
        return made.already

    @pytest.mark.parametrize("name", ["k-0", "k-1", "k-2"])
    @pytest.mark.parametrize("state", [DECLINED, SUCCEEDED, UNKNOWN])
    async def test_a_request_is_known_by_its_name_whatever_became_of_the_invoice(
        self, office: Office, name: str, state: OperationState
    ) -> None:
        done = one(INVOICE, state, command="k-1", reason=WHY)
        await office.hold(replace(paid(done), invoice_number="PS-7"))
        if name == "k-1":
            assert await self.make(office, Request(name, "PS-9"), new_number=True)
        elif state is DECLINED:
            assert not await self.make(office, Request(name, ""))
            made = (await office.payment()).operation(INVOICE)
            assert name == (made and made.command)
        else:
            with pytest.raises(CommandRefused, match="the invoice is not made"):
                await self.make(office, Request(name, ""))

    @pytest.mark.parametrize(
        ("known", "asked", "refused"),
        [
            ("PS-7", "PS-7", None),
            ("PS-7", "PS-6", "its number was PS-6 when you first asked, and is PS-7 now"),
            ("PS-7", "PS-8", "its number was PS-8 when you first asked, and is PS-7 now"),
            ("PS-7", "", "its number was none when you first asked, and is PS-7 now"),
            (None, "", None),
        ],
    )
    async def test_another_number_is_taken_only_after_the_one_that_was_there_at_first(
        self, office: Office, known: str | None, asked: str, refused: str | None
    ) -> None:
        await office.hold(replace(paid(one(INVOICE, DECLINED)), invoice_number=known))
        assert (known or "") == await number_of(office.ledger, "pay-1")
        if refused is None:
            assert not await self.make(office, Request("k-1", asked), new_number=True)
        else:
            with pytest.raises(CommandRefused, match=refused):
                await self.make(office, Request("k-1", asked), new_number=True)
            assert not await self.make(office, Request("k-1", asked))

    async def test_a_payment_that_is_not_there_has_no_number(self, office: Office) -> None:
        assert "" == await number_of(office.ledger, "pay-9")
