"""Entities survive the table: every field of every one there can be."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from penstock.adapters.aws.attempts import attempt_item
from penstock.adapters.aws.items import (
    DUE,
    event_item,
    read_event_item,
    read_state,
    seen_item,
    state_item,
)
from penstock.adapters.aws.values import from_item, to_item
from penstock.domain.change import Seen
from penstock.domain.dispute import Dispute, DisputeObservation, DisputeOutcome
from penstock.domain.events import Event, EventType
from penstock.domain.money import Money
from penstock.domain.operation import Operation, OperationKind, OperationState
from penstock.domain.payment import (
    Implied,
    Order,
    Payer,
    Payment,
    PaymentStatus,
    Plan,
    Transaction,
)
from penstock.domain.record import Became, Record
from penstock.errors import MalformedMessage
from penstock.testing.clock import NOON
from penstock.testing.ports.samples import accepted, due_at, full, settled

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
maybe = st.none() | texts
# No deadline per example: a busy machine is no broken promise.
unhurried = hypothesis_settings(deadline=None)
moments = st.datetimes(
    datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2500, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.just(UTC) | st.just(timezone(timedelta(hours=-7))),
)
counts = st.integers(0, 10**9)
money = st.builds(
    Money.kept, st.integers(-(10**30), 10**30), st.from_regex(r"[A-Z]{3}", fullmatch=True)
)
payers = st.none() | st.builds(Payer, maybe, maybe, maybe)
pairs = st.dictionaries(texts, texts, max_size=3)
orders = st.builds(Order, money, maybe, maybe, payers, pairs)
statuses = st.sampled_from(PaymentStatus)
operations = st.builds(
    Operation,
    texts,
    st.sampled_from(OperationKind),
    st.sampled_from(OperationState),
    counts,
    *[st.none() | moments] * 4,
    maybe,
    maybe,
)
transactions = st.builds(Transaction, texts, texts, statuses, money, moments)
payments = st.builds(
    Payment,
    id=texts,
    gateway=texts,
    order=orders,
    status=statuses,
    created_at=moments,
    updated_at=moments,
    reason=maybe,
    transactions=st.lists(transactions, max_size=2).map(tuple),
    operations=st.lists(operations, max_size=2).map(tuple),
    subscription=maybe,
    plan=st.none() | st.builds(Plan, texts, maybe),
    payer=payers,
    links=pairs,
    paid=st.booleans(),
    refunded=st.none() | money,
    hold=maybe,
    fee=st.none() | money,
    net=st.none() | money,
    as_of=st.none() | moments,
    implied=st.lists(st.sampled_from(Implied), unique=True).map(tuple),
    stale_since=st.none() | moments,
    invoice_number=maybe,
    invoice_withheld=maybe,
    invoice_refunded=st.none() | money,
    invoice_paid_twice=st.booleans(),
    remembered=st.lists(texts, max_size=2).map(tuple),
    token=maybe,
    version=counts,
    sequence=st.just(0),
    published=st.just(0),
)
disputes = st.builds(
    Dispute,
    id=texts,
    gateway=texts,
    created_at=moments,
    updated_at=moments,
    operations=st.lists(operations, max_size=2).map(tuple),
    seen=st.builds(
        DisputeObservation,
        texts,
        texts,
        moments,
        maybe,
        st.none() | money,
        st.lists(texts, max_size=3).map(tuple),
        st.none() | moments,
        st.none() | st.sampled_from(DisputeOutcome),
        st.none() | moments,
        pairs,
    ),
    confirmed=st.booleans(),
    unconfirmed_because=maybe,
    version=counts,
)
records = st.builds(
    Record,
    id=texts,
    gateway=texts,
    created_at=moments,
    updated_at=moments,
    type=texts,
    occurred_at=moments,
    became=st.sampled_from(Became),
    digest=texts,
    resource_type=maybe,
    resource_id=maybe,
    summary=maybe,
    because=maybe,
    subject=maybe,
    confirmed=st.booleans(),
    version=counts,
)
values = st.recursive(
    texts | st.integers(-(10**30), 10**30) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


@unhurried
@given(payments | disputes | records)
def test_an_entity_comes_back_as_it_was(entity):
    """
    An item holds whatever its entity holds.
    """
    assert entity == read_state(state_item(entity, "commit-1"))


@unhurried
@given(st.dictionaries(texts, values))
def test_a_record_comes_back_as_it_was(record):
    """
    Texts, whole numbers, booleans, lists and maps survive, however nested.
    """
    assert record == from_item(to_item(record))


@unhurried
@given(texts, moments, st.integers(1, 10**12 - 1), st.dictionaries(texts, values))
def test_an_event_comes_back_as_it_was(entity, time, sequence, data):
    """
    The archive gives events back as they were committed.
    """
    event = Event("e", EventType.invoice_paid, entity, "paypal", sequence, time, data)

    assert event == read_event_item(event_item(event))


def test_a_float_is_never_kept():
    """
    Money in a float is an error before it reaches the table.
    """
    with pytest.raises(TypeError, match="float"):
        to_item({"order": {"amount": 12.5}})


def test_half_a_character_parks_its_message():
    """
    JSON can say half a surrogate pair; no store takes it, so the message is at fault.
    """
    order = replace(full().order, description="\ud800")

    with pytest.raises(MalformedMessage):
        state_item(replace(full(), order=order), "commit-1")


def test_a_payment_is_in_the_due_index_only_while_it_is_due():
    """
    The sweep's index holds what is left to do, by the moment it is due, and nothing else.
    """
    waiting = due_at(accepted(), 7)
    item = state_item(waiting, "c")

    assert {"S": "2026-11-02T12:07:00.000000Z"} == item["due_at"]
    assert item["due_pk"]["S"] in DUE
    assert set() == {"due_pk", "due_at"} & set(state_item(settled(waiting), "c"))


def test_a_payment_is_due_in_one_place_for_ever_and_all_places_are_used():
    """
    A write that moved it to another partition would leave it listed twice.
    """
    places = [state_item(due_at(accepted(f"pay-{n}"), 7), "c")["due_pk"]["S"] for n in range(200)]
    later = state_item(due_at(accepted("pay-7"), 9), "d")["due_pk"]["S"]

    assert set(DUE) == set(places)
    assert places[7] == later


def test_a_delivered_event_is_forgotten_once_no_queue_can_hold_it_any_more():
    """
    Fourteen days in its queue and fourteen in the dead-letter queue.
    """
    item = attempt_item("slack", "event-1", NOON)

    assert NOON + timedelta(days=28) < datetime.fromtimestamp(int(item["expires_at"]["N"]), UTC)


def test_what_is_empty_or_missing_takes_no_room():
    """
    A field that is None is left out, not written as nothing.
    """
    assert "reason" not in state_item(accepted(), "c")


def test_an_expiry_is_whole_seconds():
    """
    DynamoDB's expiry reads a number of seconds; anything else never expires.
    """
    item = seen_item(Seen("k", "d"), NOON + timedelta(microseconds=999999))

    assert {"N": str(int(NOON.timestamp()) + 90 * 86400)} == item["expires_at"]
