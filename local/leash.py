"""
Run a command on a leash: it ends, with its children, once its starter lets go.

Run as a script by the emulator's own interpreter, so the standard library is all it may use. The
starter makes it the leader of a new session and holds the other end of its standard input. That
end is closed by the kernel however the starter dies, kill -9 included:

    starter ──stdin──► leash (leader of the group) ──► emulator ──► function workers
       ✗      closed      SIGTERM to the emulator, a few seconds, SIGKILL to the group
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main(grace: float, command: list[str]) -> None:
    """
    Run the command until it ends or standard input does; nothing of the group is left.

    Args:
        grace: seconds it has to end by itself once it is told to.
    """
    # Only the pipe ends it: a SIGTERM meant for one process of the group must not orphan others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - our own command
    threading.Thread(target=_watch, args=(child, grace), daemon=True).start()
    child.wait()
    # Its workers are children of the emulator and are not ended by its end.
    os.killpg(0, signal.SIGKILL)


def _watch(child: subprocess.Popen[bytes], grace: float) -> None:
    sys.stdin.buffer.read()
    child.terminate()
    try:
        child.wait(grace)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(float(sys.argv[1]), sys.argv[2:])
