"""The steps by which a payment's money went back, and what each look at them publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from penstock.domain.change import Fact
from penstock.domain.events import EventType
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.payment import Payment, PaymentStatus, Transaction
from penstock.domain.rules import gone
from penstock.testing.builders import payment
from penstock.testing.clock import NOON

MINUTE = timedelta(minutes=1)
PAID = Money(1250, "USD")
SUCCEEDED, PENDING, DECLINED, REFUNDED, REVERSED, PARTLY = (
    PaymentStatus.succeeded,
    PaymentStatus.pending,
    PaymentStatus.declined,
    PaymentStatus.refunded,
    PaymentStatus.reversed,
    PaymentStatus.partially_refunded,
)


def sale(status: PaymentStatus = PARTLY) -> Transaction:
    return Transaction("SALE1", "sale", status, PAID, NOON)


def back(number: int, minor: int, **rest: object) -> Transaction:
    """A refund, done so many minutes after noon."""
    at = NOON + number * MINUTE
    step = Transaction(f"R{number:02d}", "refund", REFUNDED, Money(minor, "USD"), at)
    return replace(step, **rest)  # type: ignore[arg-type]  # fields by name


def seen(*refunds: Transaction, status: PaymentStatus = PARTLY, **rest: object) -> Observation:
    return replace(Observation(sale(status), refunds=refunds), **rest)  # type: ignore[arg-type]  # fields by name


def state(*steps: Transaction) -> Payment:
    total = gone.gone(steps, PAID)
    return payment(transactions=(sale(), *steps), refunded=total, status=PARTLY)


def told(before: Payment, after: Payment) -> list[tuple[str, int, int | None, str | None]]:
    """Each event: its type, what moved, the new total, the step."""
    return [_told(one) for one in gone.news(before, after)]


def _told(fact: Fact) -> tuple[str, int, int | None, str | None]:
    total = fact.data.get("refunded")
    step = fact.data.get("step_id")
    return fact.type.value, fact.data["moved"]["minor"], total and total["minor"], step


def test_steps_are_kept_oldest_first_and_by_id_where_they_are_of_one_moment() -> None:
    late, early = back(2, 100), back(1, 100)
    same = replace(early, id="R00")

    assert (same, early, late) == gone.steps((late,), seen(early, same))


@pytest.mark.parametrize(
    ("status", "minor", "rest"),
    [
        (REFUNDED, 1249, [("unattributed", "refund", 1)]),
        (REVERSED, 1249, [("unattributed", "reversal", 1)]),
        (REFUNDED, 1250, []),
        (REFUNDED, 1251, []),
        (PARTLY, 1249, []),
        (SUCCEEDED, 500, []),
    ],
)
def test_what_went_back_of_the_whole_under_no_name_is_one_step_more(
    status: PaymentStatus, minor: int, rest: list[tuple[str, str, int]]
) -> None:
    _, *others = gone.steps((), seen(back(1, minor), status=status))

    assert rest == [(one.id, one.kind, one.amount.minor) for one in others]


def test_what_has_no_name_is_dated_by_the_first_look_that_showed_it() -> None:
    """
    Then by the gateway's last change, then by the sale.
    """
    changed = NOON + 5 * MINUTE
    (bare,) = gone.steps((), seen(status=REFUNDED))
    (dated,) = gone.steps((), seen(status=REFUNDED, as_of=changed))
    (again,) = gone.steps((dated,), seen(status=REFUNDED, as_of=changed + MINUTE))

    assert [NOON, changed, changed] == [one.at for one in (bare, dated, again)]


@pytest.mark.parametrize(
    ("known", "shown", "kept"),
    [
        ("reversal", "refund", "reversal"),
        ("reversal", "reversal", "reversal"),
        ("refund", "reversal", "reversal"),
        ("refund", "refund", "refund"),
        (None, "refund", "refund"),
        (None, "reversal", "reversal"),
    ],
)
def test_a_reversal_stays_one_whatever_later_news_calls_it(
    known: str | None, shown: str, kept: str
) -> None:
    before = () if known is None else (back(1, 500, kind=known, status=PENDING),)
    (step,) = gone.steps(before, seen(back(1, 500, kind=shown)))

    assert (kept, REFUNDED) == (step.kind, step.status)


@pytest.mark.parametrize(
    ("number", "kept", "added_up"), [(48, 48, None), (49, 48, 2), (60, 48, 13)]
)
def test_the_oldest_of_more_than_48_steps_are_added_up(
    number: int, kept: int, added_up: int | None
) -> None:
    first, *others = listed = gone.steps((), seen(*(back(nth, 1) for nth in range(1, number + 1))))

    assert kept == len(listed)
    assert Money(number, "USD") == gone.gone(listed, PAID)
    assert [f"R{nth:02d}" for nth in range(number - kept + 2, number + 1)] == [
        o.id for o in others
    ]
    if added_up is None:
        assert "R01" == first.id
    else:
        at = NOON + added_up * MINUTE
        sum_of = Money(added_up, "USD")
        assert Transaction("earlier", "refund", REFUNDED, sum_of, at) == first


@pytest.mark.parametrize(("after", "total"), [(-1, 500), (0, 500), (1, 600)])
def test_a_step_that_was_added_up_does_not_count_again_under_its_own_id(
    after: int, total: int
) -> None:
    earlier = back(10, 500, id="earlier")
    late = back(10 + after, 100, id="R99")

    assert Money(total, "USD") == gone.gone(gone.steps((earlier,), seen(late)), PAID)


def test_a_step_kept_by_its_id_is_brought_up_to_date_though_as_old_as_those_added_up() -> None:
    earlier, kept = back(10, 500, id="earlier"), back(10, 100)
    failed = replace(kept, status=DECLINED)

    assert (failed, earlier) == gone.steps((earlier, kept), seen(failed))


@pytest.mark.parametrize(
    ("steps", "total"),
    [
        ((), None),
        ((back(1, 1),), 1),
        ((back(1, 500), back(2, 250)), 750),
        ((back(1, 1250), back(2, 1)), 1250),
        ((back(1, 500, status=PENDING),), None),
        ((back(1, 500, status=DECLINED),), None),
        ((back(1, 500, amount=Money(500, "EUR")),), None),
        ((back(1, 500, amount=Money(500, "ZAR")),), None),
    ],
)
def test_what_went_back_is_the_sum_of_what_is_done_and_at_most_what_was_paid(
    steps: tuple[Transaction, ...], total: int | None
) -> None:
    assert (None if total is None else Money(total, "USD")) == gone.gone(steps, PAID)


@pytest.mark.parametrize("shown", list(PaymentStatus))
@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ((), SUCCEEDED),
        ((back(1, 1),), PARTLY),
        ((back(1, 1249),), PARTLY),
        ((back(1, 1250),), REFUNDED),
        ((back(1, 1250, kind="reversal"),), REVERSED),
        ((back(1, 250, kind="reversal"), back(2, 1000)), REVERSED),
        ((back(1, 250, kind="reversal", status=DECLINED), back(2, 1250)), REFUNDED),
        ((back(1, 1250, kind="reversal", status=DECLINED),), SUCCEEDED),
    ],
)
def test_a_paid_payments_status_is_what_is_left_of_its_money(
    shown: PaymentStatus, steps: tuple[Transaction, ...], status: PaymentStatus
) -> None:
    unpaid = shown in (PENDING, DECLINED)

    assert (shown if unpaid else status) is gone.status(steps, seen(status=shown))


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        ((), (), []),
        ((), (back(1, 500),), [("payment.refunded", 500, 500, "R01")]),
        ((back(1, 500),), (back(1, 500),), []),
        (
            (),
            (back(1, 500), back(2, 250, kind="reversal"), back(3, 1)),
            [
                ("payment.refunded", 500, 500, "R01"),
                ("payment.reversed", 250, 750, "R02"),
                ("payment.refunded", 1, 751, "R03"),
            ],
        ),
        (
            (back(1, 500),),
            (back(1, 500), back(2, 300), back(3, 700)),
            [("payment.refunded", 300, 800, "R02"), ("payment.refunded", 450, 1250, "R03")],
        ),
        (
            (back(1, 500, status=PENDING),),
            (back(1, 500),),
            [("payment.refunded", 500, 500, "R01")],
        ),
        (
            (back(1, 500),),
            (back(1, 700), back(2, 5, status=PENDING)),
            [("payment.refunded", 200, 700, "R01")],
        ),
        ((back(1, 500), back(2, 250)), (back(1, 500),), [("payment.restored", 250, None, None)]),
        ((back(1, 500),), (), [("payment.restored", 500, None, None)]),
        (
            (),
            (back(1, 500, id="unattributed"), back(2, 250, id="earlier")),
            [("payment.refunded", 500, 500, None), ("payment.refunded", 250, 750, None)],
        ),
    ],
)
def test_each_new_step_is_an_event_with_its_amount_and_the_new_total(
    before: tuple[Transaction, ...],
    after: tuple[Transaction, ...],
    events: list[tuple[str, int, int | None, str | None]],
) -> None:
    assert events == told(state(*before), state(*after))


def test_a_restored_amount_is_in_the_payments_currency() -> None:
    (fact,) = gone.news(state(back(1, 500)), state())

    assert (EventType.payment_restored, {"minor": 500, "currency": "USD"}) == (
        fact.type,
        fact.data["moved"],
    )
