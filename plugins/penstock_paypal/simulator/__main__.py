"""
A simulated PayPal by itself.

    python -m penstock_paypal.simulator [--port N] [--webhook-url URL] [--folder FOLDER]

prints one line of JSON (`url`, `client_id`, `client_secret`, `webhook_id`) and serves until it
gets SIGTERM or SIGINT.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import tempfile
from pathlib import Path

from penstock_paypal.simulator.notifications.registry import may_be_called
from penstock_paypal.simulator.serving import running


async def _serve(folder: Path, port: int, webhook_url: str | None) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stopped.set)
    async with running(folder, port, webhook_url) as access:
        print(json.dumps(access.document()), flush=True)
        await stopped.wait()


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m penstock_paypal.simulator")
    parser.add_argument("--port", type=int, default=0, help="a free one by default")
    parser.add_argument("--webhook-url", help="registered for all events")
    parser.add_argument("--folder", type=Path, help="keeps keys and credentials for the next run")
    told = parser.parse_args()
    if told.webhook_url is not None and not may_be_called(told.webhook_url):
        parser.error("--webhook-url must be https on port 443, or http://127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="paypal-simulator-") as temporary:
        folder = told.folder or Path(temporary)
        try:
            asyncio.run(_serve(folder, told.port, told.webhook_url))
        except OSError as exc:
            parser.exit(1, f"the simulator cannot serve on port {told.port}: {exc.strerror}\n")


if __name__ == "__main__":
    main()
