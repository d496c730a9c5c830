"""News of a payment that has a checkout of its own."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Change
from tests.unit.pipeline.approving import SUCCEEDED, approved
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import CAPTURE, DECLINED


class TestACheckout:
    """News of a payment that has a checkout of its own."""

    async def test_a_capture_that_names_no_checkout_is_looked_up_at_the_own_one(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        reads = store.till.reads

        await store.tell("completed", shown=None)

        assert reads + 1 == store.till.reads
        assert SUCCEEDED == await store.told()

    async def test_a_capture_of_a_payment_whose_checkout_is_not_known_counts_for_nothing(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        held = await store.payment()
        assert held.approval is not None
        lost = replace(held, approval=replace(held.approval, checkout=None), version=9)
        await store.ledger.commit(Change(lost, held.version))

        await store.tell("completed", shown=None)

        assert () == (await store.payment()).transactions

    async def test_another_capture_counts_for_nothing_beside_the_own_one(self):
        store = await approved()
        await store.back()
        await store.work()
        seen = store.till.held["C-1"]
        assert seen.money is not None
        sale = seen.money.transaction
        for number, name in enumerate(("CAP-0", "CAP-9")):
            other = replace(sale, id=name)
            store.till.held["C-2"] = replace(
                seen, reference="C-2", money=replace(seen.money, transaction=other)
            )
            await store.tell("completed", number, checkout="C-2")

        assert ["CAP-1"] == [one.id for one in (await store.payment()).transactions]

    @pytest.mark.parametrize(("seconds", "captures"), [(-1, 1), (0, 1), (1, 2)])
    async def test_an_approval_counts_anew_only_after_the_decline(
        self, seconds: float, captures: int
    ):
        store = await approved()
        store.till.capture_answers = [DECLINED]
        await store.back()
        await store.work()
        declined_at = store.clock.now()
        store.clock.advance(60)

        await store.tell("approved", at=declined_at + timedelta(seconds=seconds))

        assert captures == len(await store.captures())

    async def test_news_of_a_checkout_that_is_not_open_yet_change_nothing(self):
        store = Store()
        await store.tell("approved", payment="till-none")
        held = await store.pay()
        assert held.approval is not None
        bare = replace(held, approval=replace(held.approval, expires_at=None), version=9)
        await store.ledger.commit(Change(bare, held.version))
        store.till.approve()

        await store.tell("approved", 2)

        assert ([], 0) == (await store.captures(), store.till.reads)
