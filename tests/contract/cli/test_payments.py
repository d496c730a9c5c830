"""Payments, invoices and events of a stack: shown, listed and looked up."""

from __future__ import annotations

import json

import pytest

from penstock.domain.payment import Payer
from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import penstock
from tests.contract.cli.ledger import declined, keep, sent_back, withheld

SHOW = ("payments", "show", "p-1")
MAKE = ("invoices", "make")


@pytest.mark.emulator
class TestPayments:
    def test_a_payment_is_shown_for_people_and_for_programs(self, stack: Stack):
        keep(stack, *declined("p-1"))
        people, programs = penstock("payments", "show", "p-1"), penstock("--json", *SHOW)

        assert "no funds" in people.stdout
        assert ("declined", "12.50") == (
            json.loads(programs.stdout)["status"],
            json.loads(programs.stdout)["amount"]["value"],
        )

    def test_what_went_back_is_shown_with_its_amounts_and_the_hold_and_the_fee(self, stack: Stack):
        keep(stack, *sent_back("p-1"))
        people, programs = penstock("payments", "show", "p-1"), penstock("--json", *SHOW)

        for shown in (
            "sent back  10.00 of 100.00 USD",
            "refund     10.00 of 100.00 USD refunded, R-1, 2026-11-02T12:00:00Z",
            "reversal   25.00 of 100.00 USD pending, R-2, 2026-11-02T12:00:00Z",
            "on hold    new_seller",
            "fee        3.20 USD",
            "net        96.80 USD",
        ):
            assert shown in people.stdout
        view = json.loads(programs.stdout)
        assert ("10.00", "new_seller", "3.20", "96.80") == (
            view["refunded"]["value"],
            view["hold"],
            view["fee"]["value"],
            view["net"]["value"],
        )

    def test_a_payers_name_moves_no_cursor_and_turns_no_line_around(self, stack: Stack):
        payer = Payer("P1", "Ada\x1b[2J\u202e\nstatus  declined")
        keep(stack, *sent_back("p-1", payer=payer))
        shown = penstock("payments", "show", "p-1").stdout

        assert "Ada\\x1b[2J\\u202e\\nstatus  declined" in shown
        assert not {"\x1b", "\u202e"} & set(shown)

    def test_a_payment_nobody_knows_is_code_4(self, stack: Stack):
        assert 4 == penstock("payments", "show", "nobody").exit_code

    def test_a_withheld_invoice_is_reserved_and_the_payment_shown(self, stack: Stack):
        keep(stack, withheld("paypal-S1"))
        dry = penstock(*MAKE, "paypal-S1", "--because", "the address is right now", "--dry-run")
        made = penstock("--json", *MAKE, "paypal-S1", "--because", "the address is right now")
        again = penstock(*MAKE, "paypal-S1", "--because", "impatience")
        people = penstock("payments", "show", "paypal-S1")

        assert dry.stdout.startswith("would reserve invoice PS-S1\n")
        assert not json.loads(made.stdout)["already"]
        assert ("PS-S1", False) == (
            json.loads(made.stdout)["invoice"],
            json.loads(made.stdout)["asks_for_address_first"],
        )
        assert "the address is right now" in people.stdout
        assert (5, 1) == (again.exit_code, len(again.stderr.splitlines()))
        assert 4 == penstock(*MAKE, "nobody", "--because", "x").exit_code

    def test_events_are_listed_newest_first_with_the_way_to_the_next_page(self, stack: Stack):
        keep(stack, *declined("p-1"), *declined("p-2"))
        first = json.loads(penstock("events", "list", "--limit", "1", "--json").stdout)
        second = json.loads(
            penstock("events", "list", "--cursor", first["cursor"], "--json").stdout
        )

        assert ["p-2", "p-1"] == [
            event["subject"] for page in (first, second) for event in page["events"]
        ]

    def test_a_cursor_of_somebody_elses_is_code_2(self, stack: Stack):
        assert 2 == penstock("events", "list", "--cursor", "hm").exit_code

    def test_payments_are_looked_up_by_reference_subscription_and_status(self, stack: Stack):
        keep(stack, *declined("p-1"), *sent_back("p-2", subscription="I-1"))
        look = ("payments", "list", "--json")

        def found(*options: str) -> list[str]:
            shown = json.loads(penstock(*look, *options).stdout)
            return [payment["id"] for payment in shown["payments"]]

        assert ["p-1"] == found("--reference", "order-1")
        assert ["p-2"] == found("--subscription", "acme-I-1")
        assert [] == found("--reference", "order-1", "--status", "succeeded")
        assert ["p-1"] == found("--reference", "order-1", "--since", "2026-11-02")
        assert "12.50 USD" in penstock("payments", "list", "--reference", "order-1").stdout

    def test_events_are_listed_by_type_subject_and_time(self, stack: Stack):
        keep(stack, *declined("p-1"), *declined("p-2"))

        def found(*options: str) -> list[str]:
            shown = json.loads(penstock("events", "list", "--json", *options).stdout)
            return [event["subject"] for event in shown["events"]]

        assert ["p-2", "p-1"] == found("--type", "payment.declined")
        assert ["p-1"] == found("--subject", "p-1")
        assert ["p-1"] == found("--subject", "payment#p-1", "--since", "2026-11-02")
        assert [] == found("--type", "payment.succeeded")

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (("payments", "list", "--since", "2020-01-01"), "--since is more than 31 days ago"),
            (("payments", "list", "--subscription", "I-1"), "--subscription is no subscription's"),
            (("events", "list", "--since", "soon"), "--since is no RFC 3339 time or date"),
        ],
    )
    def test_what_cannot_be_listed_is_code_2_and_names_the_option(
        self, stack: Stack, arguments: tuple[str, ...], message: str
    ):
        result = penstock(*arguments)

        assert (2, 1) == (result.exit_code, len(result.stderr.splitlines()))
        assert message in result.stderr
