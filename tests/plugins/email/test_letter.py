"""What people read in their mail, and what no stranger can put there."""

from __future__ import annotations

from typing import Any

import pytest

from penstock.api import EventType
from penstock.testing.builders import event, least_event
from penstock_email.letter import Letter, Letters

API = "https://penstock.test"


def write(made: Any = None, api_url: str = API) -> Letter:
    return Letters().write(made or event(), api_url)


def test_a_letter_says_what_happened_to_whose_money():
    letter = write(event(EventType.payment_declined, status="declined", reason="card_expired"))

    assert "Payment declined: 12.50 USD" == letter.subject
    for line in [
        "Payment declined: 12.50 USD",
        "Plan:               Gold",
        "Payer:              Ada Lovelace",
        "Payer reference:    customer-12",
        "Reason:             card expired",
        "Payment: https://penstock.test/payments/pay-1",
        "gateway: https://gateway.test/charges/ch_1",
        "payment.declined at 2026-11-02 12:00:00 UTC, event event-1",
    ]:
        assert line in letter.text.splitlines()
    for part in [
        '<h1 style="font-size: 1.2em">Payment declined: 12.50 USD</h1>',
        "<td>Ada Lovelace</td>",
        '<a href="https://penstock.test/payments/pay-1">Payment</a>',
    ]:
        assert part in letter.html


@pytest.mark.parametrize("made", [event, least_event])
@pytest.mark.parametrize("type", list(EventType))
def test_there_is_a_letter_for_every_event(made: Any, type: EventType):
    letter = write(made(type))

    assert letter.subject in letter.text
    assert f"{type.value} at 2026-11-02 12:00:00 UTC" in letter.text


def test_a_type_that_only_newer_code_knows_has_a_letter_too():
    assert "thing.unheard_of: 12.50 USD" == write(event("thing.unheard_of")).subject


def test_the_subject_of_a_refund_names_the_amount_that_moved():
    letter = write(event(EventType.payment_refunded))

    assert "5.00 of 12.50 USD refunded" == letter.subject
    assert letter.text.startswith("5.00 of 12.50 USD refunded\n")


def test_the_subject_of_a_dispute_has_the_date_to_respond_by():
    letter = write(event(EventType.dispute_opened))

    until = "3 December 2026, 14:00 UTC"
    assert f"Dispute opened: 12.50 USD. Respond by {until}" == letter.subject
    assert f"Respond by:         {until}" in letter.text.splitlines()
    assert (
        "Note:               not confirmed by the gateway's API yet: "
        "the gateway's API refuses to show it (403)"
    ) in letter.text.splitlines()


def test_markup_in_a_name_is_text():
    name = "<script>alert(1)</script>\"'&"

    letter = write(event(payer={"name": name}))

    assert "<script>" not in letter.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;" in letter.html
    assert name in letter.text


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\x85", "\u2028"])
def test_nothing_breaks_the_subject_or_forges_a_line(end: str):
    forged = f"x{end}Bcc: everybody@evil.test{end}Status: succeeded"
    letter = write(
        event(
            status="declined",
            payer={"name": forged},
            reference=forged,
            amount={"minor": 1, "currency": "USD"},
        )
    )

    assert 1 == len(letter.subject.splitlines())
    assert 1 == sum(line.startswith("Status:") for line in letter.text.splitlines())
    assert not any(line.startswith("Bcc:") for line in letter.text.splitlines())


def test_a_link_that_would_run_is_left_out():
    letter = write(event(links={"gateway": "javascript:alert(1)"}))

    assert "javascript" not in letter.html + letter.text


def test_a_link_cannot_leave_its_attribute():
    letter = write(event(links={"g": "https://x.test/\"onmouseover='alert(1)'><b>"}))

    assert '<a href="https://x.test/%22onmouseover=%27alert(1)%27%3E%3Cb%3E">g</a>' in letter.html


def test_without_our_own_address_there_is_no_link_to_it():
    assert "/payments/" not in write(least_event(), "").text


def test_a_letter_shows_nothing_of_itself_in_a_log():
    assert "Ada" not in repr(write())
