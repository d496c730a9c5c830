"""
Run the emulator so that the log of a function is whole once the function has answered.

Run as a script by the emulator's own interpreter, which has none of our packages.

The emulator takes what a function printed off a pipe when the answer is there, and stops after a
few milliseconds without a line. On a busy machine lines stay behind then, and come with the
sandbox's next invocation, if it has one. Here a mark is written into the same pipe once the answer
is there, and the log is read up to it.
"""

from __future__ import annotations

import queue
import uuid

from ministack.core.lambda_runtime import Worker  # pyright: ignore - the emulator's environment

_LIMIT_SECONDS = 10.0
"""For one line: the thread that reads the pipe waits for its turn among all others."""
_for_milliseconds = Worker._drain_stderr_bounded


def whole(worker: Worker, *waits: float, **named: float) -> str:
    """What a sandbox that has just answered has printed since the answer before."""
    process = worker._proc
    # One that failed has been ended, and that of another runtime has another pipe.
    if type(worker) is not Worker or process is None:
        return str(_for_milliseconds(worker, *waits, **named))
    mark = f"end {uuid.uuid4().hex}"
    try:
        with open(f"/proc/{process.pid}/fd/2", "w") as pipe:  # on Linux
            pipe.write(f"\n{mark}\n")
    except OSError:
        return str(_for_milliseconds(worker, *waits, **named))
    lines: list[str] = []
    while (line := _next(worker)) not in (mark, None):
        if line:
            lines.append(line)
    return "\n".join(lines)


def _next(worker: Worker) -> str | None:
    try:
        return worker._stderr_queue.get(timeout=_LIMIT_SECONDS)
    except queue.Empty:
        return None  # The sandbox was killed meanwhile.


if __name__ == "__main__":
    from ministack.app import main  # pyright: ignore - likewise

    Worker._drain_stderr_bounded = whole
    main()
