"""Money moves both ways: what events say adds up, in any order and whenever it is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.events import Event, EventType
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Payer, Payment, PaymentStatus, Transaction
from tests.depth import examples

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
PAID = 1250
_CAN = rules.Abilities(reread=True, invoices=True, invoice_refunds=True)
_DONE = (PaymentStatus.refunded, PaymentStatus.declined)


@dataclass(frozen=True)
class Step:
    """One refund or reversal: its amount, and the states it goes through."""

    number: int
    kind: str
    minor: int
    states: tuple[PaymentStatus, ...]

    def seen(self, stage: int) -> Transaction:
        status = self.states[min(stage, len(self.states) - 1)]
        at = NOON + timedelta(minutes=self.number)
        return Transaction(f"R{self.number}", self.kind, status, Money(self.minor, "USD"), at)


_LIVES = st.sampled_from(
    [
        (PaymentStatus.refunded,),
        (PaymentStatus.pending, PaymentStatus.refunded),
        (PaymentStatus.pending, PaymentStatus.declined),
        (PaymentStatus.refunded, PaymentStatus.declined),
        (PaymentStatus.declined,),
    ]
)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["refund", "reversal"]), st.integers(1, PAID), _LIVES), max_size=4
).map(lambda drawn: [Step(n, *one) for n, one in enumerate(drawn, start=1)])


def bank(steps: Sequence[Step], stages: dict[int, int], named: Sequence[Step]) -> Observation:
    """The sale as the gateway shows it, with those of its steps that were asked for."""
    begun = [one for one in steps if one.number in stages]
    back = sum(
        one.minor for one in begun if one.seen(stages[one.number]).status is PaymentStatus.refunded
    )
    status = PaymentStatus.succeeded
    if back:
        status = PaymentStatus.partially_refunded
    if back >= PAID:
        taken = any(
            one.kind == "reversal"
            and one.seen(stages[one.number]).status is PaymentStatus.refunded
            for one in begun
        )
        status = PaymentStatus.reversed if taken else PaymentStatus.refunded
    sale = Transaction("SALE1", "sale", status, Money(PAID, "USD"), NOON)
    refunds = tuple(one.seen(stages[one.number]) for one in named)
    return Observation(sale, payer=Payer("P", "Ann", "ann@example.test"), refunds=refunds)


def balance(events: Sequence[Event]) -> int:
    """Published gone minus published restored."""
    total = 0
    for event in events:
        moved = event.data.get("moved", {}).get("minor", 0)
        total += -moved if event.type == EventType.payment_restored else moved
    return total


def observe(before: Payment | None, seen: Observation, number: int) -> Change[Payment]:
    ids = count()
    return rules.observe(
        before,
        "acme-SALE1",
        "acme",
        seen,
        can=_CAN,
        now=NOON + timedelta(hours=number),
        new_id=lambda: f"{number}-{next(ids)}",
    )


@settings(deadline=None, max_examples=examples(100))
@given(_STEPS, st.data())
def test_published_gone_less_published_restored_is_what_went_back(steps, data):
    """
    At every look, whatever happened between two of them and however often it is looked.
    """
    stages: dict[int, int] = {}
    payment: Payment | None = None
    events: list[Event] = []
    for number in range(data.draw(st.integers(1, 12), label="looks")):
        for one in steps:
            moves = data.draw(st.integers(0, 2), label=f"look {number}: {one.number} moves")
            if moves:
                stages[one.number] = stages.get(one.number, -1) + moves
        begun = [one for one in steps if one.number in stages]
        asked = data.draw(st.lists(st.sampled_from(begun), unique=True) if begun else st.just([]))
        known = payment.sent_back if payment else ()
        named = [one for one in begun if one in asked or f"R{one.number}" in {k.id for k in known}]
        change = observe(payment, bank(steps, stages, named), number)
        payment = change.entity
        events += change.events

        assert balance(events) == (payment.refunded.minor if payment.refunded else 0)
        assert all(event.data["moved"]["minor"] > 0 for event in events if "moved" in event.data)
    assert 1 == sum(event.type == EventType.payment_succeeded for event in events)


@settings(deadline=None, max_examples=examples(100))
@given(_STEPS, st.data())
def test_the_same_history_ends_in_the_same_state_in_any_order(steps, data):
    """
    Every step's notification arrives, in two orders, some twice; then all is looked at.
    """
    stages = {one.number: 9 for one in steps}
    ends: list[tuple[object, ...]] = []
    for way in ("one", "another"):
        order = data.draw(st.permutations(steps), label=way)
        again = data.draw(st.lists(st.sampled_from(steps), max_size=3) if steps else st.just([]))
        payment: Payment | None = None
        for number, one in enumerate([*order, *again, None]):
            known = {step.id for step in payment.sent_back} if payment else set()
            named = [s for s in steps if s is one or f"R{s.number}" in known]
            payment = observe(payment, bank(steps, stages, named), number).entity
        assert payment is not None
        ends.append((payment.status, payment.refunded, payment.sent_back, payment.paid))

    assert ends[0] == ends[1]


@settings(deadline=None, max_examples=examples(15))
@given(st.integers(1, 300))
def test_a_state_keeps_at_most_fifty_steps_and_loses_no_amount(refunds):
    """
    Hundreds of refunds of a cent: the state stays small and the total stays right.
    """
    payment: Payment | None = None
    events: list[Event] = []
    for number in range(1, refunds + 1):
        at = NOON + timedelta(minutes=number)
        one = Transaction(f"R{number}", "refund", PaymentStatus.refunded, Money(1, "USD"), at)
        sale = Transaction(
            "SALE1", "sale", PaymentStatus.partially_refunded, Money(PAID, "USD"), NOON
        )
        change = observe(payment, Observation(sale, refunds=(one,)), number)
        payment = change.entity
        events += change.events

    assert payment is not None
    assert len(payment.transactions) <= rules.MOST_STEPS
    assert Money(refunds, "USD") == payment.refunded
    assert refunds == balance(events)


def test_a_refund_pending_at_first_is_published_once_it_is_done():
    """
    A pending refund is no event; its end is.
    """
    one = Step(1, "refund", 500, (PaymentStatus.pending, PaymentStatus.refunded))
    first = observe(None, bank([one], {1: 0}, [one]), 1)
    then = observe(first.entity, bank([one], {1: 1}, [one]), 2)

    assert [EventType.payment_succeeded] == [event.type for event in first.events]
    assert first.entity.due_at is not None
    assert [EventType.payment_refunded] == [event.type for event in then.events]


def test_a_refund_that_fails_later_is_restored():
    """
    A completed refund that fails gives the amount back, and says so.
    """
    one = Step(1, "refund", 500, (PaymentStatus.refunded, PaymentStatus.declined))
    first = observe(None, bank([one], {1: 0}, [one]), 1)
    then = observe(first.entity, bank([one], {1: 1}, [one]), 2)

    (event,) = then.events
    assert (EventType.payment_restored, 500) == (event.type, event.data["moved"]["minor"])
    assert (PaymentStatus.succeeded, None) == (then.entity.status, then.entity.refunded)


def test_a_refund_in_another_currency_is_kept_and_adds_nothing():
    """
    What cannot be added is not.
    """
    seen = bank([], {}, [])
    euro = Transaction("R1", "refund", PaymentStatus.refunded, Money(500, "EUR"), NOON)

    change = observe(None, replace(seen, refunds=(euro,)), 1)

    assert (None, (euro,)) == (change.entity.refunded, change.entity.sent_back)
