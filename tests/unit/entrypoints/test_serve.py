"""`penstock serve` says at its start what nobody would hear of later."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.entrypoints.test_stack import OUTPUTS

AWS = {
    "endpoint_url": "http://127.0.0.1:1",
    "region": "us-east-1",
    "access_key_id": "a",
    "secret_access_key": "s",
}
DEAF = (
    "penstock: LOG_LEVEL is WARNING: alarms and metrics, made of log events below it, hear nothing"
)
GROUP = (
    "penstock: alarms count what this prints once it is sent to the log group /penstock/dev/serve"
)


def started(folder: Path, level: str | None, **outputs: str) -> tuple[int, list[str], str]:
    """Start it for a stack whose AWS does not answer, and end it; its code and what it said."""
    path = folder / ".penstock/local/stack.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**OUTPUTS, "sinks": {"slack": {}}, "aws": AWS, **outputs}))
    environ = {k: v for k, v in os.environ.items() if k != "LOG_LEVEL"}
    with subprocess.Popen(
        [sys.executable, "-m", "penstock.entrypoints.cli", "serve", "--port=0"],
        cwd=folder,
        env={**environ, **({"LOG_LEVEL": level} if level else {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        said = server.stdout.readline()
        server.terminate()
        _, errors = server.communicate(timeout=60)
    return server.returncode, errors.splitlines(), said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("level", "outputs", "expected"),
    [
        (None, {}, []),
        ("INFO", {"serveLogGroup": "/penstock/dev/serve"}, [GROUP]),
        ("WARNING", {"serveLogGroup": "/penstock/dev/serve"}, [DEAF, GROUP]),
    ],
)
def test_it_says_whether_alarms_will_hear_it(
    tmp_path: Path, level: str | None, outputs: dict[str, str], expected: list[str]
) -> None:
    code, errors, said = started(tmp_path, level, **outputs)

    assert (0, expected) == (code, errors)
    assert said.startswith("penstock: serving on ")


@pytest.mark.slow
def test_a_level_that_is_none_is_refused_before_anything_begins(tmp_path: Path) -> None:
    code, errors, said = started(tmp_path, "hunter2")

    assert (3, "") == (code, said)
    assert 1 == len(errors)
    assert "LOG_LEVEL" in errors[0]
    assert "hunter2" not in errors[0]
