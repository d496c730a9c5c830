"""The bill's figures are what the code really asks of AWS: exactly its calls, nearly its bytes."""

from __future__ import annotations

from dataclasses import asdict
from functools import reduce
from operator import add

import pytest

from infra.bill.estimate import SCHEDULED
from infra.bill.traffic import KINDS, Asked
from penstock.api import History
from tests.adapters.acts import idle, warm
from tests.adapters.bench import Bench
from tests.adapters.counting import FIELDS, counted
from tests.adapters.line import line
from tests.adapters.metering import UNIT

# Times, ports and random names differ from run to run.
NEARLY = 0.04
EXACT = [name for name in FIELDS if not name.endswith("_bytes")]
MOVED = 2
"""Units of one move in the index of what is due: of a sign-up, PayPal's clock decides on it."""
AGAIN = "run `make traffic` if the code is right: it writes infra/bill/traffic.json"


@pytest.mark.parametrize("kind", list(KINDS))
async def test_one_of_a_kind_asks_of_aws_what_the_bill_says(kind: str, moto_bench: Bench):
    told, said = await counted(kind, moto_bench), KINDS[kind]

    assert list(said.events) == told.events, AGAIN
    assert set(said.asked) <= set(told.meters), AGAIN
    for function in told.meters:
        asked, of_it = told.asked(function), asdict(said.asked.get(function, Asked()))
        for name in EXACT:
            moved = MOVED if kind == "subscription" and name in ("writes", "due_writes") else 0
            assert of_it[name] == pytest.approx(asked[name], abs=moved), (function, name, AGAIN)
        for name in set(FIELDS) - set(EXACT):
            nearly = pytest.approx(asked[name], rel=NEARLY, abs=6)
            assert of_it[name] == nearly, (function, name, AGAIN)


async def test_no_log_line_of_a_function_or_of_its_plugins_goes_uncounted(
    moto_bench: Bench, capsys: pytest.CaptureFixture[str]
):
    await counted("refunding", moto_bench)

    assert "" == capsys.readouterr().out


async def test_what_the_ledger_writes_of_a_sale_is_of_one_unit_each(moto_bench: Bench):
    meters = (await counted("sale", moto_bench)).meters.values()
    largest = reduce(add, [list(meter.largest.items()) for meter in meters])

    assert {"state", "event", "seen", "attempt"} == {sort for sort, _ in largest}
    assert [] == [(sort, size) for sort, size in largest if size > UNIT]


async def test_a_gap_detector_that_finds_nothing_asks_of_aws_what_the_bill_says(
    moto_bench: Bench,
):
    async with line(moto_bench) as made:
        await warm(made)
        counts = (await idle(made)).counts
        listing = sum(isinstance(one, History) for one in made.platform.gateways.values())
    _, said, reads, log_bytes = SCHEDULED["gaps"]

    assert (said.aws_calls, said.requests, said.sends, reads) == tuple(
        counts[name] / listing for name in ("aws_calls", "requests", "sends", "reads")
    )
    assert counts["log_bytes"] / listing <= log_bytes
