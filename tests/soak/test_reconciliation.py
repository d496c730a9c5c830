"""The soak's reconciliation reports each kind of fault, on books that are made up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.soak.books import Asked, Books, Held, Invoice, Moved, Sink, Told
from tests.soak.reconciliation import Finding, Wrong, reconcile
from tests.soak.table import table

CHARGED, SOLD = "pay-1", "paypal-SALE"


def sound() -> Books:
    """A charge at Example, a sale at PayPal of which a part went back, and all that follows."""
    events = [
        Told("e1", "payment.succeeded", f"payment#{CHARGED}", 1, "12:00:00"),
        Told("e2", "payment.succeeded", f"payment#{SOLD}", 1, "12:00:00"),
        Told("e3", "invoice.paid", f"payment#{SOLD}", 2, "12:00:01"),
        Told("e4", "payment.refunded", f"payment#{SOLD}", 3, "12:00:02", minor=300),
    ]
    sale = Held(
        SOLD, "paypal", "partially_refunded", 1250, "USD", paid=True, step="SALE", back=300
    )
    return Books(
        asked=Asked(
            payments={"key-1": CHARGED},
            keys={"key-1"},
            refunds={SOLD: {"op-1": 300}},
            refund_keys={SOLD: 1},
            subscriptions={"paypal-I-1": True},
        ),
        moved=[
            Moved("example", "ch_1", CHARGED, 4200, "EUR"),
            Moved("paypal", "SALE", "I-1", 1250, "USD"),
            Moved("paypal", "R-1", "SALE", 300, "USD", back=True),
        ],
        invoices=[Invoice("INV-1", "SALE", 1250, "USD", 1250, 300)],
        held=[
            Held(
                CHARGED, "example", "succeeded", 4200, "EUR", paid=True, step="ch_1", key="key-1"
            ),
            replace(sale, refunds={"op-1": 300}, asked=["op-1"], invoiced=True),
        ],
        events=events,
        archive=[one.id for one in events],
        sinks={
            "email": Sink(
                copies={one.id: [100.0] for one in events},
                records={one.id: [100.1] for one in events},
                shows_ids=True,
            ),
            "slack": Sink(
                copies={one.place: [100.0] for one in events},
                records={one.id: [100.1] for one in events},
            ),
        },
        notified=["paypal/WH-1"],
        recorded=["paypal/WH-1"],
        subscriptions={"paypal-I-1": ("active", "active")},
    )


def charged_again(books: Books) -> None:
    books.moved = [*books.moved, Moved("example", "ch_2", CHARGED, 4200, "EUR")]


def refunded_again(books: Books) -> None:
    """The second one is in the ledger, too: only what was asked for tells."""
    books.moved = [*books.moved, Moved("paypal", "R-2", "SALE", 300, "USD", back=True)]
    books.held = [books.held[0], replace(books.held[1], back=600)]


def charged_a_cent_more(books: Books) -> None:
    books.moved = [replace(books.moved[0], minor=4201), *books.moved[1:]]


def money_that_no_payment_has(books: Books) -> None:
    books.moved = [*books.moved, Moved("paypal", "SALE-2", "I-1", 1250, "USD")]


def paid_without_money(books: Books) -> None:
    books.moved = books.moved[1:]


def invoiced_again(books: Books) -> None:
    books.invoices = [*books.invoices, replace(books.invoices[0], id="INV-2")]


def no_invoice(books: Books) -> None:
    books.invoices = []


def a_refund_that_is_not_on_the_invoice(books: Books) -> None:
    books.invoices = [replace(books.invoices[0], back=0)]


def a_payment_that_the_ledger_forgot(books: Books) -> None:
    books.asked.payments["key-2"] = "pay-2"


def two_payments_of_one_key(books: Books) -> None:
    books.held = [
        *books.held,
        Held("pay-2", "example", "declined", 4200, "EUR", key="key-1"),
    ]


def a_refund_that_the_ledger_forgot(books: Books) -> None:
    books.asked.refunds[CHARGED] = {"op-2": 100}


def a_subscription_that_was_never_paid(books: Books) -> None:
    books.asked.subscriptions["paypal-I-2"] = True
    books.subscriptions = {**books.subscriptions, "paypal-I-2": ("active", "active")}


def a_webhook_without_a_record(books: Books) -> None:
    books.recorded = []


def an_event_too_few(books: Books) -> None:
    books.events = [one for one in books.events if one.id != "e3"]


def an_event_too_many(books: Books) -> None:
    books.events = [*books.events, replace(books.events[0], id="e5", sequence=2)]


def an_event_that_the_api_does_not_list(books: Books) -> None:
    books.archive = books.archive[1:]


def an_event_that_a_sink_never_had(books: Books) -> None:
    books.sinks["slack"].records = {"e1": [100.1]}


def a_message_that_never_came(books: Books) -> None:
    books.sinks["email"].copies = {}


def a_message_after_it_was_on_record(books: Books) -> None:
    sink = books.sinks["email"]
    sink.copies = {**sink.copies, "e1": [100.0, 130.0]}


def a_replay_that_was_not_delivered(books: Books) -> None:
    books.sinks["slack"].replayed = ["e1"]


def work_that_waits(books: Books) -> None:
    books.open = ["payment#pay-1: its charge is unknown"]


BREAKS: list[tuple[Callable[[Books], None], str, Wrong]] = [
    (charged_again, "example paid", Wrong.doubled),
    (refunded_again, "paypal sent back", Wrong.doubled),
    (charged_a_cent_more, "example paid", Wrong.lost),
    (money_that_no_payment_has, "paypal paid", Wrong.lost),
    (paid_without_money, "example paid", Wrong.doubled),
    (invoiced_again, "paypal invoiced", Wrong.doubled),
    (no_invoice, "paypal invoiced", Wrong.lost),
    (a_refund_that_is_not_on_the_invoice, "paypal invoiced", Wrong.lost),
    (a_payment_that_the_ledger_forgot, "requests", Wrong.lost),
    (two_payments_of_one_key, "requests", Wrong.doubled),
    (a_refund_that_the_ledger_forgot, "requests", Wrong.lost),
    (a_subscription_that_was_never_paid, "subscriptions", Wrong.lost),
    (a_webhook_without_a_record, "notifications", Wrong.lost),
    (an_event_too_few, "events", Wrong.lost),
    (an_event_too_many, "events", Wrong.doubled),
    (an_event_that_the_api_does_not_list, "events", Wrong.lost),
    (an_event_that_a_sink_never_had, "at slack", Wrong.lost),
    (a_message_that_never_came, "at email", Wrong.lost),
    (a_message_after_it_was_on_record, "at email", Wrong.doubled),
    (a_replay_that_was_not_delivered, "at slack", Wrong.lost),
    (work_that_waits, "work", Wrong.stranded),
]


def test_books_that_agree_leave_nothing_to_say() -> None:
    books = sound()

    assert [] == reconcile(books)
    assert "total" in table(books, [])


@pytest.mark.parametrize(
    ("broken", "line", "wrong"), BREAKS, ids=[one[0].__name__ for one in BREAKS]
)
def test_a_fault_is_found_and_named(
    broken: Callable[[Books], None], line: str, wrong: Wrong
) -> None:
    books = sound()
    broken(books)
    found = reconcile(books)

    assert (line, wrong) in {(one.line, one.wrong) for one in found}


def test_a_message_sent_again_because_its_answer_was_lost_is_no_fault() -> None:
    books = sound()
    sink = books.sinks["email"]
    sink.copies = {**sink.copies, "e1": [90.0, 100.0]}

    assert [] == reconcile(books)


def test_the_table_has_the_sums_to_the_cent_in_80_columns() -> None:
    books = sound()
    charged_again(books)
    lines = table(books, reconcile(books)).splitlines()
    paid = next(line for line in lines if line.startswith("example paid EUR"))
    total = next(line for line in lines if line.startswith("total"))

    rows = lines[: lines.index(total) + 1]
    assert ["2", "84.00", "42.00", "42.00", "0", "1", "0"] == paid.split()[3:]
    assert ["0", "1", "0"] == total.split()[1:]
    assert max(map(len, rows)) <= 80
    assert "example paid: doubled" in lines[-1]
    assert isinstance(reconcile(books)[0], Finding)
