"""
`python -m tests.adapters.counting`: what each kind of webhook, request and payment asks of AWS,
counted, into the bill's table (`infra/bill/traffic.json`).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import boto3
from moto import mock_aws

from infra.bill.traffic import KINDS, TABLE, Asked
from penstock.adapters.aws.clients import Clients
from tests.adapters.acts import act, warm
from tests.adapters.bench import Bench
from tests.adapters.line import line
from tests.adapters.metering import Meter

FIELDS = [one.name for one in fields(Asked)]


@dataclass(frozen=True)
class Counted:
    """What one of a kind asked, and the types of the events it published."""

    meters: Mapping[str, Meter]

    @property
    def events(self) -> list[str]:
        """The types of the published events, in order."""
        return [event for meter in self.meters.values() for event in meter.events]

    def asked(self, function: str) -> dict[str, float]:
        """What a function asked; `deliver`, for one event."""
        counts = self.meters[function].counts
        times = counts["messages"] if function == "deliver" else 1
        return {name: counts[name] / (times or 1) for name in FIELDS}


async def counted(kind: str, bench: Bench) -> Counted:
    """
    What one of a kind asks, once every sandbox has its token and the day its note.

    Within one minute: the `due` index holds whole minutes, and an entry that moves costs more.
    """
    async with line(bench) as made:
        await warm(made)
        while True:
            began = _minute()
            await act(kind, made)
            if began == _minute():
                return Counted(made.asked)


def _minute() -> datetime:
    return datetime.now(UTC).replace(second=0, microsecond=0)


def rendered(told: Counted) -> Mapping[str, Any]:
    """The table's row: bytes rounded to tens, nothing that is zero."""
    found: dict[str, dict[str, float]] = {}
    for function in told.meters:
        asked = told.asked(function)
        row = {n: round(v, -1) if n.endswith("_bytes") else v for n, v in asked.items()}
        if some := {n: int(v) if v == int(v) else v for n, v in row.items() if v}:
            found[function] = some
    return found


def main() -> None:
    """Count every kind of the table again, and write it."""
    table = json.loads(TABLE.read_bytes())
    for number, kind in enumerate(KINDS):
        with mock_aws():
            session = boto3.Session("test", "test", region_name="us-east-1")
            clients = Clients(calls=4, polls=1, session=session)
            told = asyncio.run(counted(kind, Bench(clients, number)))
            clients.close()
        table[kind] |= {"events": told.events, "asked": rendered(told)}
    TABLE.write_text(json.dumps(table, indent=2) + "\n")
    print(f"penstock: counted {', '.join(KINDS)}; see infra/bill/traffic.json")


if __name__ == "__main__":
    main()
