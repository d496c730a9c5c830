"""`make run` as a person starts, watches and stops it."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.platform import settings
from tests.e2e.world import until

pytestmark = pytest.mark.emulator
ROOT = Path(__file__).parents[2]


def start(root: Path, *options: str) -> subprocess.Popen[str]:
    """Start it with a folder of its own."""
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "local.run", "--root", str(root), *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes(root: Path) -> list[str]:
    """Command lines of processes that work in that folder."""
    found: list[str] = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().decode(errors="replace")
            if str(root) in command or str(root) in str((entry / "cwd").readlink()):
                found.append(command.replace("\0", " "))
        except OSError:
            continue
    return found


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A folder to run in; whatever a failed test left running there fails it too."""
    yield tmp_path

    until(lambda: not processes(tmp_path), within=10, what="the end of all processes")


def test_a_taken_port_is_one_clear_line(root: Path) -> None:
    ports = root / ".penstock" / "local" / "ports.json"
    ports.parent.mkdir(parents=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ports.write_text(json.dumps({"emulator": port}))

        process = start(root, "--once")
        _, complaint = process.communicate(timeout=60)

    assert [f"penstock: port {port} on 127.0.0.1, meant for the emulator, is taken"] == [
        line for line in complaint.splitlines() if line
    ]
    assert 1 == process.returncode


@pytest.mark.slow
@pytest.mark.parametrize("host", ["functions", "serve"])
def test_once_ends_well_when_everything_has_arrived(root: Path, host: str) -> None:
    process = start(root, "--once", "--host", host)
    shown, complaint = process.communicate(timeout=110)

    assert "" == complaint
    assert 0 == process.returncode
    assert "All arrived" in shown
    for stage in ("receive", "verify", "process", "charge", "deliver-slack", "deliver-email"):
        assert f" {stage} " in shown


@pytest.mark.slow
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_nothing_it_started_is_left(root: Path, ending: signal.Signals) -> None:
    process = start(root)
    assert process.stdout is not None
    while "Ctrl-C stops it" not in (line := process.stdout.readline()):
        assert line, process.communicate()

    process.send_signal(ending)
    process.communicate(timeout=30)

    until(lambda: not processes(root), within=15, what="the end of all processes")


@pytest.mark.slow
def test_ended_while_it_starts_nothing_is_left_either(root: Path) -> None:
    process = start(root)
    until(lambda: len(processes(root)) > 1, what="the emulator")

    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)

    until(lambda: not processes(root), within=15, what="the end of all processes")


EMAIL = {
    "sender": "payments@example.com",
    "recipients": ["team@example.com"],
    "events": "all",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("gateways", "sinks", "told", "stages"),
    [
        (
            ["paypal", "example"],
            {"email": EMAIL},
            "the e-mails of both payments",
            "deliver-email",
        ),
        (
            ["example"],
            ["slack"],
            "the Slack messages of the payment",
            "deliver-slack",
        ),
        ({"paypal": {"environment": "local"}}, None, "Nothing is delivered", "process"),
    ],
    ids=["without Slack", "without PayPal", "without sinks"],
)
def test_it_shows_what_the_configured_plugins_do(
    root: Path, gateways: Any, sinks: Any, told: str, stages: str
) -> None:
    config = {**settings(), "gateways": gateways, "sinks": sinks}
    (root / "stack.yaml").write_text(yaml.safe_dump(config))
    process = start(root, "--once", "--config", str(root / "stack.yaml"))
    shown, complaint = process.communicate(timeout=110)

    assert "" == complaint
    assert (0, True) == (process.returncode, told in shown), shown
    if sinks:
        assert f" {stages} " in shown


def test_a_stack_without_gateways_is_refused_with_the_key(root: Path) -> None:
    (root / "stack.yaml").write_text(yaml.safe_dump({**settings(), "gateways": {}}))
    process = start(root, "--once", "--config", str(root / "stack.yaml"))
    _, complaint = process.communicate(timeout=110)

    assert 1 == process.returncode
    assert "penstock:gateways names none" in complaint
    assert "Traceback" not in complaint
