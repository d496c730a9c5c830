"""
`python -m tests.adapters.counting`: what each kind of webhook asks of AWS, counted, into the
bill's table (`infra/bill/traffic.json`).
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import boto3
import structlog
from moto import mock_aws

from infra.bill.traffic import KINDS, TABLE, Asked
from penstock.adapters.aws.clients import Clients
from tests.adapters.bench import Bench
from tests.adapters.metering import Line, Meter, Signed, line

FIELDS = [one.name for one in fields(Asked)]


@dataclass(frozen=True)
class Counted:
    """What one webhook asked, and the types of the events it published."""

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


async def webhook(kind: str, made: Line) -> Signed:
    """One of a kind, after what comes before it."""
    match kind:
        case "sale":
            return (await made.signed())[0]
        case "renewal":
            (first,) = await made.signed()
            await made.through(first)
            agreement = json.loads(first[1])["resource"]["billing_agreement_id"]
            return (await made.signed(set={"resource.billing_agreement_id": agreement}))[0]
        case "duplicate":
            first, again = await made.signed(copies=2, own_transmissions=True)
            await made.through(first)
            return again
        case "refund":
            (sale,) = await made.signed()
            await made.through(sale)
            of_it = {"resource.sale_id": json.loads(sale[1])["resource"]["id"]}
            return (await made.signed(event_type="PAYMENT.SALE.REFUNDED", set=of_it))[0]
        case "recorded":
            return (await made.signed(event_type="BILLING.PLAN.UPDATED"))[0]
        case "revised":
            return (await made.signed(event_type="BILLING.SUBSCRIPTION.UPDATED"))[0]
        case "forged":
            return (await made.signed(forge=True))[0]
        case "refused":
            headers, body = (await made.signed())[0]
            return {k: v for k, v in headers.items() if k != "paypal-transmission-sig"}, body
        case _:
            raise ValueError(f"there is no way to make a webhook of kind {kind}")


async def counted(kind: str, bench: Bench) -> Counted:
    """
    What one of a kind asks, once every sandbox has its token and the day its note.

    Within one minute: the `due` index holds whole minutes, and an entry that moves costs more.
    """
    async with line(bench) as made:
        await made.through((await made.signed())[0])
        while True:
            began = _minute()
            told = Counted(await made.through(await webhook(kind, made)))
            if began == _minute():
                return told


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
    handlers, level = logging.root.handlers, logging.root.level
    for number, kind in enumerate(KINDS):
        with mock_aws():
            session = boto3.Session("test", "test", region_name="us-east-1")
            clients = Clients(calls=4, polls=1, session=session)
            told = asyncio.run(counted(kind, Bench(clients, number)))
            clients.close()
        table[kind] |= {"events": told.events, "asked": rendered(told)}
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level
    TABLE.write_text(json.dumps(table, indent=2) + "\n")
    print(f"penstock: counted {', '.join(KINDS)}; see infra/bill/traffic.json")


if __name__ == "__main__":
    main()
