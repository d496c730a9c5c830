"""What is read out of schemathesis' own report of the links that it followed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.contract.deep.walked import walked

SHOW, CANCEL = "POST /a -> [201] show -> GET /a/{id}", "POST /a -> [201] cancel -> POST /a/{id}/b"


def sent(link: str, *, applied: bool = True) -> dict[str, Any]:
    return {"transition": {"id": link}, "is_transition_applied": applied}


def report(folder: Path, cases: dict[str, Any], statuses: dict[str, int], total: int = 4) -> Path:
    """A report of one walk, which begins with a request that followed nothing."""
    answers = {name: {"response": {"status_code": status}} for name, status in statuses.items()}
    cases = {"root": {"is_transition_applied": False}, **cases}
    recorder = {"cases": cases, "interactions": answers}
    events = [
        {"PhaseStarted": {"phase": {"name": "fuzzing"}}},
        {
            "PhaseStarted": {
                "phase": {"name": "stateful"},
                "payload": {"transitions_selected": total},
            }
        },
        {"ScenarioFinished": {"phase": "fuzzing", "recorder": recorder}},
        {"ScenarioFinished": {"phase": "stateful", "recorder": {}}},
        {"ScenarioFinished": {"phase": "stateful", "recorder": recorder}},
    ]
    path = folder / "report.ndjson"
    path.write_text("\n".join(json.dumps(one) for one in events))
    return path


def test_a_link_is_followed_when_what_it_names_was_sent_and_answered(tmp_path: Path):
    cases = {"1": sent(SHOW), "2": sent(SHOW), "3": sent(CANCEL), "4": sent("x", applied=False)}
    cases["5"] = sent("without an answer")

    links = walked(report(tmp_path, cases, {"root": 201, "1": 200, "2": 404, "3": 409, "4": 200}))

    assert {SHOW: {200, 404}, CANCEL: {409}} == links.answers
    assert (0.5, {SHOW}) == (links.share, links.done)


def test_a_document_without_links_lacks_none(tmp_path: Path):
    assert 1.0 == walked(report(tmp_path, {}, {}, total=0)).share
