"""Events in words: the amount that moved, the reason, the date by which somebody must act."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import EventType, summarize
from penstock.testing.builders import event, least_event

API = "https://penstock.test/"


def usd(minor: int) -> dict[str, Any]:
    return {"minor": minor, "currency": "USD"}


def rows(type: str, **data: Any) -> dict[str, str]:
    return dict(summarize(event(type, **data), API).rows)


@pytest.mark.parametrize(
    ("type", "moved", "paid", "headline"),
    [
        (EventType.payment_refunded, 1000, 10_000, "10.00 of 100.00 USD refunded"),
        (EventType.payment_reversed, 2500, 10_000, "25.00 of 100.00 USD reversed"),
        (EventType.payment_restored, 4000, 4000, "40.00 of 40.00 USD restored"),
    ],
)
def test_a_headline_names_the_amount_that_moved(
    type: EventType, moved: int, paid: int, headline: str
):
    summary = summarize(event(type, moved=usd(moved), amount=usd(paid), refunded=usd(paid)), API)

    assert headline == summary.headline
    assert headline.startswith(summary.amount or "-")


def test_a_movement_shows_what_is_gone_in_all():
    shown = rows(
        EventType.payment_refunded, moved=usd(1000), amount=usd(10_000), refunded=usd(3500)
    )

    assert "35.00 of 100.00 USD" == shown["Sent back in total"]


def test_an_event_from_before_amounts_were_kept_does_not_claim_that_all_of_it_moved():
    told = least_event(EventType.payment_refunded)

    assert "All or part of 12.50 USD refunded" == summarize(told, API).headline


@pytest.mark.parametrize(
    ("type", "data", "label", "shown"),
    [
        (EventType.payment_pending, {"reason": "ECHECK"}, "Reason", "echeck"),
        (EventType.payment_pending, {"reason": "payment_review"}, "Reason", "payment review"),
        (EventType.payment_on_hold, {"hold": "NEW_SELLER_HOLD"}, "On hold", "new seller hold"),
        (EventType.payment_parked, {"reason": "It_broke, twice"}, "Reason", "It_broke, twice"),
        (EventType.invoice_withheld, {"because": "no sum", "reason": "x"}, "Reason", "no sum"),
    ],
)
def test_a_reason_is_shown_in_words(type: EventType, data: dict[str, Any], label: str, shown: str):
    assert shown == rows(type, **data)[label]


def test_a_dispute_shows_amount_reason_payments_and_the_date():
    summary = summarize(event(EventType.dispute_opened, payments=["pay-1", "pay-2"]), API)

    assert "Dispute opened: 12.50 USD. Respond by 3 December 2026, 14:00 UTC" == summary.headline
    assert ("Respond by", "3 December 2026, 14:00 UTC") == summary.rows[0]
    shown = dict(summary.rows)
    assert "merchandise or service not received" == shown["Reason"]
    assert "pay-1, pay-2" == shown["Payments"]
    assert (
        "not confirmed by the gateway's API yet: the gateway's API refuses to show it (403)"
        == shown["Note"]
    )
    assert (
        ("Payment", "https://penstock.test/payments/pay-1"),
        ("Payment", "https://penstock.test/payments/pay-2"),
        ("gateway", "https://gateway.test/disputes/dp_1"),
    ) == summary.links


def test_a_dispute_that_the_api_shows_has_no_such_note():
    assert "Note" not in rows(EventType.dispute_updated)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2026-12-03T14:00:00Z", "3 December 2026, 14:00 UTC"),
        ("2026-12-03T23:30:00-02:00", "4 December 2026, 01:30 UTC"),
        ("2026-12-03T14:00:00", "3 December 2026, 14:00 UTC"),
    ],
)
def test_a_date_to_respond_by_is_in_utc(given: str, shown: str):
    assert shown == rows(EventType.dispute_opened, respond_by=given)["Respond by"]


@pytest.mark.parametrize("broken", ["soon", "", 7, {}, "0001-01-01T00:00:00+12:00"])
def test_a_date_that_is_none_is_left_out(broken: object):
    told = event(EventType.dispute_opened, respond_by=broken)

    assert "Dispute opened: 12.50 USD" == summarize(told, API).headline


@pytest.mark.parametrize(
    ("outcome", "headline", "row"),
    [
        (
            "seller",
            "Dispute resolved for the seller: 12.50 USD",
            "for the seller: the money stays",
        ),
        (
            "buyer",
            "Dispute resolved for the buyer: 12.50 USD",
            "for the buyer: the money goes back",
        ),
        (
            "withdrawn",
            "Dispute withdrawn by the buyer: 12.50 USD",
            "the buyer withdrew it: the money stays",
        ),
        ("other", "Dispute resolved: 12.50 USD", "neither for the seller nor for the buyer"),
    ],
)
def test_a_resolved_dispute_shows_its_outcome_and_nothing_to_respond_to(
    outcome: str, headline: str, row: str
):
    told = event(EventType.dispute_resolved, outcome=outcome, respond_by="2026-12-03T14:00:00Z")

    assert headline == summarize(told, API).headline
    assert row == dict(summarize(told, API).rows)["Outcome"]
    assert "Respond by" not in dict(summarize(told, API).rows)


def test_a_notification_shows_type_summary_and_resource():
    summary = summarize(event(EventType.notification_recorded, subject="payment#pay-1"), API)

    assert "Notification: plan.created" == summary.headline
    shown = dict(summary.rows)
    assert ("plan.created", "A plan was created.", "plan P-5ML4271244454362W") == (
        shown["Type"],
        shown["Summary"],
        shown["Resource"],
    )
    assert "payment pay-1" == shown["Concerns"]
    assert () == summary.links


def test_a_parked_notification_needs_a_person():
    told = event(EventType.notification_recorded, became="parked", because="its sale is unknown")

    assert "Notification needs a person: plan.created" == summarize(told, API).headline
    assert "its sale is unknown" == dict(summarize(told, API).rows)["Reason"]


@pytest.mark.parametrize("type", ["thing.unheard_of", "payout.sent", "x", "", "a\nb.c"])
def test_a_type_that_only_newer_code_knows_is_shown_by_its_name(type: str):
    summary = summarize(event(type), API)

    assert " ".join(type.split()) == summary.title
    assert "pay-1" == dict(summary.rows)["Subject"]
    assert (("gateway", "https://gateway.test/charges/ch_1"),) == summary.links


@pytest.mark.parametrize("type", list(EventType))
@pytest.mark.parametrize("broken", [7, "x", [], {}, None, [7], {"minor": "1"}])
def test_data_of_another_shape_is_left_out(type: EventType, broken: object):
    kept = event(type).data
    summary = summarize(event(type, **dict.fromkeys(kept, broken)), API)

    assert summary.headline.startswith(summary.title)
    assert all(isinstance(value, str) and value for _, value in summary.rows)


@pytest.mark.parametrize("type", list(EventType))
def test_no_summary_is_longer_than_it_says(type: EventType):
    links = {f"link {n}": f"https://x.test/{n}" for n in range(9)}
    summary = summarize(
        event(
            type,
            reason="x" * 300,
            hold="hold",
            payable="y",
            because="z",
            refunded=usd(1),
            differs=["amount"],
            links=links,
        ),
        API,
    )

    assert 12 >= len(summary.rows)
    assert 6 == len(summary.links)
    assert all(len(value) <= 200 for _, value in summary.rows)
    assert 150 >= len(summary.headline)
