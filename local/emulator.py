"""The AWS emulator as a child process, in a session of its own."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REGION = "us-east-1"
ROOT = Path(__file__).resolve().parent.parent
PYTHON = ROOT / ".venv-emulator" / "bin" / "python"
LEASH = Path(__file__).resolve().with_name("leash.py")
WHOLE_LOGS = LEASH.with_name("whole_logs.py")
_POLL_SECONDS = 0.03
_UNASSIGNED = range(20_000, 32_768)
_TRIES = 100
# It keeps nothing, and waits for every long poll that is open.
_GRACE_SECONDS = "2"


class EmulatorError(Exception):
    """The emulator cannot be started; the message says why and what to do."""


def free_port(besides: Collection[int] = ()) -> int:
    """
    A port of 127.0.0.1 that is free now, and stays so until it is bound or a later run needs it.

    Port 0 would give one that the system may give to the next connection of any process: those
    are all above 32767 (Linux's `ip_local_port_range`; RFC 6335, 6: from 49152).

    Args:
        besides: ports that are meant for something else.

    Raises:
        EmulatorError: none was found.
    """
    for port in secrets.SystemRandom().sample(_UNASSIGNED, _TRIES):
        if port not in besides and _is_free(port):
            return port
    raise EmulatorError(f"no free port on 127.0.0.1 from {_UNASSIGNED[0]} to {_UNASSIGNED[-1]}")


def require_free(port: int, what: str) -> None:
    """
    Say so in one line if somebody listens on a port already.

    Raises:
        EmulatorError: the port is taken.
    """
    if not _is_free(port):
        raise EmulatorError(
            f"port {port} on 127.0.0.1, meant for {what}, is taken: stop what listens there,"
            " most likely another `make run` of this folder, or remove"
            " .penstock/local/ports.json for other ports"
        )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@dataclass(slots=True)
class Emulator:
    """
    A running emulator; use it as a context manager, or call `stop`.

    Attributes:
        port: where it answers, on 127.0.0.1 only.
        folder: everything it writes is in there, its log too.
    """

    port: int
    folder: Path
    _process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        port: int | None = None,
        auth: bool = True,
        region: str = REGION,
        python: Path = PYTHON,
        within: float = 90.0,
    ) -> Self:
        """
        Start one and wait until it answers; what an earlier one left in the folder is removed.

        Args:
            folder: for its state, temporary files and log; its own.
            auth: whether signatures, identity policies and execution roles are checked.
            within: seconds it has to answer.

        Raises:
            EmulatorError: it is not installed, the port is taken, or it did not come up.
        """
        if not python.exists():
            raise EmulatorError(
                f"the emulator is not installed in {python.parent}: run `make setup`"
            )
        port = port or free_port()
        require_free(port, "the emulator")
        _make_empty(folder)
        with (folder / "emulator.log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and script
                # -P: its folder has modules that are named like some of Python's own.
                [python, LEASH, _GRACE_SECONDS, python, "-P", WHOLE_LOGS],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder,
                env=_environment(folder, port, auth=auth, region=region),
                start_new_session=True,
            )
        emulator = cls(port, folder, process)
        try:
            emulator._wait(within)
        except BaseException:
            emulator.stop()
            raise
        return emulator

    @property
    def url(self) -> str:
        """The endpoint of all its services."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def group(self) -> int:
        """The process group of everything it starts."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it and everything it started; a second call does nothing."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(8)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def reset(self) -> None:
        """Forget everything, as if it had just been started."""
        self._request("POST", "/_ministack/reset")

    def mailbox(self) -> list[dict[str, Any]]:
        """The e-mails that were sent through it, oldest first."""
        answer = json.loads(self._request("GET", "/_ministack/ses/messages"))
        return [message for account in answer["messages"].values() for message in account]

    def workers(self, function: str = "") -> list[int]:
        """Process ids of the functions' workers, or of one function's (Linux only)."""
        marker = str(self.folder.resolve() / "tmp" / f"ministack-lambda-{function}")
        found: list[int] = []
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                command = entry.read_bytes().decode(errors="replace")
            except OSError:
                continue  # It ended while we looked.
            if marker in command:
                found.append(int(entry.parent.name))
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _wait(self, within: float) -> None:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            if not self.alive:
                break
            try:
                self._request("GET", "/_ministack/health")
            except OSError:
                time.sleep(_POLL_SECONDS)
            else:
                return
        log = self.folder / "emulator.log"
        raise EmulatorError(f"the emulator did not come up: read {log}")

    def _request(self, method: str, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise OSError(f"the emulator answered {answer.status} to {path}")
            return body
        finally:
            connection.close()


def _make_empty(folder: Path) -> None:
    # Each warm function leaves about 7 MB of extracted zip behind when it is killed.
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("state", "s3", "tmp", "home"):
        (folder / part).mkdir(parents=True, exist_ok=True)


def _environment(folder: Path, port: int, *, auth: bool, region: str) -> Mapping[str, str]:
    """
    All that the emulator is started with: the functions it runs inherit it.

    So nothing of the user's own: no credentials, no profile (HOME is an empty folder), no proxy.
    """
    return {
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "HOME": str(folder / "home"),
        "TMPDIR": str(folder / "tmp"),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_REGION": region,
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "AUTH": "true" if auth else "false",
        # Both would listen on all interfaces.
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LOG_LEVEL": "WARNING",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
