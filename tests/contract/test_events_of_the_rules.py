"""What the rules publish is valid under its own schema, and every schema has a rule."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from penstock.domain import rules
from penstock.domain.change import Change
from penstock.domain.dispute import DisputeOutcome
from penstock.domain.events import Event, EventType
from penstock.domain.lifecycle import Lifecycle, said
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.domain.record import Became
from tests.contract.changes import (
    BARE,
    CAN,
    DISPUTED,
    NOON,
    PAID,
    PARTLY,
    TAKEN,
    back,
    charged,
    claimed,
    collection_left_to_people,
    contradicted,
    disputed,
    invoiced,
    left_to_people,
    new_id,
    not_collected,
    not_sent_back,
    nothing_more,
    observation,
    of_subscription,
    paid_twice,
    payable,
    recorded,
    seen,
    sent_back,
)
from tests.contract.checkouts import capturing, checkout

CONTRACTS = Path(__file__).parents[2] / "contracts"


def validator(kind: str) -> jsonschema_rs.Validator:
    schemas = [json.loads(path.read_text()) for path in CONTRACTS.glob("events/**/*.json")]
    registry = jsonschema_rs.Registry([(schema["$id"], schema) for schema in schemas])
    schema = json.loads((CONTRACTS / f"events/{kind}.json").read_text())
    return jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)


SUCCEEDED, REFUNDED, REVERSED = (
    EventType.payment_succeeded,
    EventType.payment_refunded,
    EventType.payment_reversed,
)
CHANGES: dict[str, tuple[Callable[[], Change[Any]], Sequence[EventType]]] = {
    "paid": (lambda: seen(PAID), [SUCCEEDED]),
    "paid, little known": (
        lambda: seen(nothing_more(status=PaymentStatus.succeeded)),
        [SUCCEEDED, EventType.invoice_withheld],
    ),
    "paid, no address": (
        lambda: seen(observation(PaymentStatus.succeeded, email=False)),
        [SUCCEEDED, EventType.invoice_withheld],
    ),
    "pending": (
        lambda: seen(observation(PaymentStatus.pending, reason="echeck")),
        [EventType.payment_pending],
    ),
    "pending, then declined without a reason": (
        lambda: seen(observation(PaymentStatus.pending), observation(PaymentStatus.declined)),
        [EventType.payment_declined],
    ),
    "held": (
        lambda: seen(observation(PaymentStatus.succeeded, hold="new_seller")),
        [SUCCEEDED, EventType.payment_on_hold],
    ),
    "released": (
        lambda: seen(observation(PaymentStatus.succeeded, hold="new_seller"), PAID),
        [EventType.payment_released],
    ),
    "refunded before it was seen, by no step it names": (
        lambda: seen(observation(PaymentStatus.refunded)),
        [SUCCEEDED, REFUNDED, EventType.invoice_withheld],
    ),
    "refunded in part": (lambda: seen(PAID, PARTLY), [REFUNDED]),
    "refunded in part, then charged back": (
        lambda: seen(PAID, PARTLY, TAKEN),
        [REVERSED, EventType.invoice_withheld],
    ),
    "refunded and charged back between two looks": (
        lambda: seen(PAID, TAKEN),
        [REFUNDED, REVERSED, EventType.invoice_withheld],
    ),
    "charged back in part": (
        lambda: seen(
            PAID, observation(PaymentStatus.partially_refunded, back("R-2", "reversal", 500))
        ),
        [REVERSED],
    ),
    "charged back, and cancelled": (
        lambda: seen(
            PAID,
            observation(PaymentStatus.reversed, back("R-2", "reversal", 1250)),
            observation(
                PaymentStatus.succeeded,
                replace(back("R-2", "reversal", 1250), status=PaymentStatus.declined),
            ),
        ),
        [EventType.payment_restored],
    ),
    "one of two refunds failed": (
        lambda: seen(
            PAID,
            observation(
                PaymentStatus.refunded, back("R-1", "refund", 250), back("R-3", "refund", 1000)
            ),
            observation(
                PaymentStatus.partially_refunded,
                back("R-1", "refund", 250),
                replace(back("R-3", "refund", 1000), status=PaymentStatus.declined),
            ),
        ),
        [EventType.payment_restored],
    ),
    "contradicted": (contradicted, [EventType.payment_contradicted]),
    "charged": (lambda: charged(PaymentStatus.succeeded, OperationState.succeeded), [SUCCEEDED]),
    "declined": (
        lambda: charged(PaymentStatus.declined, OperationState.declined, "no funds"),
        [EventType.payment_declined],
    ),
    "approved and captured": (
        lambda: rules.captured(*capturing(), PAID, can=CAN, now=NOON, new_id=new_id),
        [SUCCEEDED],
    ),
    "approved and declined": (
        lambda: rules.declined(*capturing(), "no funds", now=NOON, new_id=new_id),
        [EventType.payment_declined],
    ),
    "never approved": (
        lambda: rules.expire(checkout(), "too late", now=NOON, new_id=new_id),
        [EventType.payment_expired],
    ),
    "parked": (
        lambda: charged(PaymentStatus.parked, OperationState.unknown, "it broke"),
        [EventType.payment_parked],
    ),
    "withheld, and payable": (payable, [EventType.invoice_withheld]),
    "invoiced": (invoiced, [EventType.invoice_paid]),
    "paid twice": (paid_twice, [EventType.invoice_paid_twice]),
    "disputed": (lambda: disputed(DISPUTED), [EventType.dispute_opened]),
    "disputed, little known": (lambda: disputed(BARE), [EventType.dispute_opened]),
    "a dispute the API does not show": (claimed, [EventType.dispute_opened]),
    "and then does": (
        lambda: disputed(DISPUTED, claimed().entity),
        [EventType.dispute_updated],
    ),
    "resolved before it was seen": (
        lambda: disputed(replace(DISPUTED, outcome=DisputeOutcome.buyer, status="resolved")),
        [EventType.dispute_opened, EventType.dispute_resolved],
    ),
    **{
        f"resolved: {outcome}": (
            lambda outcome=outcome: disputed(
                replace(BARE, outcome=outcome, status="resolved"), disputed(BARE).entity
            ),
            [EventType.dispute_resolved],
        )
        for outcome in DisputeOutcome
    },
    **{
        f"subscription {fact.value}": (
            lambda fact=fact: of_subscription(said(fact, "WH-1", NOON)),
            [EventType(f"subscription.{fact.value}")],
        )
        for fact in Lifecycle
    },
    "asked back and sent back": (sent_back, [REFUNDED]),
    "asked back and refused": (not_sent_back, [EventType.refund_failed]),
    "asked back and forgotten": (left_to_people, [EventType.refund_parked]),
    "collected and refused": (not_collected, [EventType.collection_failed]),
    "collected and forgotten": (collection_left_to_people, [EventType.collection_parked]),
    "subscription met by its payment": (
        lambda: of_subscription(payment=seen(PAID).entity),
        [EventType.subscription_renewed],
    ),
    "subscription whose only payment went back": (
        lambda: of_subscription(payment=seen(observation(PaymentStatus.refunded)).entity),
        [EventType.subscription_renewed, EventType.subscription_access_ended],
    ),
    "subscription whose payment went back and came again": (
        lambda: of_subscription(
            payment=seen(PAID).entity,
            before=of_subscription(
                payment=seen(observation(PaymentStatus.refunded)).entity
            ).entity,
        ),
        [EventType.subscription_access_restored],
    ),
    "recorded": (
        lambda: recorded(
            Became.recorded, resource_type="plan", resource_id="P-1", summary="A plan was created."
        ),
        [EventType.notification_recorded],
    ),
    "recorded, little known": (
        lambda: recorded(Became.parked),
        [EventType.notification_recorded],
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_the_rules_publish_holds_under_its_schema(name: str):
    make, kinds = CHANGES[name]
    events = make().events

    assert list(kinds) == [event.type for event in events]
    for event in events:
        wire = json.loads(event.dumps())
        validator(event.type).validate(wire)
        assert event == Event.loads(json.dumps(wire))
        assert "ann@example.org" not in event.dumps()


@pytest.mark.parametrize("name", CHANGES)
def test_no_field_of_an_event_is_missing_in_its_schema(name: str):
    """
    A schema lets unknown fields pass, so what nobody described would be seen by nobody.
    """
    for event in CHANGES[name][0]().events:
        schema = json.loads((CONTRACTS / f"events/{event.type}.json").read_text())
        part = schema["properties"]["data"]["$ref"].rpartition(":")[2]
        described = json.loads((CONTRACTS / f"events/parts/{part}.json").read_text())["properties"]
        own = schema["properties"]["data"].get("properties", {})

        assert set(event.data) <= {*described, *own}


@pytest.mark.parametrize("name", CHANGES)
def test_every_movement_says_how_much_moved_and_what_is_gone_in_all(name: str):
    for event in CHANGES[name][0]().events:
        if event.type in (REFUNDED, REVERSED, EventType.payment_restored):
            assert 0 < event.data["moved"]["minor"] <= event.data["amount"]["minor"]
        if event.type in (REFUNDED, REVERSED):
            assert event.data["moved"]["minor"] <= event.data["refunded"]["minor"]


def test_every_event_type_is_published_by_some_rule():
    assert set(EventType) == {kind for _, kinds in CHANGES.values() for kind in kinds}


def test_a_schema_refuses_the_event_of_another_type():
    (event,) = charged(PaymentStatus.succeeded, OperationState.succeeded).events

    for kind in set(EventType) - {event.type}:
        assert not validator(kind).is_valid(event.cloud_event())
