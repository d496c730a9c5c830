"""`resolve`: which operation is meant, what is needed, and when it gives up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.domain.operation import OperationKind, OperationState
from penstock.domain.subscription import Subscription, SubscriptionObservation, SubscriptionStatus
from penstock.errors import (
    CommandRefused,
    LedgerConflict,
    OptionRefused,
    UnknownOperation,
    UnknownPayment,
)
from penstock.operators.resolving import Outcome
from penstock.testing.builders import payment
from penstock.testing.clock import NOON
from tests.unit.operators.office import (
    CHARGE,
    DECLINED,
    INVOICE,
    PENDING,
    REFUND,
    SUCCEEDED,
    UNKNOWN,
    WHY,
    Office,
    one,
    paid,
)


class TestResolving:
    @pytest.mark.parametrize(("lost", "given_up"), [(0, False), (9, False), (10, True)])
    async def test_it_gives_up_after_ten_lost_writes(
        self, office: Office, lost: int, given_up: bool
    ) -> None:
        await office.hold(payment(operations=(one(CHARGE, UNKNOWN),)))
        office.ledger.lost = lost
        if given_up:
            with pytest.raises(LedgerConflict, match="keep writing payment#pay-1"):
                await office.resolve()
        else:
            assert "charge resolved as failed" == (await office.resolve()).effect
        assert min(lost + 1, 10) == office.ledger.tries

    async def test_the_trail_shows_the_operation_before_and_after(self, office: Office) -> None:
        await office.hold(payment(operations=(one(CHARGE, UNKNOWN),)))
        await office.resolve(Outcome.succeeded, reference="ch-7", operation="charge-1")
        entry = await office.entry()
        again = await office.resolve(Outcome.succeeded, reference="ch-7")
        repeated = await office.entry()

        subjects = ("payment#pay-1", "operation#charge-1")
        assert ("payments resolve", subjects) == (entry.begun.command, entry.begun.subjects)
        before = {"operation": "charge-1", "kind": "charge", "state": "unknown"}
        assert before == entry.before
        assert entry.done is not None
        assert repeated.done is not None
        assert {"state": "succeeded", "reference": "ch-7"} == entry.done.after
        assert "charge resolved as succeeded" == entry.done.effect
        assert "charge was resolved as succeeded before" == again.effect == repeated.done.effect
        assert (("payment#pay-1",), {}) == (repeated.begun.subjects, repeated.done.after)

    @pytest.mark.parametrize("dry", [False, True])
    async def test_a_failure_needs_no_id_of_the_gateways_and_has_none(
        self, office: Office, dry: bool
    ) -> None:
        await office.hold(payment(operations=(one(CHARGE, UNKNOWN),)))
        done = await office.resolve(dry=dry)

        assert (None, not dry) == (done.operation.reference, DECLINED is done.operation.state)
        assert (Outcome.failed, False) == (done.outcome, done.already)
        assert (0 if dry else 1) == office.ledger.tries

    @pytest.mark.parametrize("kind", [CHARGE, OperationKind.capture, REFUND, INVOICE])
    async def test_money_that_moved_has_an_id_at_the_gateway(
        self, office: Office, kind: OperationKind
    ) -> None:
        await office.hold(paid(one(kind, UNKNOWN)))
        if kind is INVOICE:
            assert SUCCEEDED is (await office.resolve(Outcome.succeeded)).operation.state
        else:
            with pytest.raises(OptionRefused, match=f"--gateway-id.*gave the {kind.value}"):
                await office.resolve(Outcome.succeeded)

    async def test_one_of_several_must_be_named(self, office: Office) -> None:
        await office.hold(paid(one(CHARGE, UNKNOWN), one(REFUND, UNKNOWN)))
        with pytest.raises(OptionRefused, match="--operation") as refused:
            await office.resolve()

        told = "one of: charge-1 (charge, unknown), refund-1 (refund, unknown)"
        assert told in str(refused.value)
        with pytest.raises(UnknownOperation, match="payment#pay-1 has no operation of that id"):
            await office.resolve(operation="charge-2")
        named = await office.resolve(operation="refund-1")
        assert ("refund-1", "refund resolved as failed") == (named.operation.id, named.effect)

    @pytest.mark.parametrize(
        ("state", "reason", "meant"),
        [
            (DECLINED, WHY, True),
            (DECLINED, "a", False),
            (DECLINED, "z", False),
            (SUCCEEDED, WHY, False),
            (PENDING, WHY, False),
        ],
    )
    async def test_what_was_resolved_so_before_is_told_by_its_evidence(
        self, office: Office, state: OperationState, reason: str, meant: bool
    ) -> None:
        await office.hold(payment(operations=(one(CHARGE, state, reason=reason),)))
        if meant:
            assert (await office.resolve()).already
        else:
            with pytest.raises(CommandRefused, match="none of its operations is unknown"):
                await office.resolve()

    async def test_a_subscriptions_commands_are_named_so(self, office: Office) -> None:
        seen = SubscriptionObservation("I-1", SubscriptionStatus.active, NOON)
        held = Subscription(
            id="example-I-1",
            gateway="example",
            seen=seen,
            created_at=NOON,
            updated_at=NOON,
            operations=(one(OperationKind.collect, UNKNOWN),),
        )
        await office.hold(held)
        done = await office.resolve(Outcome.succeeded, ref=held.ref)

        assert "subscriptions resolve" == (await office.entry()).begun.command
        assert "collect resolved as succeeded" == done.effect
        with pytest.raises(UnknownPayment, match="there is no subscription of that id"):
            await office.resolve(ref=replace(held.ref, id="example-I-2"))
