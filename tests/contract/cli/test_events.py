"""`penstock events`: amounts and payers in 80 columns, CSV, replay to one sink's queue."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import boto3
import pytest

from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.ledger import declined, keep, sent_back
from tests.contract.cli.running import Ran, run

WHY = ("--because", "the channel was archived")


def penstock(*arguments: str) -> Ran:
    return run(arguments)


def read(*command: str) -> Any:
    return json.loads(penstock("--json", *command).stdout)


@pytest.fixture
def with_sinks(stack: Stack, folder: Path) -> Stack:
    """The stack with Slack, which gets declined payments, and e-mail, which gets everything."""
    stack.enter(os.environ)
    sqs = boto3.Session().client("sqs")
    file = folder / ".penstock/local/stack.json"
    outputs = json.loads(file.read_text())
    for name in ("slack", "email"):
        made = sqs.create_queue(
            QueueName=f"sink-{name}.fifo",
            Attributes={"FifoQueue": "true", "VisibilityTimeout": "30"},
        )
        outputs["queues"][f"sink-{name}"] = {"url": made["QueueUrl"], "dlqUrl": made["QueueUrl"]}
    sqs.close()
    outputs["sinks"] = {"slack": {"events": ["payment.declined"]}, "email": {"events": "all"}}
    file.write_text(json.dumps(outputs))
    return Stack("local", outputs)


@pytest.mark.emulator
class TestEvents:
    def test_events_are_listed_with_amounts_and_payers_in_80_columns(self, stack: Stack):
        keep(stack, *declined("p-1"), *sent_back("acme-9"))

        shown = penstock("events", "list").stdout

        assert "2026-11-02 12:00  payment.declined            12.50 USD" in shown
        assert "10.00 of 100.00 USD" in shown
        assert "e-p-1" in shown
        assert 80 >= max(map(len, shown.splitlines()))
        assert "p-1" in shown

    def test_a_csv_has_a_row_an_event_and_no_formula(self, stack: Stack):
        keep(stack, *declined("p-1"), *sent_back("acme-9"))

        rows = [*csv.DictReader(penstock("events", "list", "--csv", "--all").stdout.splitlines())]

        assert {"p-1", "acme-9"} == {one["subject"] for one in rows}
        assert "12.50 USD" in {one["amount"] for one in rows}

    def test_a_period_has_two_ends(self, stack: Stack):
        keep(stack, *declined("p-1"))

        day = ("--since", "2026-11-02", "--until", "2026-11-02")
        assert 1 == len(read("events", "list", *day)["events"])
        assert [] == read("events", "list", "--until", "2026-11-01")["events"]
        assert 2 == penstock("events", "list", "--until", "soon").exit_code

    def test_an_event_is_shown_with_what_the_sinks_have_had(self, with_sinks: Stack):
        keep(with_sinks, *declined("p-1"))

        told = read("events", "show", "e-p-1")

        assert ("payment.declined", {"slack": False, "email": False}) == (
            told["type"],
            told["delivered"],
        )
        assert 4 == penstock("events", "show", "e-nobody").exit_code

    def test_a_replay_goes_to_one_sinks_queue_under_an_id_of_its_own(self, with_sinks: Stack):
        keep(with_sinks, *declined("p-1"), *sent_back("acme-9"))

        told = read("events", "replay", "--sink", "slack", "--since", "2026-11-01", *WHY)
        again = ("events", "replay", "--sink", "slack", "--since", "2026-11-01", *WHY)
        penstock(*again, "--replay-id", told["replay"])

        (one,) = told["sinks"]
        assert (["e-p-1"], None) == (one["sent"], one["delivered"])
        assert one["left_out"] > 0
        (message,) = read("queue", "receive", "sink-slack")
        assert ("p-1", told["replay"]) == (message["group"], message["attributes"]["replay"])
        assert [] == read("queue", "receive", "sink-email")
        entries = read("audit", "list")["entries"]
        assert ["events replay"] * 2 == [entry["command"] for entry in entries]

    def test_a_dry_run_counts_for_every_sink_and_sends_nothing(self, with_sinks: Stack):
        keep(with_sinks, *declined("p-1"), *sent_back("acme-9"))

        shown = penstock("events", "replay", "--all", "--since", "2026-11-01", "--dry-run", *WHY)

        assert "1 would be sent to slack" in shown.stdout
        assert [] == read("queue", "receive", "sink-email")

    @pytest.mark.parametrize(
        ("options", "code"),
        [
            (("--since", "2026-11-01"), 2),
            (("--sink", "slack"), 2),
            (("--sink", "nobody", "--since", "2026-11-01"), 3),
            (("--sink", "slack", "--since", "2026-11-01", "--replay-id", "mine"), 5),
            (("--sink", "slack", "e-nobody"), 4),
        ],
    )
    def test_a_replay_that_is_not_clear_is_refused(
        self, with_sinks: Stack, options: tuple[str, ...], code: int
    ):
        assert code == penstock("events", "replay", *options, *WHY).exit_code


def test_a_cell_that_begins_like_a_formula_is_not_computed():
    from penstock.entrypoints.cli.event_lines import csv_line

    assert """'=1+1,"a,b",\\x1b[2J""" == csv_line(["=1+1", "a,b", "\x1b[2J"])
