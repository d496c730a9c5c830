"""Which links schemathesis' stateful phase followed, out of its own report of a run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(slots=True)
class Walked:
    """
    The links of one run.

    Attributes:
        total: those of the document and those that schemathesis found by itself.
        answers: the statuses that each link which was followed led to, by the link's name.
    """

    total: int = 0
    answers: Mapping[str, set[int]] = field(default_factory=dict[str, set[int]])

    @property
    def share(self) -> float:
        """Of the links, those that were followed; 1.0 where there is none."""
        return len(self.answers) / self.total if self.total else 1.0

    @property
    def done(self) -> set[str]:
        """Those that led to something, and not only to refusals."""
        return {name for name, statuses in self.answers.items() if min(statuses) < 400}


def walked(report: Path) -> Walked:
    """
    Read a report in NDJSON.

    A link is followed when a request was sent with what the link names, as schemathesis counts it.
    """
    answers: defaultdict[str, set[int]] = defaultdict(set)
    total = 0
    for kind, event in _events(report):
        if kind == "PhaseStarted" and event["phase"]["name"] == "stateful":
            total = (event.get("payload") or {}).get("transitions_selected", 0)
        if kind == "ScenarioFinished" and event["phase"] == "stateful":
            for link, status in _followed(event["recorder"]):
                answers[link].add(status)
    return Walked(total, answers)


def _events(report: Path) -> Iterator[tuple[str, Any]]:
    with report.open() as lines:
        for line in lines:
            yield from json.loads(line).items()


def _followed(recorder: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for case, sent in recorder.get("cases", {}).items():
        answer = recorder.get("interactions", {}).get(case, {}).get("response")
        if answer and sent["is_transition_applied"]:
            yield sent["transition"]["id"], answer["status_code"]
