"""What the ledger versions: numbers of events and versions, what is due, whose order it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.approval import Approval
from penstock.domain.audit import Begun, Done, Ending, Entry
from penstock.domain.change import Fact, change
from penstock.domain.events import EventType
from penstock.domain.lifecycle import Lifecycle, Said, moment, said, told_at
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import Order, Payer, is_own_payment, nameless
from penstock.domain.ref import EntityKind, Ref
from penstock.domain.restriction import keys
from penstock.domain.secret import new_secret, secret_digest
from penstock.domain.signup import (
    SignUp,
    of_return_token,
    request_digest,
    return_token,
    sign_up_id,
)
from penstock.domain.subscription import (
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
    subscription_id,
)
from penstock.testing.builders import event, order, payment
from penstock.testing.clock import NOON

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
DAY = timedelta(hours=24)
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


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("payment#pay-1", Ref(EntityKind.payment, "pay-1")),
        ("dispute#a#b", Ref(EntityKind.dispute, "a#b")),
    ],
)
def test_a_ref_is_read_as_it_is_written(text: str, ref: Ref) -> None:
    assert (ref, text) == (Ref.parse(text), str(ref))
    with pytest.raises(ValueError, match="nothing"):
        Ref.parse("nothing#1")


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("pay-" + "0a" * 16, True),
        ("pay-" + "0a" * 15 + "0", False),
        ("pay-" + "0A" * 16, False),
        ("pay-" + "0a" * 16 + "\n", False),
        ("acme-" + "0a" * 16, False),
        ("", False),
        (None, False),
    ],
)
def test_an_id_of_ours_is_told_from_a_gateways(name: str | None, own: bool) -> None:
    assert own is is_own_payment(name)


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


@pytest.mark.parametrize(
    ("secret", "after", "good"),
    [
        ("secret", timedelta(), True),
        ("secret", DAY - SECOND, True),
        ("secret", DAY, False),
        ("Secret", timedelta(), False),
    ],
)
def test_a_sign_ups_address_of_return_is_good_for_a_day(
    secret: str, after: timedelta, good: bool
) -> None:
    one = SignUp(
        id="sub-1",
        gateway="acme",
        created_at=NOON,
        updated_at=NOON,
        digest="d",
        plan="P-1",
        merchant_reference="order-7",
        return_digest=secret_digest("secret"),
    )

    assert good is one.returns(secret, NOON + after)


def test_a_sign_up_is_named_by_its_key_and_its_address_by_its_name_and_secret() -> None:
    name = sign_up_id("shop/k-1")

    assert ("sub-", 36) == (name[:4], len(name))
    assert name == sign_up_id("shop/k-1") != sign_up_id("shop/k-2")
    assert f"{name[4:]}-s3-cret" == return_token(name, "s3-cret")
    assert (name, "s3-cret") == of_return_token(return_token(name, "s3-cret"))


@pytest.mark.parametrize("other", [["a"], ["a", ""], ["a", None, None], ["b", None], [None, "a"]])
def test_another_request_has_another_digest(other: list[str | None]) -> None:
    assert request_digest(["a", None]) == request_digest(("a", None)) != request_digest(other)


def test_a_secret_is_made_of_two_ids_and_has_128_bits() -> None:
    secret = new_secret(iter(("one", "two")).__next__)

    assert secret_digest("onetwo")[:32] == secret
    assert new_secret(iter(("one", "three")).__next__) != secret


def test_neither_a_secret_nor_the_buyers_page_is_in_the_repr_of_an_approval() -> None:
    one = Approval("digest", return_secret="s3cret", url="https://gateway.test/O-1")  # noqa: S106 - none

    assert ("s3cret" in repr(one), "gateway.test" in repr(one)) == (False, False)
    assert (None,) * 5 == (
        *(one.checkout, one.expires_at, one.declined_at, one.refused, one.because),
    )


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
