"""One run of schemathesis against a target, in a process of its own."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import structlog

from tests.contract.deep.targets import Target
from tests.contract.deep.walked import Walked, walked

PHASES = "examples,coverage,fuzzing,stateful"
_ROOT = Path(__file__).parents[3]
_ST = Path(sys.executable).with_name("schemathesis")


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of it: whether schemathesis found nothing, and the links it followed."""

    good: bool
    links: Walked


@contextmanager
def hosts_quiet() -> Iterator[None]:
    """Drop what the hosts log and print; schemathesis is a process of its own."""
    # Among what it tries is bad HTTP.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        yield


def tried(
    target: Target,
    folder: Path,
    seed: int,
    examples: int,
    *,
    phases: str = PHASES,
    mode: str = "all",
) -> Tried:
    """
    Run schemathesis with all its checks but those the target names.

    Args:
        folder: takes what schemathesis reads and writes.
        examples: of each operation, and how many walks along the links.
        mode: `positive` sends only what keeps to the contract, `all` also what breaks it.
    """
    document, config, report = (
        folder / name for name in ("document.json", "schemathesis.toml", "report.ndjson")
    )
    document.write_text(target.document)
    config.write_text(target.config)
    given = [("-H", f"{name}: {value}") for name, value in target.headers.items()]
    command = [
        *(str(_ST), "--config-file", str(config), "run", str(document)),
        *("--url", target.url, "--phases", phases, "--mode", mode),
        *("--max-examples", str(examples), "--seed", str(seed)),
        *("--generation-database", "none", "--request-timeout", "10"),
        *("--report", "ndjson", "--report-ndjson-path", str(report)),
        *(word for one in given for word in one),
    ]
    # It keeps notes where it is started, and its hooks are a module of ours.
    environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
    ended = subprocess.run(command, check=False, cwd=folder, env=environ)  # noqa: S603 - our own command
    return Tried(ended.returncode == 0, walked(report))
