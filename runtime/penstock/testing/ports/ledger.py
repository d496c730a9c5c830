"""Conformance of the ledger's commits: all or nothing, once, on the version they were decided."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace

import pytest

from penstock.domain.change import Seen
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payer, Payment
from penstock.errors import AlreadySeen, LedgerConflict
from penstock.ports import Ledger
from penstock.testing.ports.samples import accepted, first, full, step


class LedgerConformance:
    """A Ledger keeps these promises; override `ledger`."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""
        raise NotImplementedError("override the fixture ledger")

    async def test_what_was_never_committed_is_not_there(self, ledger: Ledger) -> None:
        """
        An unknown payment or id is None, not an error.
        """
        assert await ledger.load("pay-1") is None
        assert await ledger.seen("note-1") is None

    async def test_every_field_comes_back(self, ledger: Ledger) -> None:
        """
        A payment is loaded as it was committed, to the microsecond and the last operation.
        """
        change = first(full())
        await ledger.commit(change)

        assert change.payment == await ledger.load("pay-full")

    def test_the_full_payment_is_full(self) -> None:
        """
        The round trip covers every field there is: a new one must be put into the sample.
        """
        payment = full()
        holders = [payment, payment.order, payment.payer, payment.operations[1]]

        assert [] == [
            field.name
            for holder in holders
            for field in fields(holder or Payer)
            if getattr(holder, field.name) in (None, (), {})
        ]
        assert {Payment, Order, Payer, Operation} == {type(holder) for holder in holders}

    async def test_a_payment_is_made_once(self, ledger: Ledger) -> None:
        """
        A payment that must not exist yet is refused when it does.
        """
        await ledger.commit(first(accepted()))

        with pytest.raises(LedgerConflict):
            await ledger.commit(first(replace(accepted(), gateway="other")))
        assert "example" == (await _load(ledger)).gateway

    @pytest.mark.parametrize("events", [0, 1])
    async def test_a_change_decided_on_an_old_version_is_refused(
        self, ledger: Ledger, events: int
    ) -> None:
        """
        A write names the version it was decided on; another one in between makes it void.
        """
        made = first(accepted())
        await ledger.commit(made)
        await ledger.commit(step(made.payment))

        with pytest.raises(LedgerConflict) as refusal:
            await ledger.commit(step(made.payment, events))
        assert not isinstance(refusal.value, AlreadySeen)
        assert 2 == (await _load(ledger)).version

    @pytest.mark.parametrize("events", [0, 1])
    async def test_a_change_of_what_is_not_there_is_refused(
        self, ledger: Ledger, events: int
    ) -> None:
        """
        A change of a payment that was never made makes none.
        """
        with pytest.raises(LedgerConflict):
            await ledger.commit(step(replace(accepted(), version=1), events))
        assert await ledger.load("pay-1") is None

    async def test_a_seen_id_is_remembered_with_its_digest(self, ledger: Ledger) -> None:
        """
        What came under an id is known by its digest.
        """
        await ledger.commit(first(accepted(), Seen("note-1", "d1"), Seen("sent-1", "d2")))

        assert Seen("note-1", "d1") == await ledger.seen("note-1")
        assert Seen("sent-1", "d2") == await ledger.seen("sent-1")

    async def test_an_id_seen_before_stops_the_whole_change(self, ledger: Ledger) -> None:
        """
        Of a change with an id seen before nothing is written: no state, no event, no other id.
        """
        made = first(accepted(), Seen("note-1", "d1"))
        await ledger.commit(made)
        again = step(made.payment, 2, seen=[Seen("note-2", "d2"), Seen("note-1", "other")])

        with pytest.raises(AlreadySeen):
            await ledger.commit(again)

        assert made.payment == await ledger.load("pay-1")
        assert [] == list(await ledger.unsent(made.payment))
        assert await ledger.seen("note-2") is None
        assert Seen("note-1", "d1") == await ledger.seen("note-1")

    async def test_a_conflict_stops_the_whole_change(self, ledger: Ledger) -> None:
        """
        Of a change decided on an old version neither events nor ids are written.
        """
        made = first(accepted())
        await ledger.commit(made)
        await ledger.commit(step(made.payment))

        with pytest.raises(LedgerConflict):
            await ledger.commit(step(made.payment, 1, seen=[Seen("note-1", "d1")]))

        assert [] == list(await ledger.unsent(made.payment))
        assert await ledger.seen("note-1") is None

    async def test_seen_and_conflicting_is_seen(self, ledger: Ledger) -> None:
        """
        A duplicate that is also late is told apart as a duplicate.
        """
        made = first(accepted(), Seen("note-1", "d1"))
        await ledger.commit(made)
        await ledger.commit(step(made.payment))

        with pytest.raises(AlreadySeen):
            await ledger.commit(step(made.payment, 1, seen=[Seen("note-1", "d1")]))

    @pytest.mark.parametrize("events", [0, 1])
    async def test_of_twenty_at_once_one_wins(self, ledger: Ledger, events: int) -> None:
        """
        Twenty workers deciding on one version, even to the same end: one of them has decided.
        """
        made = first(accepted())
        await ledger.commit(made)

        answers = await asyncio.gather(
            *(ledger.commit(step(made.payment, events)) for _ in range(20)),
            return_exceptions=True,
        )

        assert 1 == answers.count(None)
        assert 19 == sum(isinstance(answer, LedgerConflict) for answer in answers)
        assert 2 == (await _load(ledger)).version

    async def test_of_twenty_makers_at_once_one_wins(self, ledger: Ledger) -> None:
        """
        Twenty workers that meet the same new id at once: one of them has seen it first.
        """
        answers = await asyncio.gather(
            *(
                ledger.commit(first(accepted(f"pay-{number}"), Seen("note-1", "d1")))
                for number in range(20)
            ),
            return_exceptions=True,
        )

        assert 1 == answers.count(None)
        assert 19 == sum(isinstance(answer, LedgerConflict) for answer in answers)

    async def test_an_operation_is_written_with_its_payment(self, ledger: Ledger) -> None:
        """
        A reservation is there as soon as the commit is.
        """
        operation = Operation("op-1", OperationKind.charge)
        await ledger.commit(first(accepted().with_operation(operation)))

        assert operation == (await _load(ledger)).operation(OperationKind.charge)


async def _load(ledger: Ledger) -> Payment:
    payment = await ledger.load("pay-1")
    assert payment is not None
    return payment
