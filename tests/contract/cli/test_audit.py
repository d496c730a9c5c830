"""`penstock audit`: what operators did, and that every command that changes something is in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import Shows, penstock
from tests.contract.cli.ledger import keep, withheld


def entries(*options: str) -> list[dict[str, Any]]:
    return json.loads(penstock("audit", "list", "--json", *options).stdout)["entries"]


@pytest.mark.emulator
class TestAudit:
    def test_commands_are_listed_with_who_why_and_the_effect(self, stack: Stack):
        keep(stack, withheld("p-1"))
        token = json.loads(penstock("--json", "tokens", "create", "shop").stdout)
        penstock("tokens", "revoke", token["id"])
        penstock("queue", "send", "payments")
        penstock("queue", "purge", "payments", "--dlq", "--yes", "--because", "a test of ours")
        penstock("invoices", "make", "p-1", "--because", "the address was corrected")
        penstock("invoices", "make", "p-9", "--because", "a slip")
        refused, made, purged, sent, revoked, created = entries()

        assert {"arn:aws:iam::000000000000:root"} == {one["actor"] for one in entries()}
        assert ("refused", "UnknownPayment", ["payment#p-9"]) == (
            refused["state"],
            refused["error"],
            refused["subjects"],
        )
        assert ("done", "the address was corrected", "declined", "reserved") == (
            made["state"],
            made["reason"],
            made["before"]["state"],
            made["after"]["state"],
        )
        assert ("queue purge", ["queue#payments-dlq"], "a test of ours") == (
            purged["command"],
            purged["subjects"],
            purged["reason"],
        )
        assert ("queue send", ["queue#payments"]) == (sent["command"], sent["subjects"])
        assert ("tokens revoke", "read pay") == (
            revoked["command"],
            " ".join(sorted(revoked["before"]["scopes"].split(), reverse=True)),
        )
        assert [f"token#{token['id']}", "client#shop"] == created["subjects"]
        assert token["token"] not in json.dumps(entries())

    def test_people_see_it_in_80_columns_and_find_it_by_subject_and_actor(self, stack: Stack):
        token = json.loads(penstock("--json", "tokens", "create", "shop").stdout)
        penstock("invoices", "make", "p-9", "--because", "x" * 200)
        shown = penstock("audit", "list").stdout

        for words in ("root", "tokens create", "because x", "refused: there is no payment"):
            assert words in shown
        assert 80 >= max(map(len, shown.splitlines()))
        assert ["tokens create"] == [one["command"] for one in entries("--subject", token["id"])]
        assert [] == entries("--who", "nobody")
        assert 2 == len(entries("--who", ":root", "--since", "2026-01-01"))
        assert "no commands" in penstock("audit", "list", "--who", "nobody").stdout
        assert 2 == penstock("audit", "list", "--since", "yesterday").exit_code

    def test_a_protected_stack_takes_a_new_token_only_with_its_name(self, pulumi: Shows):
        pulumi(protected=True)
        asked = penstock("--stack", "prod", "tokens", "create", "shop")

        assert 5 == asked.exit_code
        assert "--confirm prod" in asked.stderr
