"""
schemathesis against both hosts of our API and against the simulators, with all its phases.

    python -m tests.contract.deep [--seed N] [--examples N] [TARGET ...]

The phases are examples, coverage, fuzzing and stateful (links are walked), with requests that keep
to the contract and requests that break it, and all checks but those that `exceptions` and
`targets` name with their reasons. The seed is random and printed: the same one tries the same.
"""

from __future__ import annotations

import argparse
import logging
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import structlog

from tests.contract.deep.targets import TARGETS, Target

EXAMPLES = 100
_ROOT = Path(__file__).parents[3]
_ST = Path(sys.executable).with_name("schemathesis")


def main() -> int:
    """Try every target; 1 if schemathesis found something at any."""
    parser = argparse.ArgumentParser(prog="python -m tests.contract.deep")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seed", type=int, help="a random one by default")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="of each operation")
    told = parser.parse_args()
    unknown = [name for name in told.targets if name not in TARGETS]
    if unknown:
        parser.error(f"there is no target {unknown[0]}; name some of: {', '.join(TARGETS)}")
    seed = told.seed if told.seed is not None else secrets.randbelow(2**32)
    found = 0
    for name in told.targets or TARGETS:
        print(f"penstock: contract-deep: {name}, seed {seed}", flush=True)
        with (
            tempfile.TemporaryDirectory(prefix="penstock-deep-") as folder,
            _hosts_quiet(),
            TARGETS[name](Path(folder)) as target,
        ):
            found |= _tried(target, Path(folder), seed, told.examples)
    if found:
        print(f"penstock: try again: make contract-deep SEED={seed}", file=sys.stderr)
    return found


@contextmanager
def _hosts_quiet() -> Iterator[None]:
    """Drop what the hosts log and print; schemathesis is a process of its own."""
    # Among what it tries is bad HTTP.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(nowhere))
        yield


def _tried(target: Target, folder: Path, seed: int, examples: int) -> int:
    document, config = folder / "document.json", folder / "schemathesis.toml"
    document.write_text(target.document)
    config.write_text(target.config)
    given = [("-H", f"{name}: {value}") for name, value in target.headers.items()]
    command = [
        str(_ST),
        "--config-file",
        str(config),
        "run",
        str(document),
        "--url",
        target.url,
        "--phases",
        "examples,coverage,fuzzing,stateful",
        "--mode",
        "all",
        "--max-examples",
        str(examples),
        "--seed",
        str(seed),
        "--generation-database",
        "none",
        "--request-timeout",
        "10",
        *(word for one in given for word in one),
    ]
    # It keeps notes where it is started, and its hooks are a module of ours.
    environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
    ended = subprocess.run(command, check=False, cwd=folder, env=environ)  # noqa: S603 - our own command
    return int(ended.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
