"""`make run` has shown everything once each stage has its lines, in whatever order they come."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from rich.console import Console

from local.stages import StageLine
from local.view import Stages

NOW = datetime(2026, 11, 1, tzinfo=UTC)
EXPECTED = {"process": 1, "charge": 0, "deliver-slack": 2}
PROCESSED = ("process", "paypal-1", "applied")
TOLD = ("deliver-slack", "paypal-1", "payment.succeeded delivered")
INVOICED = ("deliver-slack", "paypal-1", "invoice.paid delivered")
REFUSED = ("deliver-slack", "paypal-1", "retry")


@pytest.mark.parametrize(
    ("lines", "complete"),
    [
        ([TOLD, INVOICED], False),
        ([TOLD, INVOICED, PROCESSED], True),
        ([PROCESSED, REFUSED, TOLD], False),
        ([PROCESSED, TOLD, TOLD], False),
    ],
    ids=["the last stage first", "all", "a retry", "twice the same"],
)
async def test_all_is_shown_once_every_stage_has_its_lines(
    lines: list[tuple[str, str, str]], complete: bool
) -> None:
    shown = Stages(Console(file=io.StringIO()), EXPECTED, NOW)

    async def said() -> AsyncIterator[StageLine]:
        for where, entity, outcome in lines:
            yield StageLine(NOW, where, entity, outcome, 1.0)

    await shown.follow(said())

    assert complete is shown.complete.is_set()


async def test_where_nothing_is_expected_nothing_is_waited_for() -> None:
    assert Stages(Console(file=io.StringIO()), {"process": 0}, NOW).complete.is_set()
