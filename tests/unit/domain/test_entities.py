"""What the ledger versions: numbers of events and versions, what is due, whose order it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.audit import Begun, Done, Ending, Entry
from penstock.domain.change import Fact, change
from penstock.domain.events import EventType
from penstock.domain.lifecycle import Lifecycle, Said, moment, said, told_at
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, nameless
from penstock.domain.restriction import keys
from penstock.domain.subscription import (
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
    subscription_id,
)
from penstock.testing.builders import event, order, payment
from penstock.testing.clock import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
CHARGE = Operation("op-1", OperationKind.charge)


def test_the_facts_of_a_change_are_numbered_on_and_carry_the_entity_and_their_own_data() -> None:
    before = payment(version=4, sequence=7, caused=(event(),))
    facts = (
        Fact(EventType.payment_succeeded, {"status": "other", "step_id": None}),
        Fact(EventType.payment_refunded, {"amount": None, "step_id": "R1"}),
    )
    made = change(before, before, facts, now=NOON + MINUTE, new_id=iter("ab").__next__)
    one, (first, second) = made.entity, made.events

    assert (4, 5, 9, NOON + MINUTE) == (made.expected, one.version, one.sequence, one.updated_at)
    assert [("a", 8), ("b", 9)] == [(e.id, e.sequence) for e in made.events]
    assert {("pay-1", "example", NOON + MINUTE)} == {
        (e.entity, e.gateway, e.time) for e in made.events
    }
    amount = {"minor": 1250, "currency": "USD"}
    assert {"payment_id": "pay-1", "status": "other", "amount": amount} == first.data
    assert {"payment_id": "pay-1", "status": "accepted", "step_id": "R1"} == second.data
    assert (event(), first, second) == one.caused
    assert not one.followed


def test_a_first_change_expects_nothing_and_one_of_an_old_copy_is_refused() -> None:
    made = change(None, payment(), now=NOON, new_id=lambda: "event", followed=True)

    assert (None, 1, 0, (), True) == (
        *(made.expected, made.entity.version, made.entity.sequence, made.events),
        made.entity.followed,
    )
    for before, after in ((None, 1), (payment(version=2), 1), (payment(version=2), 3)):
        with pytest.raises(ValueError, match="the version that was read"):
            change(before, payment(version=after), now=NOON, new_id=lambda: "event")


@pytest.mark.parametrize(
    ("sequence", "published", "unsent"), [(0, 0, False), (1, 0, True), (2, 2, False), (3, 2, True)]
)
@pytest.mark.parametrize("followed", [False, True])
def test_an_entity_with_unsent_events_is_due_after_a_minute_unless_another_one_publishes_them(
    sequence: int, published: int, unsent: bool, followed: bool
) -> None:
    one = payment(sequence=sequence, published=published, followed=followed)

    assert unsent is one.unsent
    assert (NOON + MINUTE if unsent and not followed else None) == one.due_at


@pytest.mark.parametrize(
    ("operations", "due"),
    [
        ((), None),
        ((CHARGE,), None),
        ((replace(CHARGE, due_at=NOON + SECOND),), 1),
        ((replace(CHARGE, due_at=NOON + 2 * SECOND), replace(CHARGE, due_at=NOON + SECOND)), 1),
        ((replace(CHARGE, state=OperationState.succeeded, due_at=NOON),), None),
        ((replace(CHARGE, due_at=NOON + 99 * SECOND),), 60),
    ],
)
def test_an_entity_is_due_with_the_first_of_its_open_operations_or_its_events(
    operations: tuple[Operation, ...], due: int | None
) -> None:
    one = payment(operations=operations, sequence=1 if due == 60 else 0)

    assert (None if due is None else NOON + due * SECOND) == one.due_at


def test_the_newest_operation_of_a_kind_is_the_one_that_counts() -> None:
    older = Operation("a", OperationKind.capture)
    newer = Operation("c", OperationKind.capture)
    one = payment(operations=(older, newer, CHARGE))

    assert (newer, CHARGE, None) == tuple(
        one.operation(kind)
        for kind in (OperationKind.capture, OperationKind.charge, OperationKind.void)
    )
    assert (older, newer, None) == tuple(one.operation_by_id(name) for name in ("a", "c", "b"))


def test_the_first_operation_of_a_kind_has_the_number_one() -> None:
    one = payment()
    charge = OperationKind.charge
    ids = {one.operation_id(charge), one.operation_id(charge, 2), one.operation_id(charge, "k-1")}

    assert one.operation_id(charge) == one.operation_id(charge, 1) == one.operation_id(charge, "1")
    assert 3 == len(ids)
    assert one.operation_id(charge) != payment("pay-2").operation_id(charge)
    assert "payment#pay-1" == str(one.ref)
    # A ledger restored from a backup repeats the keys that the gateway knows.
    assert "0acca11d-9270-5c7f-908b-e50684f7c34d" == one.operation_id(charge)


ADA = Payer("customer-7", "Ada", "ada@example.test")


@pytest.mark.parametrize(
    ("payer", "left"), [(ADA, Payer("customer-7")), (Payer(None, "Ada"), None), (None, None)]
)
def test_a_payer_without_a_name_is_a_reference_or_nothing(
    payer: Payer | None, left: Payer | None
) -> None:
    assert left == nameless(payer)
    assert left == order(payer=payer).nameless.payer


FULL = Order(Money(1250, "USD"), "order-7", "Gold", ADA, {"b": "2", "a": "1"})


@pytest.mark.parametrize(
    "other",
    [
        replace(FULL, amount=Money(1251, "USD")),
        replace(FULL, amount=Money(1250, "EUR")),
        replace(FULL, reference="order-8"),
        replace(FULL, description=None),
        replace(FULL, payer=replace(ADA, reference="customer-8")),
        replace(FULL, payer=replace(ADA, name="Eve")),
        replace(FULL, payer=replace(ADA, email=None)),
        replace(FULL, payer=None),
        replace(FULL, metadata={"a": "2", "b": "1"}),
    ],
)
def test_another_order_is_not_the_one_that_was_asked_for(other: Order) -> None:
    one = payment(order=FULL)

    assert one.is_for(replace(FULL, metadata={"a": "1", "b": "2"}))
    assert not one.is_for(other)


def test_a_forgotten_payment_is_still_for_its_order() -> None:
    kept = payment(order=FULL.nameless)

    assert replace(kept, forgotten_at=NOON).is_for(FULL)
    assert not kept.is_for(FULL)


@pytest.mark.parametrize("fact", list(Lifecycle))
def test_a_fact_is_known_by_the_moment_of_its_status_or_by_its_event(fact: Lifecycle) -> None:
    """
    Activated and resumed are two names for one fact; a subscription is created once.
    """
    status = {Lifecycle.activated: "active", Lifecycle.resumed: "active"}.get(fact, fact.value)
    dated = f"{status}@2026-11-02T12:00:00"
    by_event = f"{fact.value}#WH-1"
    keys = {Lifecycle.created: ("created", "created")} | dict.fromkeys(
        (Lifecycle.payment_failed, Lifecycle.revised), (by_event, by_event)
    )
    with_date, without = said(fact, "WH-1", NOON), said(fact, "WH-1", None)

    assert keys.get(fact, (dated, by_event)) == (with_date.key, without.key)
    assert (fact, fact) == (with_date.fact, without.fact)
    assert (NOON if fact not in keys else None, None) == (with_date.at, without.at)
    assert ("2026-11-02T12:00:00" if fact not in keys else "") == told_at(with_date.key)
    assert Said(fact, without.key) == without
    assert "2026-11-02T12:00:00" == moment(NOON)


def test_an_entry_of_the_audit_trail_shows_how_the_subject_was_as_soon_as_that_is_known() -> None:
    begun = Begun("e-1", NOON, "ada", "payments restrict", ("payment#1",), before={"a": 1, "b": 1})
    done = Done(NOON, Ending.done, "restricted", before={"b": 2})

    assert ({"a": 1, "b": 1}, {"a": 1, "b": 2}) == (Entry(begun).before, Entry(begun, done).before)


def test_a_subscription_is_held_by_its_id_its_gateway_and_its_subscriber() -> None:
    for payer, more in ((None, []), (Payer("P-1"), ["payer#P-1"]), (Payer(None, "Ada"), [])):
        seen = SubscriptionObservation("I-1", SubscriptionStatus.active, NOON, subscriber=payer)
        one = Subscription(
            id=subscription_id("acme", "I-1"),
            gateway="acme",
            seen=seen,
            created_at=NOON,
            updated_at=NOON,
        )

        assert ["subscription#acme-I-1", "gateway#acme", *more] == list(keys(one))
        assert SubscriptionStatus.active is one.status
