"""The command line as tests run it, and the stack file that it reads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local.emulator import REGION
from tests.contract.cli.running import Ran, run


def penstock(*arguments: str, given: str | None = None) -> Ran:
    return run(arguments, given)


def printed_json(result: Ran) -> Any:
    """The JSON that a command printed: a server in this process may log lines meanwhile."""
    value, _ = json.JSONDecoder().raw_decode(result.stdout, result.stdout.index("{\n"))
    return value


def write(folder: Path, **outputs: Any) -> None:
    stack: dict[str, Any] = {
        "stack": "local",
        "region": REGION,
        "apiUrl": "http://127.0.0.1:1",
        "ledgerTable": "cli-ledger",
        "deliveriesTopicArn": "arn:d",
        "eventsTopicArn": "arn:e",
        "secretsPrefix": "penstock-local",
        "queues": {
            name: {"url": "http://q"}
            for name in ("deliveries", "verified", "rejected", "payments")
        },
        "functions": {},
        "gateways": {"example": {"request_uri": "http://127.0.0.1:1"}},
        "sinks": {},
        "settings": {},
        "protected": False,
    }
    (folder / ".penstock/local/stack.json").write_text(json.dumps({**stack, **outputs}))


Shows = Callable[..., None]
