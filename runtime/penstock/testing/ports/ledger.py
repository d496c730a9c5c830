"""Conformance of the ledger's commits: all or nothing, once, on the version they were decided."""

from __future__ import annotations

import asyncio
from dataclasses import fields, replace

import pytest

from penstock.domain.change import Seen
from penstock.domain.dispute import Dispute
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payer, Payment
from penstock.domain.record import Record
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import LedgerConflict
from penstock.ports import Ledger
from penstock.testing.ports.samples import (
    accepted,
    dispute,
    first,
    full,
    record,
    sign_up,
    step,
    subscription,
)


class LedgerConformance:
    """A Ledger keeps these promises; override `ledger`."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""
        raise NotImplementedError("override the fixture ledger")

    async def test_what_was_never_committed_is_not_there(self, ledger: Ledger) -> None:
        """
        An unknown entity is None, not an error.
        """
        assert await ledger.load(Payment, "pay-1") is None
        assert await ledger.find(Ref(EntityKind.dispute, "pay-1")) is None

    async def test_every_field_comes_back(self, ledger: Ledger) -> None:
        """
        A payment is loaded as it was committed, to the microsecond and the last operation.
        """
        change = first(full())
        await ledger.commit(change)

        assert change.entity == await ledger.load(Payment, "pay-full")

    @pytest.mark.parametrize(
        "entity",
        [dispute(), record(), subscription(), sign_up()],
        ids=["dispute", "notification", "subscription", "sign-up"],
    )
    async def test_every_kind_comes_back(self, ledger: Ledger, entity: Dispute | Record) -> None:
        """
        Every kind of entity is loaded as it was committed, and under its own kind only.
        """
        change = first(entity)
        await ledger.commit(change)

        assert change.entity == await ledger.find(entity.ref)
        assert change.entity == await ledger.load(type(entity), entity.id)
        assert await ledger.load(Payment, entity.id) is None

    async def test_an_id_is_remembered_once_with_its_first_digest(self, ledger: Ledger) -> None:
        """
        The first digest under an id stays; a later one is answered with it.
        """
        assert Seen("sent-1", "d1") == await ledger.remember(Seen("sent-1", "d1"))
        assert Seen("sent-1", "d1") == await ledger.remember(Seen("sent-1", "d2"))
        assert Seen("sent-1", "d1") == await ledger.remember(Seen("sent-1", "d1"))

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
            if field.compare and getattr(holder, field.name) in (None, (), {})
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
        await ledger.commit(step(made.entity))

        with pytest.raises(LedgerConflict):
            await ledger.commit(step(made.entity, events))
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
        assert await ledger.load(Payment, "pay-1") is None

    async def test_a_conflict_stops_the_whole_change(self, ledger: Ledger) -> None:
        """
        Of a change decided on an old version no event is written.
        """
        made = first(accepted())
        await ledger.commit(made)
        await ledger.commit(step(made.entity))

        with pytest.raises(LedgerConflict):
            await ledger.commit(step(made.entity, 1))

        assert [] == list(await ledger.unsent(made.entity))

    @pytest.mark.parametrize("events", [0, 1])
    async def test_of_twenty_at_once_one_wins(self, ledger: Ledger, events: int) -> None:
        """
        Twenty workers deciding on one version, even to the same end: one of them has decided.
        """
        made = first(accepted())
        await ledger.commit(made)

        answers = await asyncio.gather(
            *(ledger.commit(step(made.entity, events)) for _ in range(20)),
            return_exceptions=True,
        )

        assert 1 == answers.count(None)
        assert 19 == sum(isinstance(answer, LedgerConflict) for answer in answers)
        assert 2 == (await _load(ledger)).version

    async def test_of_twenty_makers_at_once_one_wins(self, ledger: Ledger) -> None:
        """
        Twenty workers that meet the same new entity at once: one of them makes it.
        """
        answers = await asyncio.gather(
            *(
                ledger.commit(first(replace(accepted(), gateway=f"gateway{number}")))
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
    payment = await ledger.load(Payment, "pay-1")
    assert payment is not None
    return payment
