"""A checkout that is read: whose it must be, when it is over, and who settles its capture."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.api import GatewayUnavailable, PaymentStatus, Standing, Unanswered, Unconfirmable
from penstock.domain.change import Change
from penstock.domain.operation import OperationState
from penstock.domain.payment import Payment
from tests.unit.pipeline.approving import approved, paid
from tests.unit.pipeline.capturing import lost
from tests.unit.pipeline.store import Store
from tests.unit.pipeline.till import CAPTURE


class TestACheckoutThatIsRead:
    async def test_of_another_payment_is_refused(self):
        store = await approved()
        store.till.held["C-1"] = replace(store.till.held["C-1"], payment_id="pay-0")

        for other in ("pay-0", "pay-z"):
            store.till.held["C-1"] = replace(store.till.held["C-1"], payment_id=other)
            with pytest.raises(Unconfirmable, match="another payment's id"):
                await store.checkouts.read(await store.payment())

    @pytest.mark.parametrize("reference", ["C-0", "C-2"])
    async def test_of_another_name_is_refused(self, reference: str):
        store = await approved()
        store.till.held["C-1"] = replace(store.till.held["C-1"], reference=reference)

        with pytest.raises(Unconfirmable, match="another checkout than"):
            await store.checkouts.read(await store.payment())

    @pytest.mark.parametrize("minor", [1249, 1251])
    async def test_of_another_amount_is_refused(self, minor: int):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        seen = store.till.held["C-1"]
        assert seen.money is not None
        sale = seen.money.transaction
        other = replace(sale, amount=replace(sale.amount, minor=minor))
        store.till.held["C-1"] = replace(seen, money=replace(seen.money, transaction=other))

        with pytest.raises(Unconfirmable, match="another amount than"):
            await store.checkouts.read(await store.payment())

    async def test_is_none_where_the_payment_has_no_checkout_yet(self):
        store = Store()
        store.till.answers = [Unanswered("lost")]
        with pytest.raises(GatewayUnavailable):
            await store.pay()
        held = await store.payment()

        assert await store.checkouts.read(held) is None
        assert await store.checkouts.read(replace(held, approval=None)) is None
        assert held == await store.checkouts.look(held, anew=True)
        without = replace(held, approval=None)
        assert without == await store.checkouts.look(without, anew=True)
        assert 0 == store.till.reads

    async def test_right_after_it_was_opened_may_not_be_shown_yet(self):
        store = await approved()
        store.till.held.clear()
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    @pytest.mark.parametrize(
        ("seconds", "status"),
        [(-1, PaymentStatus.approval_pending), (0, PaymentStatus.expired)],
    )
    async def test_is_over_at_its_end(self, seconds: float, status: PaymentStatus):
        store = Store()
        held = await store.pay()
        assert held.approval is not None
        assert held.approval.expires_at is not None
        until = held.approval.expires_at - store.clock.now()
        store.clock.advance(until.total_seconds() + seconds)

        assert status is (await store.checkouts.look(held, anew=True)).status

    async def test_does_not_expire_twice(self):
        store = Store()
        await store.pay()
        store.till.close()
        over = await store.checkouts.look(await store.payment(), anew=True)

        assert PaymentStatus.expired is over.status
        assert over == await store.checkouts.look(over, anew=True)

    async def test_with_money_is_left_to_a_capture_that_is_under_way(self):
        store = await lost(taken=True)
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    async def test_that_is_closed_is_left_to_a_capture_that_is_under_way(self):
        store = await lost()
        store.till.close()
        held = await store.payment()

        assert held == await store.checkouts.look(held, anew=True)

    async def test_whose_capture_is_under_way_when_it_is_due_is_looked_at_an_hour_later(self):
        store = await lost()
        held, reads = await store.payment(), store.till.reads

        after = await store.checkouts.due(held)

        checkout = [one for one in after.operations if one.kind == "checkout"][-1]
        assert checkout.due_at is not None
        assert (3600, reads) == (
            (checkout.due_at - store.clock.now()).total_seconds(),
            store.till.reads,
        )

    async def test_that_is_over_when_it_is_due_is_not_looked_at_again(self):
        store = Store()
        await store.pay()
        store.till.close()

        after = await store.checkouts.due(await store.payment())

        checkout = [one for one in after.operations if one.kind == "checkout"][-1]
        assert (PaymentStatus.expired, None) == (after.status, checkout.due_at)
        assert after.version == (await store.payment()).version

    async def test_that_is_paid_is_done_without_a_read_when_it_is_due(self):
        store = await approved()
        await store.till.capture_checkout(CAPTURE)
        await store.tell("completed")
        held: Payment = await store.payment()
        checkout = [one for one in held.operations if one.kind == "checkout"][-1]
        opened = replace(checkout, state=OperationState.pending, due_at=store.clock.now())
        before = replace(held.with_operation(opened), version=held.version + 1)
        await store.ledger.commit(Change(before, held.version))
        reads = store.till.reads

        after = await store.checkouts.due(before)

        assert (OperationState.succeeded, reads) == (
            [one for one in after.operations if one.kind == "checkout"][-1].state,
            store.till.reads,
        )
        assert after == await store.checkouts.due(after)

    async def test_of_a_payment_that_is_paid_expires_no_more(self):
        store = await approved()
        await store.back()
        await store.work()
        held = await paid(store)
        store.till.held["C-1"] = replace(store.till.held["C-1"], standing=Standing.closed)

        assert held == await store.checkouts.look(held, anew=True)
