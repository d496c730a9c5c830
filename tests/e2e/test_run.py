"""`make run` as a person starts, watches and stops it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.platform import settings
from tests.e2e.world import until

pytestmark = [pytest.mark.emulator, pytest.mark.slow, pytest.mark.timeout(600)]
ROOT = Path(__file__).parents[2]
LIMIT = 240.0
"""Seconds that one step may take: far more than it needs, so that only a hang is a failure."""


def processes(root: Path) -> dict[int, str]:
    """Command lines of processes that work in that folder, by process id."""
    found: dict[int, str] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(root) in command or str(root) in str((entry / "cwd").readlink()):
                found[int(entry.name)] = command.replace("\0", " ")
        except OSError:
            continue
    return found


def all_ended(root: Path) -> None:
    """Wait until no process works in that folder."""
    until(lambda: not processes(root), within=LIMIT, what="the end of all processes")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it is started again and again, as in a checkout: its zips are built once."""
    return tmp_path_factory.mktemp("checkout")


@pytest.fixture
def root(checkout: Path) -> Iterator[Path]:
    """A folder to run in. A process that stays there is an error, and is ended."""
    yield checkout

    try:
        all_ended(checkout)
    finally:
        for process in processes(checkout):
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(root: Path) -> Iterator[Start]:
    """Starts it in the folder; what a failed test left running is ended, and its pipes closed."""
    with ExitStack() as stack:

        def begin(*options: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [sys.executable, "-m", "local.run", "--root", str(root), *options],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)  # does nothing to one that has ended
            return process

        yield begin


def test_a_taken_port_is_one_clear_line(root: Path, start: Start) -> None:
    ports = root / ".penstock" / "local" / "ports.json"
    ports.parent.mkdir(parents=True, exist_ok=True)
    before = ports.read_text() if ports.exists() else None
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports.write_text(json.dumps({"emulator": port}))

        process = start("--once")
        _, complaint = process.communicate(timeout=LIMIT)
    if before is None:
        ports.unlink()
    else:
        ports.write_text(before)

    (said,) = [line for line in complaint.splitlines() if line]
    assert said.startswith(
        f"penstock: port {port} on 127.0.0.1, meant for the emulator, is taken: stop what listens"
    )
    assert 1 == process.returncode


STAGES = ("receive", "verify", "process", "charge", "deliver-slack", "deliver-email")


def test_once_ends_well_when_everything_has_arrived(start: Start) -> None:
    """
    With `penstock serve`; with functions below, for some of the plugins.
    """
    process = start("--once", "--host", "serve")
    shown, complaint = process.communicate(timeout=LIMIT)

    assert "" == complaint
    assert 0 == process.returncode
    assert "All arrived: the Slack messages and the e-mails of all 3 payments." in shown
    assert [] == [stage for stage in STAGES if f" {stage} " not in shown]


def ended(process: subprocess.Popen[str], ending: signal.Signals | None) -> tuple[str, str]:
    """
    What it showed and complained of.

    Args:
        ending: what it is sent once everything has arrived; None for one that ends by itself.
    """
    shown = ""
    if ending:
        assert process.stdout is not None
        while "Ctrl-C stops it" not in (line := process.stdout.readline()):
            assert line, process.communicate()
            shown += line
        process.send_signal(ending)
    rest, complaint = process.communicate(timeout=LIMIT)
    return shown + rest, complaint


def test_everything_arrives_and_after_ctrl_c_nothing_it_started_is_left(
    root: Path, start: Start
) -> None:
    shown, _ = ended(start(), signal.SIGINT)

    assert "All arrived" in shown
    assert [] == [stage for stage in STAGES if f" {stage} " not in shown]
    all_ended(root)


def test_ended_while_it_starts_nothing_is_left_either(root: Path, start: Start) -> None:
    process = start()
    until(lambda: len(processes(root)) > 1, within=LIMIT, what="the emulator")

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=LIMIT)

    all_ended(root)


EMAIL = {
    "sender": "payments@example.com",
    "recipients": ["team@example.com"],
    "events": "all",
}


@pytest.mark.parametrize(
    ("gateways", "sinks", "told", "stage", "ending"),
    [
        (
            ["paypal", "example"],
            {"email": EMAIL},
            "the e-mails of both payments",
            "deliver-email",
            signal.SIGTERM,
        ),
        (
            ["example"],
            ["slack"],
            "the Slack messages of the payment",
            "deliver-slack",
            signal.SIGKILL,
        ),
        ({"paypal": {"environment": "local"}}, None, "Nothing is delivered", "process", None),
    ],
    ids=["without Slack, SIGTERM", "without PayPal, SIGKILL", "without sinks"],
)
def test_it_shows_what_the_configured_plugins_do_and_however_it_ends_nothing_is_left(
    root: Path,
    start: Start,
    gateways: Any,
    sinks: Any,
    told: str,
    stage: str,
    ending: signal.Signals | None,
) -> None:
    """
    Each start takes long: so each of them ends in another way.
    """
    config = {**settings(), "gateways": gateways, "sinks": sinks}
    (root / "stack.yaml").write_text(yaml.safe_dump(config))
    options = ("--config", str(root / "stack.yaml"))
    process = start(*options) if ending else start("--once", *options)
    shown, complaint = ended(process, ending)

    assert "" == complaint
    assert told in shown
    assert f" {stage} " in shown
    if ending is None:
        assert 0 == process.returncode
    all_ended(root)


def test_a_stack_without_gateways_is_refused_with_the_key(root: Path, start: Start) -> None:
    (root / "stack.yaml").write_text(yaml.safe_dump({**settings(), "gateways": {}}))
    process = start("--once", "--config", str(root / "stack.yaml"))
    _, complaint = process.communicate(timeout=LIMIT)

    assert 1 == process.returncode
    assert "penstock:gateways names none" in complaint
    assert "Traceback" not in complaint
