"""`penstock payers forget`: the name goes, the money stays; what is still needed is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.domain.payment import Payer
from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import penstock
from tests.contract.cli.ledger import accepted, keep, sent_back

FORGET = ("payers", "forget", "--because", "the payer asked for it")
ADA = Payer("PAYER1", "Ada Lovelace", "ada@example.test")


def told(*options: str) -> list[dict[str, Any]]:
    return json.loads(penstock("--json", *FORGET, *options).stdout)


def payment(name: str) -> dict[str, Any]:
    return json.loads(penstock("--json", "payments", "show", name).stdout)


@pytest.mark.emulator
class TestForget:
    def test_a_forgotten_payer_has_no_name_and_the_amounts_stay(self, stack: Stack):
        keep(stack, *sent_back("p-1", payer=ADA))
        before = payment("p-1")

        assert [{"entity": "payment#p-1", "became": "erased"}] == told("--payment", "p-1")
        assert [{"entity": "payment#p-1", "became": "nothing"}] == told("--payment", "p-1")
        after = payment("p-1")
        changed = {name for name in before if before[name] != after[name]}
        assert ({"payer", "timeline", "updated_at"}, {"reference": "PAYER1"}) == (
            changed,
            after["payer"],
        )

        trail = json.loads(penstock("--json", "audit", "list").stdout)["entries"]
        assert [("payers forget", "the payer asked for it", "1 nothing")] == [
            (one["command"], one["reason"], one["effect"]) for one in trail[:1]
        ]

    def test_all_payments_of_a_payer_are_found_by_the_gateways_id(self, stack: Stack):
        keep(stack, *sent_back("p-1", payer=ADA))
        keep(stack, *sent_back("p-2", payer=ADA))
        keep(stack, *sent_back("p-3", payer=Payer("PAYER2", "Bea")))
        since = ("--payer", "PAYER1", "--since", "2026-11-01")

        dry = told(*since, "--dry-run")
        assert ({"payment#p-1", "payment#p-2"}, {"wanted"}) == (
            {one["entity"] for one in dry},
            {one["became"] for one in dry},
        )
        assert "Ada Lovelace" == payment("p-1")["payer"]["name"]
        assert {"erased"} == {one["became"] for one in told(*since)}
        assert "Bea" == payment("p-3")["payer"]["name"]

    def test_a_payer_whose_charge_is_under_way_is_kept_and_the_reason_said(self, stack: Stack):
        keep(stack, *accepted("p-1"))
        refused = penstock(*FORGET, "--payment", "p-1")

        assert 5 == refused.exit_code
        assert "its charge is not over (reserved): try again later" in refused.stdout

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            ((), 2),
            (("--payment", "p-1", "--reference", "r"), 2),
            (("--payer", "PAYER1"), 2),
            (("--payer", "PAYER1", "--since", "yesterday"), 2),
            (("--payment", "nobody"), 4),
            (("--reference", "nobody"), 4),
            (("--subscription", "acme-I-0"), 4),
        ],
    )
    def test_a_payer_who_is_not_named_or_not_known_is_an_error(
        self, stack: Stack, options: tuple[str, ...], code: int
    ):
        assert code == penstock(*FORGET, *options).exit_code
