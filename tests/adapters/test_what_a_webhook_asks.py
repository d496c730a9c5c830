"""The bill's figures are what the code really asks of AWS: exactly its calls, nearly its bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import reduce
from operator import add

import pytest

from infra.bill.traffic import KINDS, Asked
from tests.adapters.bench import Bench
from tests.adapters.metering import UNIT, Line, Meter, Signed, line

NAMES = [one.name for one in fields(Asked)]
# Times, ports and random names differ from run to run.
NEARLY = 0.04


async def webhook(kind: str, made: Line) -> Signed:
    """One of a kind; what must have been before it has been."""
    match kind:
        case "sale":
            return (await made.signed())[0]
        case "duplicate":
            first, again = await made.signed(copies=2, own_transmissions=True)
            await made.through(first)
            return again
        case "refund":
            (sale,) = await made.signed()
            await made.through(sale)
            of_it = {"resource.sale_id": json.loads(sale[1])["resource"]["id"]}
            return (await made.signed(event_type="PAYMENT.SALE.REFUNDED", set=of_it))[0]
        case "ignored":
            return (await made.signed(event_type="BILLING.SUBSCRIPTION.UPDATED"))[0]
        case "forged":
            return (await made.signed(forge=True))[0]
        case "refused":
            headers, body = (await made.signed())[0]
            return {k: v for k, v in headers.items() if k != "paypal-transmission-sig"}, body
        case _:
            raise ValueError(f"nobody has said how to make a webhook that is {kind}")


async def counted(kind: str, bench: Bench) -> Mapping[str, Meter]:
    """What one of a kind asks, once every sandbox has its token and the day its note."""
    async with line(bench) as made:
        await made.through((await made.signed())[0])
        return await made.through(await webhook(kind, made))


@pytest.mark.parametrize("kind", KINDS)
async def test_a_webhook_asks_of_aws_what_the_bill_says(kind: str, moto_bench: Bench):
    meters = await counted(kind, moto_bench)
    said = {name: asdict(KINDS[kind].asked.get(name, Asked())) for name in meters}

    for name, meter in meters.items():
        asked = {field: meter.counts[field] for field in NAMES}
        exact = [field for field in NAMES if not field.endswith("_bytes")]
        assert {f: said[name][f] for f in exact} == {f: asked[f] for f in exact}, name
        for field in set(NAMES) - set(exact):
            assert said[name][field] == pytest.approx(asked[field], rel=NEARLY), (name, field)


async def test_what_the_ledger_writes_of_a_sale_is_of_one_unit_each(moto_bench: Bench):
    largest = reduce(
        add, [list(m.largest.items()) for m in (await counted("sale", moto_bench)).values()]
    )

    assert {"state", "event", "seen", "attempt"} == {sort for sort, _ in largest}
    assert [] == [(sort, size) for sort, size in largest if size > UNIT]
