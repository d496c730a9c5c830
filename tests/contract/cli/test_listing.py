"""Rows fit 80 columns, and no id, amount or time in them is broken."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from penstock.entrypoints.cli.commands.payments import lines as payment_lines
from penstock.entrypoints.cli.commands.queue import lines as queue_lines
from penstock.entrypoints.cli.listing import WHOLE
from penstock.entrypoints.cli.session import table
from penstock.ports import Message
from tests.contract.cli.test_terminal import view

OWN = "pay-6e8bc430a1f24f0f9d5f1c2b7a90d3e1"
SALE = "paypal-8XJ12345AB678901C"
AT = "2026-11-28T14:26:48.123456Z"
BODY = json.dumps({"id": OWN, "provider": "paypal", "order": {"amount": 123456789}})

REALISTIC: dict[str, tuple[Sequence[str], Sequence[Sequence[Any]]]] = {
    "payments": (
        ("first seen", "payment", "status", "amount", "payer", "reference"),
        [
            (
                AT,
                OWN,
                "approval_pending",
                "1234567.89 EUR",
                "Zoë Müller-Lüdenscheidt",
                "A-4711",
            ),
            (AT, SALE, "succeeded", "12.50 USD", "山田太郎", None),
        ],
    ),
    "subscriptions": (
        ("subscription", "access", "summary"),
        [
            (
                "paypal-I-BW452GLLEP1G",
                "in_arrears",
                "active, payment due since 28 November 2026, 14:26 UTC; access until 5 December",
            )
        ],
    ),
    "plans": (
        ("provider", "plan", "name", "status", "price"),
        [
            (
                "paypal",
                "P-5ML4271244454362WXNWU5NQ",
                "Tea monthly, with a biscuit",
                "active",
                "free for 14 days, then 9.90 EUR a month (12 times), then 19.90 EUR a month",
            )
        ],
    ),
    "tokens": (
        ("id", "name", "client", "scopes", "expires", "last used"),
        [
            (
                "0123456789abcdef",
                "backend of the shop",
                "shop",
                "read,pay,operate",
                AT[:10],
                "never",
            )
        ],
    ),
    "permissions": (
        ("permission", "granted", "what to do"),
        [("Transaction search", "no", "switch it on at developer.paypal.com and wait nine hours")],
    ),
    "secrets": (
        ("plugin", "present", "missing", "age", "previous"),
        [("paypal", "client_id, client_secret, webhook_id", "", "120 d", "240 d")],
    ),
    "events": (
        ("time", "type", "subject", "event"),
        [(AT, "penstock.subscription.payment_failed", f"payment#{OWN}", OWN)],
    ),
    "audit": (
        ("at", "who", "command"),
        [(AT, f"arn:aws:sts::123456789012:assumed-role/{'x' * 60}/ann", "payments restrict")],
    ),
}


def shown(listing: Any, width: int = 80) -> str:
    out = io.StringIO()
    Console(file=out, width=width, markup=False, highlight=False).print(listing, soft_wrap=True)
    return out.getvalue()


@pytest.mark.parametrize(("columns", "rows"), REALISTIC.values(), ids=REALISTIC)
def test_realistic_rows_fit_eighty_columns_with_every_word_whole(
    columns: Sequence[str], rows: Sequence[Sequence[Any]]
):
    out = shown(table(columns, rows))

    assert [] == [line for line in out.splitlines() if cell_len(line.rstrip()) > 80]
    assert [] == [
        word
        for row in rows
        for cell in row
        for word in str(cell or "").split()
        if len(word) <= WHOLE and word not in out
    ]


@settings(max_examples=50)
@given(
    st.lists(st.tuples(*[st.text(alphabet="ab1é 山", max_size=60)] * 4), min_size=1, max_size=4)
)
def test_any_rows_fit_and_keep_their_words(rows: list[tuple[str, ...]]):
    out = shown(table(("id", "amount", "payer", "because"), rows))

    assert [] == [line for line in out.splitlines() if cell_len(line.rstrip()) > 80]
    assert [] == [
        word
        for row in rows
        for cell in row
        for word in cell.split()
        if cell_len(word) <= WHOLE and word not in out
    ]


def test_rows_that_fit_no_table_are_shown_one_fact_a_line():
    out = shown(table(*REALISTIC["payments"]))

    assert [
        "first seen  2026-11-28T14:26:48.123456Z",
        f"payment     {OWN}",
        "status      approval_pending",
        "amount      1234567.89 EUR",
        "payer       Zoë Müller-Lüdenscheidt",
        "reference   A-4711",
        "",
    ] == [line.rstrip() for line in out.splitlines()[:7]]


def test_a_wide_terminal_shows_them_as_a_table():
    assert 3 == len(shown(table(*REALISTIC["payments"]), width=160).splitlines())


def test_no_rows_are_a_head_alone():
    assert "id  amount" == shown(table(("id", "amount"), [])).strip()


def test_a_payment_and_messages_of_a_queue_fit():
    message = Message("m", BODY, OWN, "r", 12, {"reason": "MalformedMessage: order is missing"})
    long = {**view("Zoë Müller-Lüdenscheidt"), "id": OWN, "links": {"self": f"payments/{OWN}"}}

    for one in (queue_lines([message]), *payment_lines(long)):
        out = shown(one)
        assert [] == [line for line in out.splitlines() if cell_len(line.rstrip()) > 80]
        assert OWN in out
