"""
What reading a request under the contract costs: `make bench-validation`.

The body of POST /payments, 277 bytes, against a pydantic model of the same fields, limits and
patterns; pydantic reads JSON itself and takes a name that is there twice, ours refuses it. The
whole check (the header, the media type, the body) is shown beside it. Cases are interleaved, in
CPU time; a ratio is taken per round. Start-up is everything from the packaged contract to the
compiled checks of the operation that is called.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from rich.console import Console
from rich.table import Table

from infra.printing import printing
from penstock.contracts import Contract, load, loads

ROUNDS = 101
CALLS = 400
STARTS = 21
TARGET = 1.5
START_MS = 5.0
HEADERS = {"content-type": "application/json", "idempotency-key": "0b9c2625-dc21-41ab"}
REQUEST = {
    "provider": "example",
    "order": {
        "amount": 1250,
        "currency": "USD",
        "reference": "order-4711",
        "description": "Gold plan, March",
        "payer": {
            "reference": "customer-42",
            "name": "Ada Lovelace",
            "email": "ada@example.com",
        },
        "metadata": {"shop": "berlin", "campaign": "spring newsletters of Berlin!"},
    },
}
BODY = json.dumps(REQUEST, separators=(",", ":")).encode()

Text = Annotated[str, Field(min_length=1, max_length=255)]
Key = Annotated[str, Field(min_length=1, max_length=40)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Payer(_Closed):
    """Who pays."""

    reference: Text | None = None
    name: Text | None = None
    email: Text | None = None


class Order(_Closed):
    """What is paid for."""

    amount: int = Field(ge=1, le=10**15)
    currency: str = Field(pattern="^[A-Z]{3}$")
    reference: Text | None = None
    description: Text | None = None
    payer: Payer | None = None
    metadata: Annotated[dict[Key, Text], Field(max_length=20)] = {}


class Request(_Closed):
    """The body."""

    provider: str = Field(pattern="^[a-z][a-z0-9]{0,29}$")
    order: Order


def main() -> int:
    """Print the table; exit 1 when the body's median ratio or the start misses its target."""
    checks = load().operations["createPayment"].checks
    schema = checks.body
    if schema is None:
        raise AssertionError("createPayment has a body")

    def body() -> None:
        if not schema.is_valid(loads(BODY)):
            raise AssertionError("the body keeps to the contract")

    cases: dict[str, Callable[[], object]] = {
        "body": body,
        "whole request": lambda: checks(path={}, query=(), headers=HEADERS, body=BODY),
        "pydantic": lambda: Request.model_validate_json(BODY),
    }
    took: dict[str, list[float]] = {name: [] for name in cases}
    for round_ in range(ROUNDS + 1):
        for name, work in cases.items():
            began = process_time()
            for _ in range(CALLS):
                work()
            if round_:
                took[name].append((process_time() - began) / CALLS)
    start = statistics.median(starts())
    ratio = report(took, start)
    return int(ratio > TARGET or start > START_MS)


def starts() -> list[float]:
    """Milliseconds of CPU from the packaged contract to the checks of the first request."""
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        packaged = Path(folder, "api.json")
        packaged.write_text(json.dumps(load().document))
        for _ in range(STARTS):
            began = process_time()
            contract = Contract(json.loads(packaged.read_bytes()), Path(folder))
            if contract.operations["createPayment"].checks.body is None:
                raise AssertionError("createPayment has a body")
            took.append((process_time() - began) * 1000)
    return took


def report(took: dict[str, list[float]], start: float) -> float:
    """Print the table; the body's median ratio."""
    title = f"{len(BODY)} bytes; start-up {start:.1f} ms (≤ {START_MS:.0f})"
    table = Table("case", "us CPU", "ratio", "quartiles", "target", title=title)
    for name, times in took.items():
        ratios = [one / other for one, other in zip(times, took["pydantic"], strict=True)]
        low, middle, high = statistics.quantiles(ratios, n=4)
        target = f"≤ {TARGET}" if name == "body" else ""
        spread = f"{low:.2f}-{high:.2f}"
        table.add_row(
            name, f"{statistics.median(times) * 1e6:.1f}", f"{middle:.2f}", spread, target
        )
    Console().print(table)
    pairs = zip(took["body"], took["pydantic"], strict=True)
    return statistics.median(ours / theirs for ours, theirs in pairs)


if __name__ == "__main__":
    raise SystemExit(printing(main))
