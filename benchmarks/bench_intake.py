"""
What a webhook costs the local server: `make bench-intake`.

CPU of `penstock serve`, from the request to its answer (door, deliveries.fifo, a line of log), and
to a notification on verified.fifo in the same process (its consumer, the signature with a known
certificate, another line), against bare aiohttp that reads the body and answers. All get the same
bytes, each delivery once; rounds are interleaved, and the CPU is the server's own.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from benchmarks.signing import Signer
from infra.printing import printing

ROUNDS = 11
REQUESTS = 400
CONNECTIONS = 8
TARGETS = {"verified": 5.0, "answered": 2.5}


class Server:
    """One of the servers, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._host, self._port = "", 0

    @classmethod
    async def start(cls, told: dict[str, Any]) -> Server:
        """Start it; it serves the intake if it is told how to, else it is bare."""
        pipe = asyncio.subprocess.PIPE
        nowhere = asyncio.subprocess.DEVNULL
        command = [sys.executable, "-m", "benchmarks.intake_server"]
        server = cls(
            await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=nowhere, stderr=pipe)
        )
        url = urlsplit(await server._ask(told))
        server._host, server._port = str(url.hostname), int(url.port or 0)
        return server

    async def cpu(self, verified: int) -> float:
        """Seconds of CPU it has used, once it has verified so many."""
        return float(await self._ask(verified))

    async def take(self, requests: Sequence[bytes]) -> None:
        """Have it answer them, over a few connections that are kept."""
        shares = [requests[n::CONNECTIONS] for n in range(CONNECTIONS)]
        await asyncio.gather(*(self._over_one(share) for share in shares))

    async def end(self) -> None:
        """End it."""
        stdin = self._process.stdin
        if stdin:
            stdin.close()
        await self._process.wait()

    async def _ask(self, what: object) -> Any:
        stdin, answers = self._process.stdin, self._process.stderr
        if stdin is None or answers is None:
            raise RuntimeError("the server has no pipes")
        stdin.write(f"{json.dumps(what)}\n".encode())
        line = await answers.readline()
        try:
            return json.loads(line)
        except ValueError as exc:
            raise RuntimeError((line + await answers.read()).decode()[-2000:]) from exc

    async def _over_one(self, requests: Sequence[bytes]) -> None:
        reader, writer = await asyncio.open_connection(self._host, self._port)
        for request in requests:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            if not head.startswith(b"HTTP/1.1 202"):
                raise RuntimeError(f"a webhook was answered with {head.splitlines()[0]!r}")
            length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(length))
        writer.close()


async def measure(signer: Signer) -> Mapping[str, list[float]]:
    """Seconds of CPU a request of each server, by round."""
    told: dict[str, Any] = {
        "certificate": signer.leaf.decode(),
        "secret": dict(signer.told.secret),
        "profile": dict(signer.told.profile),
    }
    servers = {
        "verified": await Server.start({**told, "verifies": True}),
        "answered": await Server.start({**told, "verifies": False}),
        "bare aiohttp": await Server.start({}),
    }
    took: dict[str, list[float]] = {name: [] for name in servers}
    try:
        for round_ in range(ROUNDS + 1):
            first = round_ * REQUESTS
            requests = [_request(signer, number) for number in range(first, first + REQUESTS)]
            for name, server in servers.items():
                to_come = REQUESTS if name == "verified" else 0
                began = await server.cpu(first if to_come else 0)
                await server.take(requests)
                ended = await server.cpu(first + to_come if to_come else 0)
                if round_:
                    took[name].append((ended - began) / REQUESTS)
    finally:
        for server in servers.values():
            await server.end()
    return took


def _request(signer: Signer, number: int) -> bytes:
    headers, body = signer(number)
    lines = ["POST /webhooks/paypal HTTP/1.1", "host: localhost", f"content-length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def main() -> int:
    """Print the table; exit 1 when a median ratio misses its target."""
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(measure(Signer.at("http://localhost:1", Path(folder, "paypal"))))
    table = Table("a webhook is", "us CPU", "ratio", "min-max", "target")
    medians: dict[str, float] = {}
    for name, times in took.items():
        ratios = [one / other for one, other in zip(times, took["bare aiohttp"], strict=True)]
        medians[name] = statistics.median(ratios)
        table.add_row(
            name,
            f"{statistics.median(times) * 1e6:.0f}",
            f"{medians[name]:.2f}",
            f"{min(ratios):.2f}-{max(ratios):.2f}",
            f"≤ {TARGETS[name]}" if name in TARGETS else "",
        )
    Console().print(table)
    return int(any(medians[name] > target for name, target in TARGETS.items()))


if __name__ == "__main__":
    raise SystemExit(printing(main))
