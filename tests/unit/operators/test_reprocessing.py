"""`reprocess`: what is asked, what is left, and when it gives up."""

from __future__ import annotations

import pytest

from penstock.domain.operation import OperationKind
from penstock.errors import LedgerConflict
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.operators.office import (
    CHARGE,
    INVOICE,
    PENDING,
    REFUND,
    RESERVED,
    SECOND,
    SUCCEEDED,
    UNKNOWN,
    Office,
    one,
)


class TestReprocessing:
    @pytest.mark.parametrize(("lost", "given_up"), [(0, False), (9, False), (10, True)])
    async def test_it_gives_up_after_ten_lost_writes(
        self, office: Office, lost: int, given_up: bool
    ) -> None:
        await office.hold(payment(operations=(one(CHARGE, UNKNOWN),)))
        office.ledger.lost = lost
        if given_up:
            with pytest.raises(LedgerConflict, match="keep writing the payment"):
                await office.reprocess()
        else:
            assert ("to be asked by the sweep: charge", []) == await office.reprocess()
        assert min(lost + 1, 10) == office.ledger.tries

    async def test_what_is_asked_is_what_is_open_and_due_by_now(self, office: Office) -> None:
        operations = (
            one(CHARGE, UNKNOWN, due_at=NOON + 99 * SECOND),
            one(OperationKind.void, due_at=NOON),
            one(OperationKind.follow, due_at=NOON + SECOND),
            one(OperationKind.collect),
            one(INVOICE, SUCCEEDED),
            one(REFUND, UNKNOWN),
        )
        await office.hold(payment(operations=operations))
        dry = await office.reprocess(dry=True)
        done = await office.reprocess()
        entry = await office.entry()

        assert ("to be asked by the sweep: charge, void", ["refund-1"]) == dry == done
        assert NOON == (await office.payment()).operations[0].due_at
        assert ({"status": "accepted"}, 1) == (entry.before, office.ledger.tries)

    async def test_a_payment_with_nothing_to_ask_says_so(self, office: Office) -> None:
        await office.hold(payment(operations=(one(REFUND, PENDING), one(REFUND, RESERVED))))
        assert "to be asked by the sweep: refund" == (await office.reprocess())[0]

        other = Office()
        await other.hold(payment(operations=(one(REFUND, RESERVED), one(CHARGE, RESERVED))))
        assert ("to be asked by the sweep: nothing", []) == await other.reprocess()
