"""
What a long queue costs `penstock serve`: `make bench-depth`, or `DEPTHS=1000,1000000`.

The server is a process of its own, as a stack would run it: boto3's clients, all consumers, the
sweep. Its queue is a stub of SQS in this process (the emulator's own queues are not the question)
that holds a depth steady. At each depth a window is measured after a start: deliveries verified a
second, the server's CPU for each, its memory, and how long it takes to end on SIGTERM. Rounds go
there and back, and the best window of each depth is compared with the first depth's: on a machine
with other work messages a second move with that work, and CPU a little. No more than a tenth above
the first is flat.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.queue_stub import QueueStub
from benchmarks.signing import Signer
from infra.printing import printing
from penstock.entrypoints.http.listener import listening

DEPTHS = (1_000, 10_000, 100_000)
ROUNDS = 5
WARM_UP = 300
WINDOW_SECONDS = 4.0
FLAT = 0.10
_QUEUES = ("deliveries", "verified", "rejected", "payments")
_LOOK_SECONDS = 0.01
_START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Window:
    """One depth, measured once: messages a second, milliseconds of CPU each, megabytes."""

    rate: float
    cpu: float
    memory: float
    end: float


async def measure(depths: Sequence[int], folder: Path) -> Mapping[int, list[Window]]:
    """Every depth in turn, as often as there are rounds."""
    stub = QueueStub()
    measured: dict[int, list[Window]] = {depth: [] for depth in depths}
    async with listening(stub.application(), "127.0.0.1", 0) as url:
        signer = Signer.at(url, folder / "paypal")
        stack = folder / "stack.json"
        stack.write_text(json.dumps(_outputs(url, signer)))
        for round_ in range(ROUNDS):
            # There and back, so that a machine that slows down slows all of them.
            for depth in depths if round_ % 2 == 0 else reversed(depths):
                stub.fill(signer, depth)
                measured[depth].append(await _window(stub, stack))
    return measured


async def _window(stub: QueueStub, stack: Path) -> Window:
    command = [sys.executable, "-m", "benchmarks.depth_server", str(stack)]
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=nowhere)
    try:
        async with asyncio.timeout(_START_SECONDS):
            while stub.deleted < WARM_UP:  # noqa: ASYNC110 - a counter tells nobody
                await asyncio.sleep(_LOOK_SECONDS)
        before, cpu, began = stub.deleted, _cpu(process.pid), perf_counter()
        await asyncio.sleep(WINDOW_SECONDS)
        done, took = stub.deleted - before, perf_counter() - began
        used, memory = _cpu(process.pid) - cpu, _memory(process.pid)
    finally:
        told = perf_counter()
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()
    return Window(done / took, used / max(1, done) * 1000, memory, perf_counter() - told)


def _outputs(url: str, signer: Signer) -> Mapping[str, Any]:
    """A stack as Pulumi would have it exported, all of it at the stub."""
    arn = "arn:aws:sns:eu-west-1:000000000000:"
    queues = {name: f"{url}/000000000000/{name}" for name in _QUEUES}
    return {
        "stack": "bench",
        "region": "eu-west-1",
        "apiUrl": url,
        "ledgerTable": "ledger",
        "deliveriesTopicArn": f"{arn}deliveries.fifo",
        "eventsTopicArn": f"{arn}events.fifo",
        "secretsPrefix": "bench",
        "queues": {
            name: {"url": f"{one}.fifo", "dlqUrl": f"{one}-dlq.fifo"}
            for name, one in queues.items()
        },
        "gateways": {"paypal": dict(signer.told.settings)},
        "sinks": {},
        "settings": {},
        "profile": {"paypal": dict(signer.told.profile)},
        "aws": {
            "endpoint_url": url,
            "region": "eu-west-1",
            "access_key_id": "AKIDEXAMPLE",
            "secret_access_key": "no-secret",
        },
    }


def _cpu(pid: int) -> float:
    """Seconds a process has used (proc_pid_stat(5): utime and stime, in ticks)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory(pid: int) -> float:
    """Megabytes a process has in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    resident = next(line for line in lines if line.startswith("VmRSS:"))
    return int(resident.split()[1]) / 1024


def _best(windows: Sequence[Window]) -> Window:
    """The one that the machine's other work disturbed least."""
    return min(windows, key=lambda one: one.cpu)


def main() -> int:
    """Print the table; exit 1 when CPU or memory is a tenth above the first depth's."""
    depths = [int(one) for one in sys.argv[1].split(",")] if len(sys.argv) > 1 else list(DEPTHS)
    with tempfile.TemporaryDirectory() as folder:
        measured = asyncio.run(measure(depths, Path(folder)))
    table = Table("queued", "messages/s", "ratio", "ms CPU", "ratio", "MB", "ratio", "end s")
    first = _best(measured[depths[0]])
    flat = True
    for depth, windows in measured.items():
        best = _best(windows)
        cpu, memory = best.cpu / first.cpu, best.memory / first.memory
        flat = flat and max(cpu, memory) <= 1 + FLAT
        table.add_row(
            f"{depth:,}",
            f"{best.rate:.0f}",
            f"{best.rate / first.rate:.2f}",
            f"{best.cpu:.2f}",
            f"{cpu:.2f}",
            f"{best.memory:.0f}",
            f"{memory:.2f}",
            f"{statistics.median(one.end for one in windows):.1f}",
        )
    Console().print(table)
    Console().print(
        f"CPU and memory within {FLAT:.0%} of the first: {'held' if flat else 'MISSED'}"
    )
    return 0 if flat else 1


if __name__ == "__main__":
    raise SystemExit(printing(main))
