"""Which rows an event becomes; needs no server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.api import EventType
from penstock.testing import NOON
from penstock.testing.builders import event, least_event
from penstock_postgres.rows import Row, rows
from penstock_postgres.told import Unfit, storable
from penstock_postgres.upsert import upsert


def by_table(told: Any) -> dict[str, Row]:
    return {row.table: row for row in rows(told)}


def test_a_payment_is_kept_in_minor_units_beside_its_currency():
    told = event(refunded={"minor": 500, "currency": "USD"})

    payment = by_table(told)["payments"].values

    assert (1250, "USD", 500) == (payment["amount"], payment["currency"], payment["refunded"])
    assert (66, "USD", 1184, "USD") == (
        payment["fee"],
        payment["fee_currency"],
        payment["net"],
        payment["net_currency"],
    )


@pytest.mark.parametrize(
    ("type", "tables"),
    [
        ("payment.succeeded", ["events", "payments"]),
        ("payment.refunded", ["events", "payments", "refunds"]),
        ("payment.reversed", ["events", "payments", "refunds"]),
        ("payment.restored", ["events", "payments", "refunds"]),
        ("invoice.withheld", ["events", "payments", "invoices"]),
        ("refund.parked", ["events", "payments", "failures"]),
        ("subscription.renewed", ["events", "subscriptions"]),
        ("collection.failed", ["events", "subscriptions", "failures"]),
        ("dispute.opened", ["events", "disputes"]),
        ("notification.recorded", ["events"]),
        ("thing.unheard_of", ["events"]),
        ("payment.unheard_of", ["events"]),
    ],
)
def test_an_event_is_written_to_the_tables_of_what_it_is_about(type: str, tables: list[str]):
    assert tables == [row.table for row in rows(event(type))]


@pytest.mark.parametrize("type", EventType)
def test_the_least_an_event_may_say_is_enough(type: EventType):
    assert "events" == rows(least_event(type))[0].table


@pytest.mark.parametrize("type", ["payment.succeeded", "subscription.renewed"])
def test_no_row_holds_a_name_of_a_payer(type: str):
    told = event(type)
    assert "Ada Lovelace" in json.dumps(dict(told.data))

    shown = [repr(dict(row.values)) for row in rows(told)]

    assert not [one for one in shown if "Ada" in one]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"amount": {"minor": "1250", "currency": "USD"}}, "data.amount.minor is a str"),
        ({"amount": {"minor": 2**63, "currency": "USD"}}, "data.amount.minor is larger than a b"),
        ({"amount": {"minor": True, "currency": "USD"}}, "data.amount.minor is a bool"),
        ({"amount": {"minor": 1250}}, "data.amount.currency is missing"),
        ({"amount": None}, "data.amount is missing"),
        ({"status": None}, "data.status is missing"),
        ({"plan": "Gold"}, "data.plan.id is a str, expected an object above it"),
    ],
)
def test_an_event_that_no_row_can_hold_is_named_by_its_field(data: Any, said: str):
    with pytest.raises(Unfit, match=said) as refused:
        rows(event(**data))

    assert "Gold" not in str(refused.value)


@pytest.mark.parametrize("opened_at", ["yesterday", "2026-11-02T11:59:00", None])
def test_a_time_without_an_offset_is_no_time(opened_at: str | None):
    with pytest.raises(Unfit, match=r"data\.opened_at is"):
        rows(event("dispute.opened", opened_at=opened_at))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\ud83d\ude00", "\U0001f600"),
        ("\ud83d", "\ufffd"),
        ({"\x00": ["\x00", 1, None]}, {"\ufffd": ["\ufffd", 1, None]}),
    ],
)
def test_a_text_that_postgresql_cannot_keep_is_kept_as_near_as_it_can(text: Any, kept: Any):
    assert kept == storable(text)


def test_only_the_newest_event_writes_an_entitys_row():
    insert = next(iter(upsert("penstock", by_table(event())["payments"])))[0]

    assert insert.startswith('INSERT INTO "penstock".payments AS kept (id, ')
    assert insert.endswith(
        " WHERE (kept.sequence, kept.changed_at, kept.event_id)"
        " <= (EXCLUDED.sequence, EXCLUDED.changed_at, EXCLUDED.event_id)"
    )


def test_the_first_moment_of_money_is_kept_whichever_event_comes_first():
    _, (update, arguments) = upsert("penstock", by_table(event())["payments"])

    assert "SET paid_at = LEAST(paid_at, $2) WHERE id = $1" in update
    assert ["pay-1", NOON] == arguments


def test_no_value_is_in_the_text_of_a_statement():
    told = event(reference="Robert'); DROP TABLE payments;--")

    for row in rows(told):
        for query, arguments in upsert("penstock", row):
            assert "DROP" not in query
            assert query.count("$") >= len(arguments)
