"""A host of `penstock serve` goes by the settings that the stack's functions go by."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from infra.graph.capture import GraphMonitor
from infra.graph.program import run, stack_config
from penstock.entrypoints.cli.stack import Stack

CONFIG: Mapping[str, Any] = {
    **stack_config("dev"),
    "pages": {
        "brand": "The Corner Shop",
        "language": "zh-TW",
        "supportUrl": "https://shop.example.com/help",
        "continueUrl": "https://shop.example.com/account",
    },
    "access": {"graceDays": 9, "afterRefund": "keep", "duringDispute": "keep"},
    "retentionDays": 400,
    "operationsApi": True,
}
OF_ONE_FUNCTION = (
    *("SQS_QUEUE_URL", "SQS_DLQ_QUEUE_URL", "SQS_MAX_NUMBER_OF_MESSAGES"),
    *("PENSTOCK_SINK", "PENSTOCK_SINKS"),
)
"""What names the one queue and the one sink that a function works for: `serve` has all."""
READ: Mapping[str, Callable[[str], Any]] = {
    "PENSTOCK_GATEWAYS": lambda text: set(text.split(",")),
    "PENSTOCK_DEAD_LETTER_QUEUES": json.loads,
}
"""Of those whose order says nothing."""


def test_both_hosts_read_the_same_settings(bundles: Path) -> None:
    """
    A payment is decided alike whichever host decides, and its request is the same to a gateway.

    A gateway refuses a key under which something else was asked for before, such as another brand.
    """
    monitor = GraphMonitor()
    exports = run(monitor, "dev", {**CONFIG, "bundles": str(bundles)})
    served = Stack("dev", exports).environ()

    differing = {
        f"{one.name}: {name}"
        for one in monitor.graph
        if one.type == "aws:lambda/function:Function"
        for name, value in one.inputs["environment"]["variables"].items()
        if name not in OF_ONE_FUNCTION and not same(name, value, served.get(name))
    }

    assert set() == differing


def same(name: str, value: str, served: str | None) -> bool:
    """Whether two texts of a variable say the same."""
    read = READ.get(name, str)
    return served is not None and read(value) == read(served)
