"""Disputes: read from the API, published from the signed body where the API does not show them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from penstock.api import (
    Claimed,
    Confirmed,
    DisputeObservation,
    DisputeOutcome,
    EntityKind,
    Evidence,
    GatewayUnavailable,
    Money,
    Notification,
    NotYet,
    Ref,
    Unconfirmable,
)
from penstock.testing.clock import NOON
from penstock.testing.http import response
from tests.plugins.paypal.conftest import Stage
from tests.plugins.paypal.platform import Played
from tests.plugins.paypal.told import Told, problem

DISPUTE = "PP-D-5614"
PATH = f"/v1/customer/disputes/{DISPUTE}"
SHOWN: dict[str, Any] = {
    "dispute_id": DISPUTE,
    "create_time": "2026-11-01T10:00:00.000Z",
    "update_time": "2026-11-01T12:00:00.000Z",
    "disputed_transactions": [
        {"seller_transaction_id": "SALE0000000DSP222"},
        {"seller_transaction_id": "../x"},
        {"seller_transaction_id": "SALE0000000DSP222"},
    ],
    "reason": "UNAUTHORISED",
    "status": "WAITING_FOR_SELLER_RESPONSE",
    "dispute_amount": {"currency_code": "USD", "value": "96.00"},
    "seller_response_due_date": "2026-11-11T10:00:00.000Z",
}


def about(
    *, age: timedelta = timedelta(seconds=5), kind: str = "CUSTOMER.DISPUTE.CREATED", **body: Any
) -> Notification:
    return Notification(
        id="WH-1",
        gateway="paypal",
        type=kind,
        entity=f"paypal-{DISPUTE}",
        kind=EntityKind.dispute,
        resource={"dispute_id": DISPUTE, **body},
        occurred_at=NOON - age,
        evidence=Evidence.signed,
        delivery_id="d",
        transmission="t",
        digest="0",
    )


async def seen(told: Told, **changes: Any) -> DisputeObservation:
    told.at(PATH, response(200, {**SHOWN, **changes}))
    answer = await told.paypal.confirm(about(), NOON)
    assert isinstance(answer, Confirmed)
    assert isinstance(answer.observation, DisputeObservation)
    return answer.observation


async def test_a_dispute_is_what_the_api_shows_of_it(told: Told) -> None:
    assert DisputeObservation(
        reference=DISPUTE,
        status="waiting_for_seller_response",
        opened_at=datetime(2026, 11, 1, 10, tzinfo=UTC),
        reason="unauthorised",
        amount=Money(9600, "USD"),
        payments=("paypal-SALE0000000DSP222",),
        respond_by=datetime(2026, 11, 11, 10, tzinfo=UTC),
        as_of=datetime(2026, 11, 1, 12, tzinfo=UTC),
        links={"paypal": f"https://www.sandbox.paypal.com/resolutioncenter/view/{DISPUTE}"},
    ) == await seen(told)


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        ("RESOLVED", "RESOLVED_SELLER_FAVOUR", DisputeOutcome.seller),
        ("RESOLVED", "DENIED", DisputeOutcome.seller),
        ("RESOLVED", "RESOLVED_BUYER_FAVOUR", DisputeOutcome.buyer),
        ("RESOLVED", "ACCEPTED", DisputeOutcome.buyer),
        ("RESOLVED", "CANCELED_BY_BUYER", DisputeOutcome.withdrawn),
        ("RESOLVED", "RESOLVED_WITH_PAYOUT", DisputeOutcome.other),
        ("RESOLVED", "NONE", DisputeOutcome.other),
        ("RESOLVED", "SOMETHING_NEW", DisputeOutcome.other),
        ("RESOLVED", None, DisputeOutcome.other),
        (None, "RESOLVED_BUYER_FAVOUR", DisputeOutcome.buyer),
        ("UNDER_REVIEW", None, None),
        ("OTHER", None, None),
        # An appeal opened it again.
        ("UNDER_REVIEW", "RESOLVED_BUYER_FAVOUR", None),
    ],
)
async def test_how_it_ended(
    told: Told, status: str | None, code: str | None, outcome: DisputeOutcome | None
) -> None:
    ended = await seen(told, status=status, dispute_outcome={"outcome_code": code})

    assert outcome == ended.outcome


@pytest.mark.parametrize("stamp", ["2018-19-12T22:20:32.000Z", "", None, 7, "2017-08-31 PDT"])
async def test_impossible_dates_are_no_obstacle(told: Told, stamp: object) -> None:
    shown = await seen(told, create_time=stamp, update_time=stamp, seller_response_due_date=stamp)

    assert (NOON - timedelta(seconds=5), None, None) == (
        shown.opened_at,
        shown.as_of,
        shown.respond_by,
    )


async def test_a_date_without_a_zone_is_utc(told: Told) -> None:
    shown = await seen(told, seller_response_due_date="2016-07-10T20:38:52.000")

    assert datetime(2016, 7, 10, 20, 38, 52, tzinfo=UTC) == shown.respond_by


async def test_the_oldest_shape_is_read_as_far_as_it_goes(told: Told) -> None:
    """
    RISK.DISPUTE.CREATED: milliseconds, numbers for words, the sale's id beside it.
    """
    told.at(PATH, problem(403))
    answer = await told.paypal.confirm(
        about(
            kind="RISK.DISPUTE.CREATED",
            dispute_creation_date=1430132049000,
            dispute_amount={"currency": "USD", "value": "1001"},
            dispute_reason=2,
            dispute_status=1000,
            seller_payment_id="93U280418G152174E",
        ),
        NOON,
    )

    assert isinstance(answer, Claimed)
    said = answer.observation
    assert ("other", None, Money(100_100, "USD"), ("paypal-93U280418G152174E",)) == (
        said.status,
        said.reason,
        said.amount,
        said.payments,
    )
    assert datetime(2015, 4, 27, 10, 54, 9, tzinfo=UTC) == said.opened_at


async def test_a_refused_permission_holds_up_no_dispute(told: Told) -> None:
    """
    The seller has a date to keep: what the signed body says is told at once.
    """
    told.at(PATH, problem(403, "PERMISSION_DENIED"))
    answer = await told.paypal.confirm(about(**SHOWN), NOON)

    assert isinstance(answer, Claimed)
    assert datetime(2026, 11, 11, 10, tzinfo=UTC) == answer.observation.respond_by
    assert "403" in answer.because


async def test_a_dispute_that_is_not_shown_for_a_quarter_of_an_hour_is_told_all_the_same(
    told: Told,
) -> None:
    told.at(PATH, problem(404))

    assert isinstance(await told.paypal.confirm(about(), NOON), NotYet)
    old = await told.paypal.confirm(about(age=timedelta(minutes=15)), NOON)
    assert isinstance(old, Claimed)


@pytest.mark.parametrize("answer", [problem(401), problem(500), problem(429), response(200, b"")])
async def test_an_outage_is_waited_out_for_a_quarter_of_an_hour(told: Told, answer: Any) -> None:
    told.at(PATH, answer)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.confirm(about(), NOON)

    old = await told.paypal.confirm(about(age=timedelta(minutes=15)), NOON)
    assert isinstance(old, Claimed)


async def test_a_dispute_is_read_again_long_after_its_notification(told: Told) -> None:
    told.at(PATH, response(200, SHOWN), problem(403), problem(404), problem(503))
    ref = Ref(EntityKind.dispute, f"paypal-{DISPUTE}")

    assert isinstance(await told.paypal.reread(ref, (), NOON), DisputeObservation)
    assert isinstance(await told.paypal.reread(ref, (), NOON), NotYet)
    assert isinstance(await told.paypal.reread(ref, (), NOON), NotYet)
    with pytest.raises(GatewayUnavailable):
        await told.paypal.reread(ref, (), NOON)


async def test_a_dispute_event_that_names_none_is_for_people(told: Told) -> None:
    nameless = Notification.loads(about().dumps().replace(f'"dispute#paypal-{DISPUTE}"', "null"))
    with pytest.raises(Unconfirmable):
        await told.paypal.locate(nameless, NOON)


async def test_a_dispute_from_opening_to_end_is_told(stage: Stage) -> None:
    played, sale = Played.on(stage), "SALE0000000DSP222"
    opened = {
        "dispute_id": "PP-D-1",
        "status": "OPEN",
        "dispute_amount": {"value": "96.00", "currency_code": "USD"},
        "disputed_transactions": [{"seller_transaction_id": sale}],
    }
    await played.body("CUSTOMER.DISPUTE.CREATED", opened)
    (event,) = played.platform.events

    assert ("dispute.opened", True, {"minor": 9600, "currency": "USD"}) == (
        event.type,
        event.data["confirmed"],
        event.data["amount"],
    )
    assert [f"paypal-{sale}"] == event.data["payments"]
    assert event.data["respond_by"]

    outcome = {"outcome_code": "RESOLVED_BUYER_FAVOUR"}
    resolved = {**opened, "status": "RESOLVED", "dispute_outcome": outcome}
    await played.body("CUSTOMER.DISPUTE.RESOLVED", resolved)

    assert [("dispute.opened", None), ("dispute.resolved", None)] == played.platform.said()
    assert "buyer" == played.platform.events[-1].data["outcome"]


async def test_a_dispute_that_is_told_unconfirmed_is_confirmed_later(stage: Stage) -> None:
    played = Played.on(stage)
    await stage.fault(method="GET", path="/v1/customer/disputes/", status=403, times=1)
    await played.trigger("CUSTOMER.DISPUTE.CREATED", dispute_id="PP-D-2")
    (event,) = played.platform.events
    assert ("dispute.opened", False) == (event.type, event.data["confirmed"])

    played.later(minutes=2)
    await played.platform.sweep()

    dispute = await played.platform.dispute("PP-D-2")
    assert dispute is not None
    assert dispute.confirmed
