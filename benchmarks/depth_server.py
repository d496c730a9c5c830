"""What bench-depth watches: `penstock serve` as it is, on the stack that a file describes."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

from penstock import observability
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.serve.host import serve


def main() -> None:
    """Serve until told to stop."""
    stack = Stack("local", json.loads(Path(sys.argv[1]).read_bytes()))
    stack.enter(os.environ)
    observability.configure("INFO")

    def ready(_: str) -> None:
        """Nobody waits for it: the queue hears of it first."""

    asyncio.run(serve(stack.platform(), [], host="127.0.0.1", port=0, ready=ready))


if __name__ == "__main__":
    main()
