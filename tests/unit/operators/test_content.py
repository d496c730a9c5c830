"""What a message shows of itself, and what will become of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from penstock.operators.content import Content, content
from penstock.operators.knowledge import Known
from penstock.operators.sending import expected
from penstock.pipeline.orders import ChargeMessage
from penstock.testing.builders import delivery, event, notification, order
from tests.unit.operators.contents import CHARGE, REFUND, message_of, read

RECEIVED = "2026-11-02T12:00:00+00:00"


def test_a_charge_shows_its_amount_and_reference() -> None:
    assert Content(
        "charge",
        "pay-1",
        {"provider": "acme", "amount": "12.50 USD", "reference": "order-1"},
        CHARGE,
    ) == read("payments", CHARGE.dumps())
    without = ChargeMessage("pay-1", "acme", order())
    assert {"provider": "acme", "amount": "12.50 USD"} == read("payments", without.dumps()).facts


def test_another_action_shows_its_operation() -> None:
    assert Content("refund", "pay-1", {"provider": "acme", "operation": "op-1"}, REFUND) == read(
        "payments", REFUND.dumps()
    )


def test_a_notification_shows_whose_it_is_and_how_we_know_of_it() -> None:
    told = notification()
    facts = {
        "gateway": "example",
        "notification": "note-1",
        "occurred_at": RECEIVED,
        "evidence": "signed",
    }

    assert Content("charge.succeeded", "pay-1", facts, told) == read("verified", told.dumps())
    # What the gateway's API contradicts is rejected as a notification.
    assert Content("charge.succeeded", "pay-1", facts, told) == read("rejected", told.dumps())


@pytest.mark.parametrize("queue", ["deliveries", "rejected"])
def test_a_webhook_shows_when_it_came_and_how_long_it_is(queue: str) -> None:
    came = delivery(b'{"a":1}')

    assert Content(
        "webhook",
        came.id[:12],
        {"gateway": "example", "received_at": RECEIVED, "bytes": "7"},
        came,
    ) == read(queue, came.dumps())


def test_an_event_for_a_sink_shows_its_id_and_time() -> None:
    fact = event()

    assert Content(
        "payment.succeeded",
        fact.entity,
        {"event": "event-1", "gateway": "example", "time": RECEIVED},
        fact,
    ) == read("sink-slack", fact.dumps())


@pytest.mark.parametrize("queue", ["payments", "verified", "deliveries", "rejected", "sink-slack"])
def test_what_cannot_be_read_says_so(queue: str) -> None:
    shown = read(queue, "no JSON")

    assert ("unreadable", None, None) == (shown.what, shown.subject, shown.asked)
    assert shown.facts["because"]


def test_a_notification_among_deliveries_is_unreadable() -> None:
    assert "unreadable" == read("deliveries", notification().dumps()).what


@pytest.mark.parametrize(
    ("queue", "body", "known", "says"),
    [
        ("rejected", CHARGE.dumps(), Known("x"), "no function consumes this queue"),
        ("payments", CHARGE.dumps(), Known("x"), "charge will take it; the ledger has: x"),
        ("other", CHARGE.dumps(), Known("x"), "its consumer will take it; the ledger has: x"),
        (
            "payments",
            CHARGE.dumps(),
            Known("x", succeeded=True),
            "it will change nothing, the ledger has: x",
        ),
        (
            "sink-slack",
            event().dumps(),
            Known("slack has had it", succeeded=True),
            "it will end as a duplicate, slack has had it: see `penstock events replay --help`",
        ),
        ("sink-slack", event().dumps(), Known("x"), "deliver will take it; the ledger has: x"),
        (
            "verified",
            notification().dumps(),
            Known("x"),
            "process will take it; the ledger has: x",
        ),
        ("deliveries", delivery().dumps(), Known("x"), "verify will take it; the ledger has: x"),
    ],
)
def test_before_a_message_is_sent_it_says_what_will_become_of_it(
    queue: str, body: str, known: Known, says: str
) -> None:
    told = content("payments" if queue in ("rejected", "other") else queue, message_of(body))

    assert says == expected(queue, told, known)


def test_a_message_that_cannot_be_read_will_be_parked() -> None:
    told = Content("unreadable", None, {"because": "it is no JSON"})

    assert "charge will park it: it is no JSON" == expected("payments", told, Known("x"))
    assert "charge will park it: it cannot be read" == expected(
        "payments", replace(told, facts={}), Known("x")
    )
