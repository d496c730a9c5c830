"""`penstock queue`: messages are sent, counted, shown and purged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.stack import Stack
from tests.contract.cli.commands import penstock
from tests.contract.cli.parked import on, succeeded


@pytest.mark.emulator
class TestQueue:
    def test_a_message_is_sent_counted_shown_given_back_and_purged(self, stack: Stack):
        assert 0 == penstock("queue", "send", "payments", "--amount", "700").exit_code
        for _ in range(2):
            (shown,) = json.loads(penstock("--json", "queue", "receive", "payments").stdout)
            assert 700 == json.loads(shown["body"])["order"]["amount"]
        assert 2 == shown["receives"]
        depth = json.loads(penstock("queue", "depth", "--json").stdout)
        assert {"visible": 1, "in_flight": 0, "dead": 0} == depth["payments"]

        purge = ("queue", "purge", "payments", "--because", "a test of ours")
        assert 2 == penstock(*purge[:3], "--yes").exit_code
        assert 5 == penstock(*purge, given="n\n").exit_code
        assert 5 == penstock(*purge[:4], " ", "--yes").exit_code
        assert 0 == penstock(*purge, given="y\n").exit_code
        assert [] == json.loads(penstock("--json", "queue", "receive", "payments").stdout)

    def test_a_message_of_ones_own_is_sent_even_if_it_is_broken(self, stack: Stack):
        assert 0 == penstock("queue", "send", "payments", "--body", "-", given="no").exit_code
        (shown,) = json.loads(penstock("--json", "queue", "receive", "payments").stdout)

        assert "no" == shown["body"]

    def test_the_effect_of_a_broken_message_is_said(self, stack: Stack):
        result = penstock("queue", "send", "payments", "--body", "-", given="no")

        assert "sent to payments: charge will park it: the message is no JSON" in result.stdout
        planned = penstock("queue", "send", "payments", "--body", "-", "--dry-run", given="no")
        assert "would be sent" in planned.stdout
        depth = json.loads(penstock("queue", "depth", "--json").stdout)
        assert 1 == depth["payments"]["visible"]

    def test_the_effect_of_a_payment_that_succeeded_is_said(self, stack: Stack):
        succeeded(stack, "p-1")
        body = '{"id":"p-1","provider":"example","order":{"amount":1250,"currency":"USD"}}'

        result = penstock("queue", "send", "payments", "--body", "-", given=body)

        assert "it will change nothing, the ledger has: charge succeeded" in result.stdout

    def test_what_is_in_back_off_is_not_said_to_be_nothing(self, stack: Stack):
        penstock("queue", "send", "payments")

        async def hold(world: AwsWorld) -> None:
            await world.inbox("payments").receive(1, 5)

        on(stack, hold)

        shown = penstock("queue", "receive", "payments").stdout
        told = json.loads(penstock("--json", "queue", "work").stdout)
        assert "nothing is visible, 1 in flight" in shown
        assert 1 == told["in_flight"]["payments"]
        assert "SQS does not say which" in told["not_known"][0]
        assert 80 >= max(map(len, penstock("queue", "work").stdout.splitlines()))

    def test_a_payment_sent_again_by_hand_is_not_dropped_as_a_copy(
        self, stack: Stack, folder: Path
    ):
        body = '{"id":"p-1","provider":"example","order":{"amount":1,"currency":"USD"}}'
        (folder / "body").write_text(body)
        for _ in range(2):
            assert 0 == penstock("queue", "send", "payments", "--body", "body").exit_code

        depth = json.loads(penstock("queue", "depth", "--json").stdout)
        assert 2 == depth["payments"]["visible"]

    @pytest.mark.parametrize("wrong", [["--provider", "Nope"], ["--currency", "ZZZ"]])
    def test_a_sample_that_would_be_parked_is_not_sent(self, stack: Stack, wrong: list[str]):
        assert 2 == penstock("queue", "send", "payments", *wrong).exit_code

    def test_a_queue_that_is_not_there_is_code_4_and_names_those_that_are(self, stack: Stack):
        result = penstock("queue", "receive", "nobody")

        assert 4 == result.exit_code
        assert "payments" in result.stderr

    def test_a_terminal_queue_has_no_dead_letters(self, stack: Stack):
        assert 4 == penstock("queue", "receive", "rejected", "--dlq").exit_code
