"""What people read in Slack, and what no stranger can make Slack do."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from penstock.api import EventType
from penstock.testing.builders import event, least_event
from penstock_slack.message import escape, message
from penstock_slack.simulator.rules import refusal

API = "https://penstock.test"


def texts(payload: dict[str, Any]) -> list[str]:
    """Every text Slack would show."""
    shown = [payload["text"]]
    for block in payload["blocks"]:
        parts = [block.get("text"), *block.get("fields", []), *block.get("elements", [])]
        shown += [part["text"] for part in parts if part]
    return shown


def formatted(payload: dict[str, Any]) -> list[str]:
    """Every text that Slack reads its control sequences in."""
    parts = [
        part
        for block in payload["blocks"]
        for part in (*block.get("fields", []), *block.get("elements", []))
    ]
    return [payload["text"], *(part["text"] for part in parts if part["type"] == "mrkdwn")]


def rows(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Each label as Slack would get it, with its value."""
    found: list[tuple[str, str]] = []
    for block in payload["blocks"]:
        written = [field["text"] for field in block.get("fields", [])]
        found += zip(written[::2], written[1::2], strict=True)
    return found


def test_a_message_says_what_happened_to_whose_money():
    payload = message(
        event(EventType.payment_declined, status="declined", reason="insufficient_funds"), API
    )

    header, *_, footer = payload["blocks"]
    assert "Payment declined: 12.50 USD" == header["text"]["text"]
    assert {
        ("*Plan*", "Gold"),
        ("*Payer*", "Ada Lovelace"),
        ("*Payer reference*", "customer-12"),
        ("*Status*", "declined"),
        ("*Reason*", "insufficient funds"),
    } <= set(rows(payload))
    assert [
        "<https://penstock.test/payments/pay-1|Payment>",
        "<https://gateway.test/charges/ch_1|gateway>",
        "payment.declined · 2026-11-02 12:00:00 UTC",
    ] == [element["text"] for element in footer["elements"]]


def test_the_text_says_it_too_where_no_blocks_are_shown():
    text = message(event(), API)["text"]

    assert text.startswith("Payment succeeded: 12.50 USD\n")
    assert "Plan: Gold" in text
    assert "Payer reference: customer-12" in text


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ({"minor": 5, "currency": "USD"}, "0.05 USD"),
        ({"minor": 1250, "currency": "JPY"}, "1250 JPY"),
        ({"minor": 1250, "currency": "KWD"}, "1.250 KWD"),
    ],
)
def test_an_amount_has_its_currencys_digits(amount: dict[str, Any], shown: str):
    payload = message(event(amount=amount), API)

    assert f"Payment succeeded: {shown}" == payload["blocks"][0]["text"]["text"]


@pytest.mark.parametrize("made", [event, least_event])
@pytest.mark.parametrize("type", list(EventType))
def test_slack_takes_a_message_of_every_event(made: Any, type: EventType):
    assert refusal(message(made(type), API)) is None


def test_slack_takes_a_message_without_our_own_address():
    footer = message(least_event(), "")["blocks"][-1]

    assert 1 == len(footer["elements"])


@pytest.mark.parametrize("field", ["name", "reference"])
@pytest.mark.parametrize(
    "injection",
    ["<!channel>", "<!here|here>", "<@U024BE7LH>", "<https://evil.test|Your bank>", "<#C1|x>"],
)
def test_no_name_of_a_customer_makes_slack_act(field: str, injection: str):
    payload = message(
        event(payer={field: injection}, reason=injection, reference=injection, plan={"id": "x"}),
        API,
    )

    for text in formatted(payload):
        ours = text.replace("<https://penstock.test/payments/pay-1|Payment>", "").replace(
            "<https://gateway.test/charges/ch_1|gateway>", ""
        )
        assert not re.search("[<>]", ours)
    assert escape(injection) in payload["text"]


@pytest.mark.parametrize(
    "name",
    [
        "*APPROVED* :white_check_mark: `code` ~gone~ _it_ B",
        "<!channel> & <https://evil.test|Ada>",
        "> quoted",
        "&lt;b&gt;",
    ],
)
def test_a_strangers_name_is_shown_exactly_as_it_was_written(name: str):
    """
    As plain text without emoji; nothing in the text for notifications is formatted either.
    """
    payload = message(event(payer={"name": name}), API)

    fields = [field for block in payload["blocks"] for field in block.get("fields", [])]
    assert {"type": "plain_text", "text": name, "emoji": False} in fields
    assert payload["mrkdwn"] is False


def test_no_value_is_formatted_and_every_label_is_ours():
    payload = message(event(reason="*x*", reference=":x:", plan={"id": "`x`"}, status="~x~"), API)

    fields = [field for block in payload["blocks"] for field in block.get("fields", [])]
    assert {"mrkdwn"} == {field["type"] for field in fields[::2]}
    assert {"plain_text"} == {field["type"] for field in fields[1::2]}
    assert all(re.fullmatch(r"\*[A-Z][a-z ]+\*", field["text"]) for field in fields[::2])


def test_exactly_three_characters_are_escaped_the_ampersand_first():
    assert "&lt;b&gt; &amp;amp; \"'*_~`|" == escape("<b> &amp; \"'*_~`|")


def test_a_name_cannot_forge_another_line():
    payload = message(event(payer={"name": "Ada\n*Status*\nsucceeded\u202e\x00"}), API)

    assert ("*Payer*", "Ada *Status* succeeded") in rows(payload)
    assert 1 == sum(line.startswith("Status:") for line in payload["text"].splitlines())


def test_nothing_in_it_is_linked_or_mentioned_but_by_us():
    payload = message(event(), API)

    assert (False, False) == (payload["unfurl_links"], payload["unfurl_media"])
    for block in payload["blocks"]:
        for part in [*block.get("fields", []), *block.get("elements", [])]:
            mrkdwn = part["type"] == "mrkdwn"
            assert part["verbatim"] if mrkdwn else not part["emoji"]


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "slack://channel?id=C1",
        "https://",
        "no address",
        "https://[evil",
        7,
        None,
        "https://gateway.test/" + "x" * 2000,
    ],
)
def test_a_link_that_is_none_is_left_out(url: object):
    footer = message(event(links={"gateway": url}), API)["blocks"][-1]

    assert 2 == len(footer["elements"])


def test_a_link_cannot_carry_markup():
    payload = message(event(links={"a>b|<c": "https://x.test/?a=1&b=<!channel>|y z"}), API)

    link = payload["blocks"][-1]["elements"][1]["text"]
    assert "<https://x.test/?a=1&amp;b=%3C!channel%3E%7Cy%20z|a&gt;b|&lt;c>" == link


def test_the_longest_message_is_one_that_slack_takes():
    long = "&" * 10_000
    payload = message(
        event(
            payer={"name": long, "reference": long},
            plan={"id": long},
            reason=long,
            hold=long,
            payable=long,
            reference=long,
            status=long,
            invoice={"number": long},
            links={f"{long}{n}": "https://x.test/?" + "&" * 500 for n in range(50)},
        ),
        API,
    )

    assert refusal(payload) is None
    assert 4000 > len(payload["text"])
    assert "&amp;…" in json.dumps(payload, ensure_ascii=False)
    assert not re.search(r"&(?!amp;)", payload["text"])


@pytest.mark.parametrize(
    "data",
    [
        {"amount": "12.50", "plan": 7, "payer": [], "links": "x", "invoice": None},
        {"amount": {"minor": 12.5, "currency": "USD"}, "payer": {"name": 7}},
        {"amount": {"minor": 1, "currency": "usd"}, "reason": {"x": 1}},
    ],
)
def test_data_of_another_shape_is_left_out(data: dict[str, Any]):
    payload = message(event(**data), API)

    assert refusal(payload) is None
    assert "Payment succeeded" == payload["blocks"][0]["text"]["text"]


def test_what_differs_is_the_reason():
    payload = message(event(EventType.payment_contradicted, differs=["amount", "currency"]), API)

    assert ("*Reason*", "differs in amount, currency") in rows(payload)


def test_a_partial_refund_shows_what_was_refunded_and_not_what_was_paid():
    hundred = {"minor": 10_000, "currency": "USD"}
    ten = {"minor": 1000, "currency": "USD"}
    payload = message(
        event(EventType.payment_refunded, amount=hundred, moved=ten, refunded=ten), API
    )

    assert "10.00 of 100.00 USD refunded" == payload["blocks"][0]["text"]["text"]
    assert payload["text"].startswith("10.00 of 100.00 USD refunded\n")


def test_a_dispute_shows_its_amount_and_the_date_to_respond_by_first():
    payload = message(
        event(EventType.dispute_opened, amount={"minor": 9600, "currency": "USD"}), API
    )

    header, *_, footer = payload["blocks"]
    until = "3 December 2026, 14:00 UTC"
    assert f"Dispute opened: 96.00 USD. Respond by {until}" == header["text"]["text"]
    assert payload["text"].startswith(f"Dispute opened: 96.00 USD. Respond by {until}\n")
    assert ("*Respond by*", until) == next(iter(rows(payload)))
    assert "<https://penstock.test/payments/pay-1|Payment>" == footer["elements"][0]["text"]


def test_slack_takes_an_event_of_a_type_that_only_newer_code_knows():
    payload = message(event("thing.unheard_of"), API)

    assert refusal(payload) is None
    assert "thing.unheard_of: 12.50 USD" == payload["blocks"][0]["text"]["text"]
    assert "<https://penstock.test/payments" not in json.dumps(payload)
