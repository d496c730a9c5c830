"""Conformance of the ledger's look-ups and listings: newest first, page after page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.payment import Payment
from penstock.domain.ref import Ref
from penstock.ports import Index, Ledger, Place
from penstock.testing.clock import NOON
from penstock.testing.ports.samples import accepted, first, record, subscription


class LedgerListingsConformance:
    """A Ledger keeps these promises too; override `ledger`."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        """An empty ledger."""
        raise NotImplementedError("override the fixture ledger")

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
