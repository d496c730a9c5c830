"""Each entity as its events carry it, field by field, with nothing that is not known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from penstock.domain.describe import amount, describe, named, unnamed
from penstock.domain.dispute import Dispute, DisputeObservation, DisputeOutcome
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Order, Payer, PaymentStatus, Plan, Transaction
from penstock.domain.record import Became, Record
from penstock.domain.signup import SignUp
from penstock.domain.subscription import (
    Access,
    Subscription,
    SubscriptionObservation,
    SubscriptionStatus,
)
from penstock.testing.builders import event, payment
from penstock.testing.clock import NOON

ADA = Payer("customer-7", "Ada", "ada@example.test")
DAY = timedelta(days=1)
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
FULL = payment(
    gateway="acme",
    order=Order(Money(1250, "USD"), "order-7", "Gold", metadata={"a": "b"}),
    status=PaymentStatus.partially_refunded,
    reason="why",
    transactions=(SALE,),
    subscription="I-1",
    plan=Plan("P-1", "Gold"),
    payer=ADA,
    links={"sale": "https://gateway.test/1"},
    refunded=Money(500, "USD"),
    hold="held",
    fee=Money(66, "USD"),
    net=Money(1184, "USD"),
    operations=(Operation("op-1", OperationKind.invoice, reference="INV-1"),),
    invoice_number="PS-1",
)


def test_a_payments_events_carry_what_is_known_of_it() -> None:
    assert {
        "payment_id": "pay-1",
        "status": "partially_refunded",
        "amount": {"minor": 1250, "currency": "USD"},
        "refunded": {"minor": 500, "currency": "USD"},
        "hold": "held",
        "fee": {"minor": 66, "currency": "USD"},
        "net": {"minor": 1184, "currency": "USD"},
        "reason": "why",
        "reference": "order-7",
        "description": "Gold",
        "transaction_id": "SALE1",
        "subscription_id": "acme-I-1",
        "plan": {"id": "P-1", "name": "Gold"},
        "payer": {"reference": "customer-7"},
        "invoice": {"number": "PS-1", "id": "INV-1"},
        "links": {"sale": "https://gateway.test/1"},
    } == describe(FULL)


def test_what_is_not_known_of_a_payment_is_left_out() -> None:
    least = {
        "payment_id": "pay-1",
        "status": "accepted",
        "amount": {"minor": 1250, "currency": "USD"},
    }

    assert least == describe(payment())
    assert least == describe(payment(payer=Payer(None, "Ada"), hold="", invoice_number="PS-1"))
    bare = describe(payment(plan=Plan("P-1"), operations=FULL.operations))
    assert ({"id": "P-1"}, {"id": "INV-1"}) == (bare["plan"], bare["invoice"])


def subscription(**rest: object) -> Subscription:
    seen = SubscriptionObservation("I-1", SubscriptionStatus.active, NOON)
    return Subscription(
        id="acme-I-1",
        gateway="acme",
        seen=replace(seen, **rest),  # type: ignore[arg-type]  # fields by name
        created_at=NOON,
        updated_at=NOON,
        access=Access.active,
    )


def test_a_subscriptions_events_carry_what_is_known_of_it() -> None:
    one = subscription(
        plan=Plan("P-1", "Gold"),
        merchant_reference="order-7",
        subscriber=ADA,
        next_billing_at=NOON + DAY,
        last_paid_at=NOON - DAY,
        outstanding=Money(1, "USD"),
        failures=2,
        next_attempt_at=NOON + 2 * DAY,
        links={
            "account": "https://gateway.test/b",
            "approve": "https://gateway.test/a",
            "wallet": "https://gateway.test/w",
        },
    )
    one = replace(one, paid_through=NOON + 3 * DAY, trial_until=NOON + 4 * DAY)

    assert {
        "subscription_id": "acme-I-1",
        "status": "active",
        "access": "active",
        "paid_through": "2026-11-05T12:00:00Z",
        "trial_until": "2026-11-06T12:00:00Z",
        "reference": "order-7",
        "plan": {"id": "P-1", "name": "Gold"},
        "subscriber": {"reference": "customer-7"},
        "started_at": "2026-11-02T12:00:00Z",
        "next_billing_at": "2026-11-03T12:00:00Z",
        "last_paid_at": "2026-11-01T12:00:00Z",
        "outstanding": {"minor": 1, "currency": "USD"},
        "failures": 2,
        "next_attempt_at": "2026-11-04T12:00:00Z",
        "links": {"account": "https://gateway.test/b", "wallet": "https://gateway.test/w"},
    } == describe(one)


@pytest.mark.parametrize("outstanding", [None, Money(0, "USD")])
def test_a_subscription_that_owes_nothing_and_never_failed_says_nothing_of_it(
    outstanding: Money | None,
) -> None:
    approve = {"approve": "https://gateway.test/a"}

    assert {
        "subscription_id": "acme-I-1",
        "status": "active",
        "access": "active",
        "started_at": "2026-11-02T12:00:00Z",
    } == describe(subscription(outstanding=outstanding, links=approve))


def test_a_moment_is_told_in_utc() -> None:
    taipei = NOON.astimezone(timezone(timedelta(hours=8)))

    assert "2026-11-02T12:00:00Z" == describe(subscription(last_paid_at=taipei))["last_paid_at"]


@pytest.mark.parametrize("outcome", [None, *DisputeOutcome])
def test_a_disputes_events_carry_what_is_known_of_it(outcome: DisputeOutcome | None) -> None:
    seen = DisputeObservation(
        *("PP-D-1", "open", NOON, "unauthorised", Money(9600, "USD"), ("pay-1",)),
        respond_by=NOON + DAY,
        outcome=outcome,
        links={"case": "https://gateway.test/d"},
    )
    given = {"id": "acme-D", "gateway": "acme", "created_at": NOON, "updated_at": NOON}
    one = Dispute(seen=seen, confirmed=False, unconfirmed_because="403", **given)  # type: ignore[arg-type]  # fields by name
    told = {
        "dispute_id": "acme-D",
        "status": "open",
        "confirmed": False,
        "because": "403",
        "reason": "unauthorised",
        "amount": {"minor": 9600, "currency": "USD"},
        "payments": ["pay-1"],
        "respond_by": "2026-11-03T12:00:00Z",
        "opened_at": "2026-11-02T12:00:00Z",
        "links": {"case": "https://gateway.test/d"},
    }

    assert told | ({"outcome": outcome.value} if outcome else {}) == describe(one)
    least = Dispute(seen=DisputeObservation("D", "open", NOON), confirmed=True, **given)  # type: ignore[arg-type]  # fields by name
    assert {"dispute_id", "status", "confirmed", "opened_at"} == describe(least).keys()


def test_a_records_events_carry_the_notification_and_a_sign_up_has_none() -> None:
    given = {"gateway": "acme", "created_at": NOON, "updated_at": NOON}
    record = Record(  # type: ignore[call-arg]  # fields by name
        id="acme/WH-1",
        type="plan.created",
        occurred_at=NOON,
        became=Became.recorded,
        digest="d",
        resource_type="plan",
        resource_id="P-1",
        summary="A plan was created.",
        because="no entity",
        subject="payment#pay-1",
        **given,  # type: ignore[arg-type]  # fields by name
    )
    sign_up = SignUp(
        id="s", digest="d", plan="P", merchant_reference="o", return_digest="r", **given
    )  # type: ignore[arg-type]  # fields by name

    assert {
        "notification_id": "acme/WH-1",
        "notification_type": "plan.created",
        "resource_type": "plan",
        "resource_id": "P-1",
        "summary": "A plan was created.",
        "occurred_at": "2026-11-02T12:00:00Z",
        "became": "recorded",
        "because": "no entity",
        "subject": "payment#pay-1",
        "confirmed": False,
    } == describe(record)
    assert {} == describe(sign_up)
    assert event() == named(event(), record)


def test_a_name_is_in_an_event_only_while_it_is_published() -> None:
    plain = event(payer={"reference": "customer-7"})
    told = named(plain, FULL)
    subscribed = named(plain, subscription(subscriber=Payer(None, "Ada")))

    assert {"reference": "customer-7", "name": "Ada"} == told.data["payer"]
    assert {"name": "Ada"} == subscribed.data["subscriber"]
    assert plain.data.keys() - {"payer"} <= told.data.keys()
    assert plain == named(plain, replace(FULL, payer=None))
    assert plain == named(plain, replace(FULL, payer=Payer("customer-7", None, "a@x.test")))


@pytest.mark.parametrize("field", ["payer", "subscriber"])
@pytest.mark.parametrize(
    ("who", "left"),
    [
        ({"reference": "r", "name": "Ada"}, {"reference": "r"}),
        ({"name": "Ada"}, None),
        ({"reference": "r"}, {"reference": "r"}),
    ],
)
def test_a_name_in_an_event_of_an_earlier_version_is_taken_out(
    field: str, who: dict[str, str], left: dict[str, str] | None
) -> None:
    one = replace(event(), data={"status": "succeeded", field: who})

    assert {"status": "succeeded"} | ({field: left} if left else {}) == unnamed(one).data
    assert {"status": "x"} == unnamed(replace(one, data={"status": "x"})).data


def test_an_amount_has_its_currency() -> None:
    assert {"minor": 0, "currency": "JPY"} == amount(Money(0, "JPY"))
