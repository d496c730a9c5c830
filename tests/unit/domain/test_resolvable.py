"""Which operations a person may settle, release or need not wait for: each state, each kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Change
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState, Terms
from penstock.domain.payment import Order, Payer, Payment, PaymentStatus, Transaction
from penstock.domain.rules.collections import collection_parked, collection_settled
from penstock.domain.rules.forgetting import forget, why_not_forget
from penstock.domain.rules.invoices import Abilities
from penstock.domain.rules.resolving import doubtful, resolve, why_not_resolve
from penstock.domain.rules.restricting import RESTRICTABLE, held, release
from penstock.domain.subscription import Subscription, SubscriptionObservation, SubscriptionStatus
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

SECOND = timedelta(seconds=1)
RESERVED, SUBMITTING, PENDING, UNKNOWN, SUCCEEDED, DECLINED = (
    OperationState.reserved,
    OperationState.submitting,
    OperationState.pending,
    OperationState.unknown,
    OperationState.succeeded,
    OperationState.declined,
)
CHARGE, REFUND, INVOICE = OperationKind.charge, OperationKind.refund, OperationKind.invoice
PARKED, UNSURE = PaymentStatus.parked, PaymentStatus.unknown


@pytest.mark.parametrize(
    ("kind", "state", "status", "in_doubt"),
    [
        (CHARGE, UNKNOWN, UNSURE, True),
        (CHARGE, SUBMITTING, UNSURE, True),
        (CHARGE, RESERVED, UNSURE, False),
        (CHARGE, RESERVED, PARKED, True),
        (CHARGE, PENDING, PARKED, True),
        (CHARGE, DECLINED, PARKED, False),
        (OperationKind.capture, RESERVED, PARKED, True),
        (REFUND, RESERVED, PARKED, False),
        (REFUND, UNKNOWN, PARKED, True),
        (INVOICE, UNKNOWN, UNSURE, True),
        (INVOICE, RESERVED, PARKED, False),
        (OperationKind.void, UNKNOWN, UNSURE, False),
        (OperationKind.reread, UNKNOWN, PARKED, False),
        (OperationKind.collect, UNKNOWN, UNSURE, True),
        (OperationKind.capture, RESERVED, UNSURE, False),
        (CHARGE, RESERVED, PaymentStatus.succeeded, False),
        (CHARGE, RESERVED, PaymentStatus.accepted, False),
    ],
)
def test_what_is_not_known_or_parked_is_in_doubt(
    kind: OperationKind, state: OperationState, status: PaymentStatus, in_doubt: bool
) -> None:
    one = Operation("op-1", kind, state)

    assert ((one,) if in_doubt else ()) == doubtful(payment(status=status, operations=(one,)))


@pytest.mark.parametrize(
    ("kind", "state", "status", "succeeded", "why"),
    [
        (CHARGE, UNKNOWN, UNSURE, True, None),
        (CHARGE, UNKNOWN, UNSURE, False, None),
        (CHARGE, RESERVED, PARKED, False, None),
        (CHARGE, RESERVED, PARKED, True, "the gateway refused the charge"),
        (CHARGE, RESERVED, UNSURE, False, "the charge was not sent"),
        (CHARGE, PENDING, PARKED, True, "the gateway has not decided yet"),
        (CHARGE, SUCCEEDED, PARKED, True, "the charge is known: it succeeded"),
        (CHARGE, DECLINED, PARKED, True, "the charge is known: it declined"),
        (OperationKind.reread, UNKNOWN, PARKED, True, "a reread is not resolved by hand"),
        (OperationKind.checkout, UNKNOWN, PARKED, True, "a checkout is not resolved by hand"),
    ],
)
def test_an_operation_is_resolved_by_hand_if_nothing_else_can_settle_it(
    kind: OperationKind,
    state: OperationState,
    status: PaymentStatus,
    succeeded: bool,
    why: str | None,
) -> None:
    one = Operation("op-1", kind, state)
    entity = payment(status=status, operations=(one,))
    found = why_not_resolve(entity, one, succeeded=succeeded, now=NOON)

    assert why == (found and found[: len(why or "")])


@pytest.mark.parametrize(("left", "under_way"), [(1, True), (0, False)])
def test_an_operation_under_way_is_not_resolved(left: int, under_way: bool) -> None:
    one = Operation("op-1", CHARGE, SUBMITTING, lease_until=NOON + left * SECOND)
    entity = payment(status=UNSURE, operations=(one,))
    found = why_not_resolve(entity, one, succeeded=True, now=NOON)

    assert under_way is (found is not None and "is under way until" in found)


@pytest.mark.parametrize(
    ("kind", "state", "why"),
    [
        (CHARGE, RESERVED, "its charge is not over (reserved): try again later"),
        (CHARGE, PENDING, "its charge is not over (pending): try again later"),
        (CHARGE, SUCCEEDED, None),
        (OperationKind.checkout, PENDING, "its checkout is not over (pending): try again later"),
        (OperationKind.capture, UNKNOWN, "its capture is not over (unknown): try again later"),
        (INVOICE, RESERVED, "its invoice is not over (reserved): try again later"),
        (INVOICE, DECLINED, None),
        (REFUND, RESERVED, None),
        (OperationKind.reread, RESERVED, None),
    ],
)
def test_a_payer_is_needed_while_money_or_an_invoice_waits(
    kind: OperationKind, state: OperationState, why: str | None
) -> None:
    assert why == why_not_forget(payment(operations=(Operation("op-1", kind, state),)))


def restricted(name: str, due: int | None) -> Operation:
    due_at = None if due is None else NOON + due * SECOND
    return Operation(name, CHARGE, due_at=due_at, restricted_at=NOON)


@pytest.mark.parametrize(("due", "sent"), [(None, True), (300, True), (1, True), (0, False)])
def test_a_release_makes_what_was_held_due_at_once(due: int | None, sent: bool) -> None:
    other = Operation("op-2", REFUND, due_at=NOON + 99 * SECOND)
    ended = Operation("op-3", REFUND, SUCCEEDED, restricted_at=NOON)
    one = restricted("op-1", due)
    before = payment(operations=(one, other, ended))
    released = release(before, now=NOON, new_id=lambda: "event")

    assert (one,) == held(before)
    assert sent is (released is not None)
    if released is not None:
        assert [NOON, other.due_at, None] == [o.due_at for o in released.entity.operations]


def test_one_that_is_not_due_is_enough_for_a_release() -> None:
    before = payment(operations=(restricted("op-1", 0), restricted("op-2", 5)))

    assert release(before, now=NOON, new_id=lambda: "event") is not None
    assert release(payment(), now=NOON, new_id=lambda: "event") is None


def test_what_moves_or_documents_money_can_be_restricted() -> None:
    others = {
        OperationKind.access,
        OperationKind.checkout,
        OperationKind.follow,
        OperationKind.reread,
        OperationKind.subscribe,
    }

    assert set(OperationKind) - others == RESTRICTABLE


def subscription(status: SubscriptionStatus = SubscriptionStatus.active) -> Subscription:
    seen = SubscriptionObservation("I-1", status, NOON, subscriber=Payer("P-1", "Ada", "a@x.test"))
    return Subscription(id="acme-I-1", gateway="acme", seen=seen, created_at=NOON, updated_at=NOON)


@pytest.mark.parametrize("status", list(SubscriptionStatus))
def test_a_subscriber_is_needed_until_the_subscription_is_over(status: SubscriptionStatus) -> None:
    over = status in {SubscriptionStatus.cancelled, SubscriptionStatus.expired}
    why = None if over else f"the subscription is {status.value}: cancel it first"

    assert why == why_not_forget(subscription(status))


def test_the_first_operation_that_waits_is_named() -> None:
    waiting = tuple(Operation(kind.value, kind) for kind in (REFUND, INVOICE, CHARGE))

    assert "its invoice is not over (reserved): try again later" == why_not_forget(
        payment(operations=waiting)
    )


ADA = Payer("P-1", "Ada", "ada@example.test")


def test_a_payer_is_forgotten_once_and_the_sums_stay() -> None:
    later = NOON + SECOND
    before = payment(payer=ADA, order=Order(Money(1250, "USD"), "order-7", payer=ADA))
    change = forget(before, now=NOON, new_id=lambda: "event")
    assert change is not None
    one = change.entity
    assert isinstance(one, Payment)

    assert (Payer("P-1"), Payer("P-1"), NOON) == (one.payer, one.order.payer, one.forgotten_at)
    assert (Money(1250, "USD"), "order-7") == (one.order.amount, one.order.reference)
    assert forget(one, now=later, new_id=lambda: "event") is None
    again = forget(replace(one, payer=ADA), now=later, new_id=lambda: "event")
    assert again is not None
    assert NOON == again.entity.forgotten_at


def test_a_subscriber_is_forgotten_once() -> None:
    change = forget(subscription(), now=NOON, new_id=lambda: "event")
    assert change is not None
    one = change.entity
    assert isinstance(one, Subscription)

    assert (Payer("P-1"), NOON) == (one.seen.subscriber, one.forgotten_at)
    assert forget(one, now=NOON + SECOND, new_id=lambda: "event") is None


TERMS = Terms(Money(500, "USD"), "digest", reason="owed")


@pytest.mark.parametrize(
    ("state", "look", "due", "published"),
    [
        (SUCCEEDED, RESERVED, 0, []),
        (DECLINED, RESERVED, 0, ["collection.failed"]),
        (SUCCEEDED, SUCCEEDED, None, []),
        (PENDING, RESERVED, 0, []),
        (UNKNOWN, RESERVED, 0, []),
    ],
)
def test_a_collection_that_ended_has_its_subscription_read_now(
    state: OperationState, look: OperationState, due: int | None, published: list[str]
) -> None:
    access = Operation(
        "a", OperationKind.access, look, due_at=NOON + 99 * SECOND if due == 0 else None
    )
    before = replace(subscription(), operations=(access,))
    settled = Operation("c", OperationKind.collect, state, reason="no funds", terms=TERMS)
    change = collection_settled(before, settled, now=NOON, new_id=lambda: "event")

    assert (None if due is None else NOON) == change.entity.operations[0].due_at
    assert settled == change.entity.operations[1]
    assert published == [str(event.type) for event in change.events]
    bare = collection_settled(subscription(), settled, now=NOON, new_id=lambda: "event")
    assert (settled,) == bare.entity.operations


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        (TERMS, {"id": "c", "amount": {"minor": 500, "currency": "USD"}, "reason": "owed"}),
        (replace(TERMS, reason=None), {"id": "c", "amount": {"minor": 500, "currency": "USD"}}),
        (None, {"id": "c"}),
    ],
)
def test_a_collection_that_is_left_to_people_is_published_with_its_terms(
    terms: Terms | None, said: dict[str, object]
) -> None:
    lost = Operation("c", OperationKind.collect, UNKNOWN, reason="no answer", terms=terms)
    change = collection_parked(subscription(), lost, now=NOON, new_id=lambda: "event")
    (event,) = change.events

    assert ("collection.parked", said, "no answer") == (
        *(event.type, event.data["collection"], event.data["because"]),
    )
    assert (lost,) == change.entity.operations


CAN = Abilities(invoices=True, invoice_refunds=True, subscriptions=True)
SALE = Transaction("SALE1", "sale", PaymentStatus.succeeded, Money(1250, "USD"), NOON)
PAID = payment(
    status=PaymentStatus.succeeded, reason="kept", paid=True, transactions=(SALE,), payer=ADA
)
LOST = {
    kind: Operation(f"op-{kind.value}", kind, UNKNOWN, attempts=1, terms=terms)
    for kind, terms in (
        (CHARGE, None),
        (REFUND, TERMS),
        (OperationKind.capture, None),
        (INVOICE, None),
        (OperationKind.invoice_refunds, None),
    )
}


def by_hand(
    before: Payment, one: Operation, reference: str | None, **rest: bool
) -> Change[Payment]:
    change = resolve(
        *(before.with_operation(one), one),
        succeeded=rest.get("succeeded", True),
        evidence="seen",
        reference=reference,
        can=CAN,
        now=NOON,
        new_id=lambda: "event",
    )
    assert isinstance(change.entity, Payment)
    return change  # type: ignore[return-value]  # the payment that it was


@pytest.mark.parametrize(
    ("kind", "step", "amount"),
    [(CHARGE, "charge", 1250), (OperationKind.capture, "sale", 1250), (REFUND, "refund", 500)],
)
@pytest.mark.parametrize("reference", [None, ""])
def test_what_succeeded_has_an_id_at_the_gateway_and_moved_its_amount(
    kind: OperationKind, step: str, amount: int, reference: str | None
) -> None:
    before = PAID if kind is REFUND else payment(status=PaymentStatus.approval_pending)
    done = by_hand(before, LOST[kind], "GW-1").entity

    moved = done.transactions[-1]
    assert ("GW-1", step, amount, NOON) == (moved.id, moved.kind, moved.amount.minor, moved.at)
    settled = done.operation(kind)
    assert settled is not None
    assert (SUCCEEDED, "GW-1", "seen") == (settled.state, settled.reference, settled.reason)
    with pytest.raises(ValueError, match=f"a {kind.value} that succeeded has an id"):
        by_hand(before, LOST[kind], reference)


def test_an_invoice_that_a_person_found_is_paid_and_gets_the_refunds_recorded() -> None:
    back = replace(
        SALE, id="R1", kind="refund", status=PaymentStatus.refunded, amount=TERMS.amount
    )
    before = replace(
        PAID, transactions=(SALE, back), refunded=TERMS.amount, invoice_withheld="a doubt"
    )
    change = by_hand(before, LOST[INVOICE], "INV-1")
    one = change.entity

    assert (["invoice.paid"], None) == ([str(e.type) for e in change.events], one.invoice_withheld)
    assert (PaymentStatus.succeeded, "kept", True) == (one.status, one.reason, one.paid)
    assert one.operation(OperationKind.invoice_refunds) is not None


@pytest.mark.parametrize(
    ("kind", "status", "reason", "events"),
    [
        (CHARGE, PaymentStatus.declined, "seen", ["payment.declined"]),
        (REFUND, PaymentStatus.succeeded, "kept", ["refund.failed"]),
        (INVOICE, PaymentStatus.succeeded, "kept", ["invoice.withheld"]),
        (OperationKind.invoice_refunds, PaymentStatus.succeeded, "kept", []),
    ],
)
def test_what_failed_is_declined_with_the_evidence(
    kind: OperationKind, status: PaymentStatus, reason: str, events: list[str]
) -> None:
    change = by_hand(PAID, LOST[kind], None, succeeded=False)
    settled = change.entity.operation(kind)
    assert settled is not None

    assert (DECLINED, "seen") == (settled.state, settled.reason)
    assert (status, reason) == (change.entity.status, change.entity.reason)
    assert events == [str(event.type) for event in change.events]
    withheld = "seen" if kind is INVOICE else None
    assert withheld == change.entity.invoice_withheld


def test_refunds_on_an_invoice_are_noted_as_a_person_says() -> None:
    kind = OperationKind.invoice_refunds
    before = replace(PAID, refunded=TERMS.amount)
    done = by_hand(before, LOST[kind], None).entity
    failed = by_hand(before, LOST[kind], None, succeeded=False).entity

    assert (TERMS.amount, None) == (done.invoice_refunded, done.invoice_refund_refused)
    assert (None, TERMS.amount) == (failed.invoice_refunded, failed.invoice_refund_refused)


@pytest.mark.parametrize(
    ("succeeded", "state", "events"),
    [(True, SUCCEEDED, []), (False, DECLINED, ["collection.failed"])],
)
def test_a_collection_is_settled_as_a_person_says(
    succeeded: bool, state: OperationState, events: list[str]
) -> None:
    one = Operation("c", OperationKind.collect, UNKNOWN, terms=TERMS)
    change = resolve(
        *(replace(subscription(), operations=(one,)), one),
        succeeded=succeeded,
        evidence="seen",
        reference=None,
        can=CAN,
        now=NOON,
        new_id=lambda: "event",
    )
    (settled,) = change.entity.operations

    assert (state, "seen") == (settled.state, settled.reason)
    assert events == [str(event.type) for event in change.events]
