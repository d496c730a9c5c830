"""`penstock dlq`, `penstock rejected`: dead letters are seen, sent back, refused and dropped."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from penstock.bootstrap.aws import AwsWorld
from penstock.domain.delivery import Delivery
from penstock.entrypoints.cli.stack import Stack
from penstock.ports import Outgoing
from tests.contract.cli.parked import on, park, succeeded
from tests.contract.cli.running import Ran, run

WHY = ("--because", "the bank is up again")


def penstock(*arguments: str) -> Ran:
    return run(arguments)


def read(*command: str) -> Any:
    return json.loads(penstock("--json", *command).stdout)


@pytest.mark.emulator
class TestDeadLetters:
    def test_letters_are_listed_in_80_columns_without_personal_data(self, stack: Stack):
        succeeded(stack, "p-1")
        park(stack, "p-1", "p-2", reason="ChargeRefused: " + "it will not do " * 10)

        shown = penstock("dlq", "list").stdout
        told = read("dlq", "list", "payments")["payments"]

        assert {"p-1": "charge succeeded", "p-2": "no payment has this id"} == {
            one["subject"]: one["ledger"] for one in told["letters"]
        }
        assert [1, 1] == [one["attempts"] for one in told["letters"]]
        assert all(0 <= one["age_seconds"] < 300 for one in told["letters"])
        assert "ChargeRefused: it will not do" in shown
        assert 80 >= max(map(len, shown.splitlines()))
        assert "ann@example.org" not in shown + json.dumps(told)
        shown = penstock("dlq", "show", "payments", told["letters"][0]["id"][:8]).stdout
        assert "12.50 USD" in shown
        assert "ann@example.org" not in shown

    def test_a_redrive_sends_back_what_is_not_done_and_says_what_became_of_it(self, stack: Stack):
        succeeded(stack, "p-1")
        park(stack, "p-1", "p-2")

        planned = penstock("dlq", "redrive", "payments", "--all", *WHY, "--dry-run")
        done = penstock("--json", "dlq", "redrive", "payments", "--all", *WHY, "--wait", "1")

        assert "would be sent back" in planned.stdout
        assert (5, 5) == (planned.exit_code, done.exit_code)
        became = {one["subject"]: one for one in json.loads(done.stdout)["letters"]}
        assert "refused" == became["p-1"]["became"]
        assert "charge succeeded" in became["p-1"]["because"]
        assert "sent back" == became["p-2"]["became"]
        assert "no end seen yet: no payment has this id" == became["p-2"]["effect"]
        (waiting,) = read("queue", "receive", "payments")
        assert ("p-2", {"redriven": "true"}) == (waiting["group"], waiting["attributes"])
        (entry,) = read("audit", "list")["entries"]
        assert ("dlq redrive", "the bank is up again", "1 sent back, 1 refused") == (
            entry["command"],
            entry["reason"],
            entry["effect"],
        )

    def test_a_letter_is_dropped_by_its_id_with_a_reason(self, stack: Stack):
        park(stack, "p-1", "p-2")
        (one, two) = read("dlq", "list", "payments")["payments"]["letters"]

        assert 2 == penstock("dlq", "drop", "payments", one["id"]).exit_code
        assert 5 == penstock("dlq", "drop", "payments", *WHY).exit_code
        assert 0 == penstock("dlq", "drop", "payments", one["id"], *WHY).exit_code
        assert 4 == penstock("dlq", "drop", "payments", one["id"], *WHY).exit_code

        (left,) = read("dlq", "list", "payments")["payments"]["letters"]
        assert two["id"] == left["id"]

    def test_a_queue_without_dead_letters_is_code_4(self, stack: Stack):
        result = penstock("dlq", "list", "rejected")

        assert 4 == result.exit_code
        assert "payments" in result.stderr
        assert "penstock rejected" in result.stderr

    def test_a_rejected_delivery_goes_back_to_verify_as_it_came(self, stack: Stack):
        came = Delivery.of(
            "example", {"sig": "a"}, b'{"id": 1}', datetime(2026, 11, 2, tzinfo=UTC)
        )

        async def reject(world: AwsWorld) -> None:
            attributes = {"reason": "signature does not match"}
            await world.channel("rejected").send(
                Outgoing(came.dumps(), came.id, came.id, attributes)
            )

        on(stack, reject)
        assert "signature does not match" in penstock("rejected", "list").stdout

        done = penstock("rejected", "reverify", "--all", "--because", "the id was wrong")

        assert (0, True) == (done.exit_code, "1 sent back" in done.stdout)
        (sent,) = read("queue", "receive", "deliveries")
        again = {"redriven": "true"}
        assert (came.dumps(), came.id, again) == (sent["body"], sent["group"], sent["attributes"])
        assert [] == read("rejected", "list")["rejected"]["letters"]
