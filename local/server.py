"""`penstock serve` as the host of the local platform, on a leash like the emulator."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from local.emulator import LEASH, EmulatorError, require_free
from local.platform import Platform

_READY = b"serving on"
_WITHIN_SECONDS = 90.0
# It would wait for its long polls, twenty seconds, on an emulator that is about to forget all.
_GRACE_SECONDS = "1"
# A stage's line is short; what a library may print is not ours to limit so tightly.
_LONGEST_LINE = 1024 * 1024


@asynccontextmanager
async def serve(platform: Platform) -> AsyncIterator[tuple[Platform, asyncio.StreamReader]]:
    """
    Serve the API and consume the queues of a platform that was started with consumers "serve".

    Yields the platform with the server's address as its API's, and the server's log.

    Raises:
        EmulatorError: the port is taken, or the server did not come up.
    """
    workspace = platform.workspace
    port = workspace.port("serve")
    require_free(port, "penstock serve")
    served = replace(platform, outputs={**platform.outputs, "apiUrl": f"http://127.0.0.1:{port}"})
    workspace.write_private(workspace.stack_file, served.outputs)
    penstock = Path(sys.executable).with_name("penstock")
    command = [penstock, "serve", "--stack", "local", "--port", str(port)]
    with (workspace.folder / "serve.log").open("wb") as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            LEASH,
            _GRACE_SECONDS,
            *command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=errors,
            cwd=workspace.root,
            start_new_session=True,
            limit=_LONGEST_LINE,
        )
    try:
        yield served, await _ready(process, workspace.folder / "serve.log")
    finally:
        await _end(process)


async def _ready(process: Process, log: object) -> asyncio.StreamReader:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            async for line in process.stdout:
                if _READY in line:
                    return process.stdout
    except TimeoutError:
        pass
    raise EmulatorError(f"the server did not come up: read {log}")


async def _end(process: Process) -> None:
    """Let go of the leash, and read on meanwhile: a full pipe would keep it from ending."""
    assert process.stdin is not None  # noqa: S101 - it was asked for
    assert process.stdout is not None  # noqa: S101 - it was asked for
    process.stdin.close()
    await process.stdout.read()
    await process.wait()
