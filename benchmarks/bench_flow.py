"""
From a webhook to Slack, on the local platform, warm: `make bench-flow`.

Every webhook is a sale of its own, one after the other, through the real zips: HTTP API, receive,
verify, process with its re-read of the sale, events, deliver. While one is measured, the invoice
of the one before it is still being made. The clock starts when the door has answered 200 and
ends when the Slack stand-in has the message; it also starts once when the webhook is sent.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from datetime import UTC, datetime

import aiohttp
from rich.console import Console
from rich.table import Table

from local.emulator import ROOT
from local.platform import Platform, platform, settings
from local.workspace import Workspace

WEBHOOKS = 200
WARM_UP = 10
MEDIAN_MS, P99_MS = 300.0, 1000.0
_WITHIN_SECONDS = 30.0
_POLL_SECONDS = 0.01


async def main() -> int:
    """Measure, print, and say by the exit code whether the targets hold."""
    console = Console()
    with console.status("Starting the platform …"):
        starting = platform(Workspace(ROOT / ".penstock" / "bench"), settings())
        running = await starting.__aenter__()
    try:
        async with aiohttp.ClientSession() as http:
            for _ in range(WARM_UP):
                await one(running, http)
            measured = [await one(running, http) for _ in range(WEBHOOKS)]
    finally:
        await starting.__aexit__(None, None, None)
    accepted, sent = zip(*measured, strict=True)
    return report(console, list(accepted), list(sent))


async def one(running: Platform, http: aiohttp.ClientSession) -> tuple[float, float]:
    """Milliseconds until Slack had it, from the door's answer and from the sending."""
    slack = running.simulators["slack"].url
    await http.delete(f"{slack}/messages")
    order = {
        "event_type": "PAYMENT.SALE.COMPLETED",
        "target": f"{running.api_url}/webhooks/paypal",
    }
    sent = datetime.now(UTC)
    control = f"{running.simulators['paypal'].url}/_simulator/webhooks"
    async with http.post(control, json=order) as answer:
        webhook = await answer.json()
    accepted = datetime.now(UTC)
    if webhook["answers"] != [202]:
        raise RuntimeError(f"the webhook was answered with {webhook['answers']}")
    async with asyncio.timeout(_WITHIN_SECONDS):
        arrived = await _arrival(http, slack, webhook["resource_id"])
    return (arrived - accepted).total_seconds() * 1000, (arrived - sent).total_seconds() * 1000


async def _arrival(http: aiohttp.ClientSession, slack: str, sale: str) -> datetime:
    """When Slack had the message; the stand-in notes the time, so polling costs no accuracy."""
    while True:
        async with http.get(f"{slack}/messages") as answer:
            for message in await answer.json():
                text = json.dumps(message)
                if sale in text and "payment.succeeded" in text:
                    return datetime.fromisoformat(message["received_at"])
        await asyncio.sleep(_POLL_SECONDS)


def report(console: Console, accepted: list[float], sent: list[float]) -> int:
    """Print both, and compare the first with the targets."""
    table = Table("from", "median ms", "p99 ms", "slowest ms", title=f"{WEBHOOKS} webhooks")
    for name, times in (("accepted", accepted), ("sent", sent)):
        table.add_row(
            name, f"{statistics.median(times):.0f}", f"{_p99(times):.0f}", f"{max(times):.0f}"
        )
    console.print(table)
    good = statistics.median(accepted) < MEDIAN_MS and _p99(accepted) < P99_MS
    console.print(
        f"targets, from accepted: median < {MEDIAN_MS:.0f} ms, p99 < {P99_MS:.0f} ms: "
        f"{'held' if good else 'MISSED'}"
    )
    return 0 if good else 1


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[98]


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
