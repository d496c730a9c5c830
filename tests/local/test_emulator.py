"""The emulator process: it comes up, says what is wrong, and leaves nothing behind."""

from __future__ import annotations

import io
import os
import select
import socket
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

from local.aws import client
from local.emulator import PYTHON, WHOLE_LOGS, Emulator, EmulatorError
from tests.e2e.world import until

pytestmark = pytest.mark.emulator


def members(group: int) -> set[int]:
    """Processes of a group that are not zombies."""
    found: set[int] = set()
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        state, pgrp = after_name[0], int(after_name[2])
        if pgrp == group and state != "Z":
            found.add(int(entry.parent.name))
    return found


def test_it_answers_once_started_and_nothing_of_it_is_left_once_stopped(tmp_path: Path) -> None:
    with Emulator.start(tmp_path / "emulator") as emulator:
        group = emulator.group
        assert len(members(group)) >= 2
        assert [] == emulator.mailbox()

    all_ended(group)


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        with pytest.raises(EmulatorError, match=f"port {port} .* is taken"):
            Emulator.start(tmp_path / "emulator", port=port)


def test_a_missing_installation_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(EmulatorError, match="make setup"):
        Emulator.start(tmp_path / "emulator", python=tmp_path / "python")


def test_it_ends_with_whoever_started_it_even_by_kill_9(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import pathlib, sys
        from local.emulator import Emulator
        emulator = Emulator.start(pathlib.Path(sys.argv[1]))
        print(emulator.group, flush=True)
        sys.stdin.read()
        """
    )
    starter = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program, str(tmp_path / "emulator")],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert starter.stdout is not None
    assert starter.stdin is not None
    group = int(starter.stdout.readline())
    leader = os.pidfd_open(group)

    starter.kill()
    starter.communicate()
    with open(leader, "rb", closefd=True):
        wait_until_over(leader)

    all_ended(group)


def all_ended(group: int) -> None:
    """Those that were killed last may be on their way out still."""
    until(lambda: not members(group), what="the end of all processes")


def wait_until_over(pidfd: int) -> None:
    """A process file descriptor becomes readable when the process ends."""
    readable, _, _ = select.select([pidfd], [], [], 60)
    assert [pidfd] == readable


def test_its_environment_holds_nothing_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "mine")
    monkeypatch.setenv("AWS_PROFILE", "mine")

    with Emulator.start(tmp_path / "emulator") as emulator:
        environment = Path(f"/proc/{emulator.group}/environ").read_bytes()

    assert b"mine" not in environment


_PRINTS_MUCH = """
def handler(event, context):
    for number in range(event["lines"]):
        print(number)
    return {}
"""


def test_what_a_function_printed_is_in_its_log_once_it_has_answered(emulator: Emulator) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("prints.py", _PRINTS_MUCH)
    functions = client("lambda", emulator.url)
    functions.create_function(
        FunctionName="prints",
        Runtime="python3.13",
        Handler="prints.handler",
        Role="arn:aws:iam::000000000000:role/prints",
        Code={"ZipFile": packed.getvalue()},
    )
    functions.invoke(FunctionName="prints", Payload=b'{"lines": 300}')
    logged = client("logs", emulator.url).filter_log_events(logGroupName="/aws/lambda/prints")
    said = [one["message"].strip() for one in logged["events"]]

    assert [str(number) for number in range(300)] == [one for one in said if one.isdigit()]


_READS_SLOWLY = """
import queue, subprocess, sys, threading, time
from importlib import util
spec = util.spec_from_file_location("whole_logs", sys.argv[1])
spec.loader.exec_module(logs := util.module_from_spec(spec))

worker = logs.Worker.__new__(logs.Worker)
worker._stderr_queue = queue.Queue()
says = "import sys; print(*'abcd', sep=chr(10), file=sys.stderr, flush=True); input()"
worker._proc = subprocess.Popen(
    [sys.executable, "-c", says], text=True, stdin=subprocess.PIPE, stderr=subprocess.PIPE
)

def read():
    for line in worker._proc.stderr:
        time.sleep(0.1)
        worker._stderr_queue.put(line.rstrip())

threading.Thread(target=read, daemon=True).start()
first = worker._stderr_queue.get()
print(first, *logs.whole(worker).splitlines())
worker._proc.kill()
"""


def test_a_log_is_read_to_its_end_though_its_reader_has_to_wait_for_its_turn() -> None:
    """
    As on a busy machine: lines come to light one by one, long after they were printed.
    """
    command = [PYTHON, "-c", _READS_SLOWLY, WHOLE_LOGS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours

    assert ("a b c d\n", "") == (done.stdout, done.stderr)
