"""Old and new code side by side: old items load, and old code fails safely on new ones."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from penstock.adapters.aws.items import event_item, read_event_item, read_state, state_item
from penstock.adapters.aws.values import Item, from_item, to_item
from penstock.domain import rules
from penstock.domain.events import Event, EventType
from penstock.domain.money import Money
from penstock.domain.observation import Observation
from penstock.domain.operation import Operation, OperationKind
from penstock.domain.payment import Payment, PaymentStatus
from penstock.errors import LedgerUnavailable
from penstock.testing.clock import NOON
from penstock.testing.ports.samples import accepted, full
from tests.adapters.v1_reader import read_payment

# Written by the code as it was before items named their version.
ITEMS = json.loads((Path(__file__).parent / "v1_items.json").read_text())


def upgraded(name: str) -> Payment:
    payment = read_state(ITEMS[name])
    assert isinstance(payment, Payment)
    return payment


@pytest.mark.parametrize("name", ITEMS)
def test_an_old_item_loads_with_all_it_holds(name):
    """
    What the old reader read is what the new one reads, but for what only the new one knows.
    """
    record = from_item(ITEMS[name])
    old = read_payment({**record, "id": record["pk"].removeprefix("payment#")})
    new = upgraded(name)

    steps = tuple(one for one in new.transactions if one.id != "earlier")
    assert old == replace(new, paid=False, transactions=steps)


@pytest.mark.parametrize(
    ("name", "paid"),
    [("accepted", False), ("pending", False), ("paid", True), ("refunded", True)],
)
def test_an_old_payment_whose_money_came_does_not_succeed_again(name, paid):
    """
    `payment.succeeded` was published by the old code; the new code must not repeat it.
    """
    assert paid is upgraded(name).paid


def test_an_old_refund_total_above_its_steps_is_not_published_as_restored():
    """
    The old code took the gateway's total; its steps add up to less, and the difference stays.
    """
    before = upgraded("more refunded than its steps")
    sale = replace(before.transactions[0], status=PaymentStatus.partially_refunded)

    seen = Observation(sale, refunds=before.transactions[2:])
    change = rules.observe(
        before,
        before.id,
        "paypal",
        seen,
        can=rules.Abilities(),
        now=NOON,
        new_id=lambda: "id",
    )

    assert ((), Money(800, "USD")) == (change.events, change.entity.refunded)


@pytest.mark.parametrize("payment", [accepted(), full()], ids=["accepted", "full"])
def test_old_code_fails_on_a_new_item_instead_of_writing_it_back(payment):
    """
    The old reader must not read a state that it would write back without its new fields.
    """
    record = from_item(state_item(payment, "commit-1"))

    with pytest.raises(KeyError):
        read_payment({**record, "id": payment.id})


def test_this_code_fails_on_an_item_of_newer_code_and_retries():
    """
    A state of a version to come is unavailable, not malformed: its message waits.
    """
    item = {**state_item(full(), "commit-1"), "schema": {"N": "3"}}

    with pytest.raises(LedgerUnavailable, match="newer code"):
        read_state(item)


def newer(item: Item, *path: str | int, **more: Any) -> Item:
    """The item as code to come would write it: with one field more, or with another word."""
    record = from_item(item)
    inner: Any = record
    for step in path:
        inner = inner[step]
    inner.update(more)
    return to_item(record)


@pytest.mark.parametrize(
    ("path", "more", "named"),
    [
        ((), {"cashback": 5}, "Payment.cashback"),
        (("operations", 0), {"cashback": 5}, "Operation.cashback"),
        (("operations", 0), {"kind": "cash_back"}, "OperationKind cash_back"),
        (("steps", 0), {"cashback": 5}, "Transaction.cashback"),
        (("order",), {"cashback": 5}, "Order.cashback"),
    ],
)
def test_a_field_that_only_newer_code_knows_makes_its_state_wait(path, more, named):
    """
    After a rollback nothing is written back without it; the message waits for newer code.
    """
    item = newer(state_item(full(), "commit-1"), *path, **more)

    with pytest.raises(LedgerUnavailable, match=rf"payment#.*: written by newer code \({named}\)"):
        read_state(item)


def test_a_rollback_with_both_versions_in_the_table_loses_no_state():
    """
    Version 2 was deployed and has touched half of version 1's items when it is rolled back.
    """
    touched = set(sorted(ITEMS)[::2])
    table = {
        name: state_item(upgraded(name), "commit-2") if name in touched else item
        for name, item in ITEMS.items()
    }

    # Version 1 again: it goes on with its own items, and fails on the others before it writes.
    for name, item in table.items():
        record = {**from_item(item), "id": item["pk"]["S"].removeprefix("payment#")}
        if name not in touched:
            assert read_payment(record).id == record["id"]
            continue
        with pytest.raises(KeyError):
            read_payment(record)

    # Forward again: what waited is as it was.
    assert {name: upgraded(name) for name in ITEMS} == {
        name: read_state(item) for name, item in table.items()
    }


def test_an_item_of_a_kind_that_only_newer_code_knows_is_passed_over():
    """
    The sweep of old code finds no entity there, and leaves it to newer code.
    """
    item = {**state_item(full(), "commit-1"), "pk": {"S": "voucher#1"}}

    assert read_state(item) is None


def test_a_state_from_before_defaults_were_left_out_is_the_same_state():
    """
    The code before wrote each operation's state, and every moment with its fraction.
    """
    charge = Operation("op-1", OperationKind.charge)
    payment = replace(accepted(), as_of=NOON, operations=(charge,))
    item = from_item(state_item(payment, "commit-1"))
    (operation,) = item["operations"]
    older = {
        **item,
        "operations": [{**operation, "state": "reserved"}],
        "as_of": "2026-11-02T12:00:00.000000Z",
    }

    assert "state" not in operation
    assert item["as_of"] == "2026-11-02T12:00:00Z"
    assert payment == read_state(to_item(older))


def test_an_event_from_before_its_constants_were_left_out_is_the_same_event():
    event = Event("e-1", EventType.invoice_paid, "pay-1", "paypal", 2, NOON, {"a": 1})
    item = event_item(event)
    older = {**item, "body": {"S": event.dumps()}}

    assert event == read_event_item(older) == read_event_item(item)
    assert len(item["body"]["S"]) + 80 < len(event.dumps())


def test_the_moment_of_creation_sorts_in_the_indexes_whatever_its_fraction():
    keys = [
        state_item(replace(accepted(), created_at=NOON + timedelta(microseconds=after)), "c")
        for after in (0, 1, 10**6)
    ]

    assert sorted(key["created_at"]["S"] for key in keys) == [k["created_at"]["S"] for k in keys]
