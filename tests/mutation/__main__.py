"""
Changes the code in small ways at random, and expects a test to fail each time.

    python -m tests.mutation [--sample 250] [--seed N] [--under PATH] [--again]

Fails for a survivor that survivors.toml does not list, and under 95 % killed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.mutation.copied import ROOT, copy, environment
from tests.mutation.forks import Job
from tests.mutation.mutants import AREAS, Mutant, sample
from tests.mutation.recordings import Recordings, recorded
from tests.mutation.survivors import listed

KILLED = 95
"""Percent, at least."""
_TOLD_EVERY = 25
LAST = ROOT / ".mutation" / "survived.json"


class Copy:
    """A copy of the checkout with a process that tests mutants in it."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.folder = copy(folder)
        self._stack = stack
        self._process: subprocess.Popen[str] | None = None

    def outcome(self, job: Job) -> str:
        """What became of one mutant: `killed`, `timeout` or `survived`."""
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.mutation.forks"],
                cwd=self.folder,
                env=environment(self.folder),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            self._stack.enter_context(self._process)
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{json.dumps(job)}\n")
        self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit("penstock: mutation: the process that tests mutants has ended")
        return str(json.loads(answer))


def main() -> int:
    """The exit status: 0 if enough were killed and each survivor is listed."""
    asked = _asked()
    last = json.loads(LAST.read_text()) if asked.again else {}
    drawn = last.get("drawn", [asked.seed, asked.sample, asked.first, asked.under])
    again = ", the last run's survivors" if asked.again else ""
    print(f"penstock: mutation: seed {drawn[0]}, {drawn[1]} mutants{again}", flush=True)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        copies = [Copy(folder / str(number), stack) for number in range(asked.jobs)]
        recordings = recorded([one.folder for one in copies])
        mutants = sample(*drawn)
        if asked.again:
            mutants = [one for one in mutants if _name(one) in last["survived"]]
        with ThreadPoolExecutor(asked.jobs) as pool:
            ends = time.monotonic() + 60 * asked.minutes
            outcomes: list[str | None] = []
            for outcome in pool.map(lambda one: _tried(copies, recordings, one, ends), mutants):
                outcomes.append(outcome)
                if len(outcomes) % _TOLD_EVERY == 0:
                    print(f"{len(outcomes)} of {len(mutants)}", flush=True)
    tried = [(one, how) for one, how in zip(mutants, outcomes, strict=True) if how]
    mutants = [one for one, _ in tried]
    survived = [one for one, how in tried if how == "survived"]
    LAST.write_text(json.dumps({"drawn": drawn, "survived": [_name(one) for one in survived]}))
    return _verdict(mutants, survived)


def _asked() -> argparse.Namespace:
    reader = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    reader.add_argument("--sample", type=int, default=250, help="how many mutants")
    reader.add_argument("--seed", type=int, default=random.randrange(10**6))  # noqa: S311 - a sample
    reader.add_argument("--first", type=int, default=0, help="how many of the seed's to pass over")
    reader.add_argument("--under", default="", help="only of modules whose path begins so")
    reader.add_argument("--again", action="store_true", help="only the last run's survivors")
    reader.add_argument("--minutes", type=float, default=60, help="begin no mutant after them")
    reader.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return reader.parse_args()


def _name(mutant: Mutant) -> list[str]:
    return [mutant.module, mutant.line, mutant.becomes]


def _tried(copies: list[Copy], recordings: Recordings, mutant: Mutant, ends: float) -> str | None:
    """What became of a mutant; None if there was no time left for it."""
    if time.monotonic() > ends:
        return None
    tests = recordings.tests(mutant)
    if not tests:
        print(f"survived, as no test runs it: {mutant}", flush=True)
        return "survived"
    # Far beyond what they took when they were measured: one that takes longer hangs.
    seconds = 20 + 4 * sum(recordings.seconds[one] for one in tests)
    place = copies.pop()
    began = time.monotonic()
    try:
        job = Job(module=mutant.module, code=mutant.code, tests=tests, seconds=seconds)
        outcome = place.outcome(job)
    finally:
        copies.append(place)
    took = time.monotonic() - began
    if outcome != "killed":
        print(f"{outcome}, {len(tests)} tests in {took:.0f} s: {mutant}", flush=True)
    return outcome


def _verdict(mutants: list[Mutant], survived: list[Mutant]) -> int:
    known = listed()
    unlisted = [one for one in survived if not any(entry.is_of(one) for entry in known)]
    tried, lost = Counter(one.area for one in mutants), Counter(one.area for one in survived)
    for area in AREAS:
        if tried[area]:
            print(f"{area:10} {tried[area] - lost[area]:4} of {tried[area]:4} killed")
    killed = 100 * (len(mutants) - len(survived)) / max(len(mutants), 1)
    print(
        f"penstock: mutation: {len(mutants) - len(survived)} of {len(mutants)} killed, "
        f"{killed:.1f} %; {len(survived) - len(unlisted)} survivors listed, {len(unlisted)} not"
    )
    for mutant in unlisted:
        print(f"not listed: {mutant}")
    return int(bool(unlisted) or killed < KILLED)


if __name__ == "__main__":
    sys.exit(main())
