"""Conformance of the ledger's commits: all or nothing, once, on the version they were decided."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import fields, replace
from datetime import timedelta

import pytest

from penstock.domain.change import Seen
from penstock.domain.dispute import Dispute
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payer, Payment
from penstock.domain.record import Record
from penstock.domain.ref import EntityKind, Ref
from penstock.errors import LedgerConflict
from penstock.ports import Index, Ledger, Place
from penstock.testing.clock import NOON
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

    async def test_payments_are_looked_up_newest_first(self, ledger: Ledger) -> None:
        """
        By the merchant's reference and by subscription; what has neither is not found by it.
        """
        for minutes, name in enumerate(("a", "b", "c")):
            order = replace(accepted().order, reference="order-7" if name != "b" else None)
            at = NOON + timedelta(minutes=minutes)
            await ledger.commit(
                first(replace(accepted(name), order=order, subscription="I-1", created_at=at))
            )

        assert ["c", "a"] == _ids(await ledger.look_up(Index.reference, "order-7", 10))
        assert ["c"] == _ids(await ledger.look_up(Index.reference, "order-7", 1))
        assert ["c", "b", "a"] == _ids(await ledger.look_up(Index.subscription, "I-1", 10))
        assert [] == _ids(await ledger.look_up(Index.subscription, "I-2", 10))

    async def test_subscriptions_are_looked_up_by_the_merchants_reference(
        self, ledger: Ledger
    ) -> None:
        """
        A payment with the same reference is not among them, nor they among the payments.
        """
        await ledger.commit(first(subscription("example-sub_1", reference="customer-12")))
        order = replace(accepted().order, reference="customer-12")
        await ledger.commit(first(replace(accepted("pay-1"), order=order)))

        assert ["example-sub_1"] == _ids(
            await ledger.look_up(Index.subscription_reference, "customer-12", 10)
        )
        assert ["pay-1"] == _ids(await ledger.look_up(Index.reference, "customer-12", 10))

    async def test_notifications_are_looked_up_by_the_payment_that_they_concern(
        self, ledger: Ledger
    ) -> None:
        """
        Newest first; those of a subscription or of nothing we keep are in no index.
        """
        for minutes, subject in enumerate(("payment#pay-1", "subscription#pay-1", None)):
            at = NOON + timedelta(minutes=minutes)
            named = record(f"paypal/WH-{minutes}")
            await ledger.commit(first(replace(named, subject=subject, created_at=at)))
        late = NOON + timedelta(minutes=5)
        await ledger.commit(first(replace(record("paypal/WH-5"), created_at=late)))
        await ledger.commit(first(accepted("pay-1")))

        assert ["paypal/WH-5", "paypal/WH-0"] == _ids(
            await ledger.look_up(Index.payment, "pay-1", 10)
        )
        assert [] == _ids(await ledger.look_up(Index.payment, "pay-2", 10))

    async def test_a_day_lists_the_payments_first_seen_on_it(self, ledger: Ledger) -> None:
        """
        Payments of one day in UTC, newest first, whatever partition holds them.
        """
        for minutes in range(20):
            at = NOON + timedelta(minutes=minutes)
            await ledger.commit(first(replace(accepted(f"pay-{minutes}"), created_at=at)))
        late = replace(accepted("late"), created_at=NOON + timedelta(days=1))
        await ledger.commit(first(late))
        await ledger.commit(first(record()))

        names = [f"pay-{minutes}" for minutes in reversed(range(20))]
        assert names == _ids(await ledger.of_day(NOON.date(), 100))
        assert names[:5] == _ids(await ledger.of_day(NOON.date(), 5))

    @pytest.mark.parametrize("size", [1, 2, 7, 100])
    async def test_listings_go_on_where_a_page_ended(self, ledger: Ledger, size: int) -> None:
        """
        Page after page each entity comes once, also when many were first seen in one moment.
        """
        minutes = [0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 3, 3]
        for number, minute in enumerate(minutes):
            at = NOON + timedelta(minutes=minute)
            order = replace(accepted().order, reference="order-7")
            payment = replace(accepted(f"pay-{number:02}"), order=order, created_at=at)
            await ledger.commit(first(payment))
        newest_first = [f"pay-{number:02}" for number in reversed(range(len(minutes)))]

        async def of_day(after: Place | None) -> Sequence[Ref]:
            return await ledger.of_day(NOON.date(), size, after)

        async def by_reference(after: Place | None) -> Sequence[Ref]:
            return await ledger.look_up(Index.reference, "order-7", size, after)

        assert newest_first == await _walk(ledger, of_day)
        assert newest_first == await _walk(ledger, by_reference)

    async def test_a_value_longer_than_any_key_is_not_found(self, ledger: Ledger) -> None:
        """
        A reference that no index can hold is not found, and is no error.
        """
        assert [] == _ids(await ledger.look_up(Index.reference, "\U0001f600" * 600, 10))

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


def _ids(refs: Sequence[Ref]) -> list[str]:
    return [ref.id for ref in refs]


async def _walk(
    ledger: Ledger, read: Callable[[Place | None], Awaitable[Sequence[Ref]]]
) -> list[str]:
    """The ids of all pages of a listing of payments."""
    walked: list[str] = []
    after = None
    while page := await read(after):
        walked += _ids(page)
        last = await ledger.load(Payment, page[-1].id)
        assert last is not None
        after = Place(last.created_at, last.id)
    return walked
