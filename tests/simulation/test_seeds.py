"""A seed is a reproduction, and its failure says how to run it again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest

from penstock.simulation.__main__ import failure, seeds_of
from penstock.simulation.run import Outcome, run


@pytest.mark.slow
def test_a_seed_does_the_same_in_every_process() -> None:
    """Hash seeds differ between the two, so the order of every set does."""
    traces = {_trace(hash_seed) for hash_seed in ("1", "2")}

    assert 1 == len(traces)


def test_a_seed_has_faults_of_every_kind_and_nothing_is_lost() -> None:
    outcome = run(7)

    assert [] == outcome.findings
    kinds = {name for name in outcome.counts if name.startswith("fault ")}
    assert {
        "fault not_begun",
        "fault unanswered",
        "fault hangs",
        "fault hangs_done",
        "fault late",
        "fault dies",
        "fault dies_done",
    } <= kinds
    assert outcome.counts["payments"] > 20
    assert outcome.counts["events"] > 50


def test_a_gateway_that_is_only_read_for_subscriptions_is_played_with_all_it_tells() -> None:
    """
    The stand says what else happens at Stripe: nothing in the simulation knows its name.
    """
    outcome = run(5, "stripe")

    assert [] == outcome.findings
    happened = ("subscriptions", "refunds", "reversals", "restored", "webhooks lost")
    assert [] == [name for name in happened if not outcome.counts[name]]


def test_a_failure_shows_the_end_of_its_trace_and_the_command() -> None:
    outcome = Outcome(
        12, ["pay-1: is open", "pay-2: is open"], ["line 1", "line 2"], "d", Counter()
    )

    told = failure(outcome, "example")

    assert "penstock: seed 12 failed: pay-1: is open (and 1 more)" in told
    assert "line 2" in told
    assert "python -m penstock.simulation --gateway example --seeds 12..12" in told


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("3", [1, 2, 3]), ("100..102", [100, 101, 102]), ("12345", [12345])],
)
def test_seeds_are_a_number_a_range_or_one(text: str, seeds: list[int]) -> None:
    assert seeds == list(seeds_of(text))


def _trace(hash_seed: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "penstock.simulation", "--seeds", "3..3"],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[0]
