"""What a stack can take: each figure of docs/scale.md follows from the graph and from counts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from infra.bill import quotas, scale
from infra.bill.scale import DAYS, PAYMENTS, PEAK, Limit, limits, rows
from infra.bill.traffic import KINDS
from infra.config.project import ROOT
from infra.graph.monitor import Declared
from infra.rules.view import of
from penstock.pipeline import gaps
from penstock.pipeline.windows import walk
from tests.unit.pipeline.acme import NOON
from tests.unit.pipeline.listing import Listing, at, made

Graph = Sequence[Declared]
PAGE = ROOT / "docs" / "scale.md"


@pytest.fixture(scope="module")
def prod(graphs: Mapping[str, Graph]) -> Graph:
    """The stack that the page speaks of."""
    return graphs["prod"]


@pytest.mark.parametrize("kind", PAYMENTS)
def test_the_page_has_every_limit_with_its_figures_the_nearest_first(
    prod: Graph, kind: str
) -> None:
    page = PAGE.read_text()
    _, _, after = page.partition(f"({kind})")
    shown = re.findall(r"^\| .*\d \|$", after.partition("\n## ")[0], re.MULTILINE)

    assert [*rows(prod, kind)] == shown, "run `make scale STACK=prod` and copy its rows"


def test_the_page_names_its_sources() -> None:
    sources = re.findall(r"docs\.[\w./-]+", Path(str(quotas.__file__)).read_text())
    page = PAGE.read_text()

    assert sources
    assert [] == [one for one in sources if one.rstrip(".") not in page]


def test_a_limit_is_used_up_by_as_many_payments_as_it_takes_a_day() -> None:
    refused = Limit("requests", 100, 2, False, "")
    waiting = Limit("batches", 100, 2, True, "")

    assert 1.0 == pytest.approx(refused.used(refused.payments_a_day)[1])
    assert 1.0 == pytest.approx(waiting.used(waiting.payments_a_day)[0])
    assert PEAK == pytest.approx(waiting.payments_a_day / refused.payments_a_day)
    assert float("inf") == Limit("nothing", 1, 0, True, "").payments_a_day


@pytest.mark.parametrize("kind", PAYMENTS)
def test_every_consumer_that_a_payment_passes_is_a_limit(prod: Graph, kind: str) -> None:
    found = {one.what for one in limits(prod, KINDS[kind])}
    passed = {
        f"batches of `{name}`"
        for name in of(prod, "EventSourceMapping")
        if name.partition("-")[0] in KINDS[kind].asked and name != "deliver-email"
    }

    assert passed <= found


async def test_a_request_for_a_list_brings_25_notifications_at_least() -> None:
    """
    A full page is asked for again in halves, so that pages are half full at the worst.
    """
    brought: list[float] = []
    for number in (1601, 2400, 3150):
        step = timedelta(hours=1) / number
        listing = Listing(made=[made(n, NOON + n * step) for n in range(number)])
        async for _ in walk(listing, NOON, at(hours=1)):
            pass
        brought.append(number / len(listing.asked))

    assert scale.PER_LIST_REQUEST == round(min(brought))
    assert max(brought) <= 2 * scale.PER_LIST_REQUEST


def test_the_gap_detector_looks_back_as_far_as_is_reckoned_with() -> None:
    hours = [span / timedelta(hours=1) for span in (gaps.OVERLAP, gaps.FAR, gaps.LOOK_BACK)]

    assert hours == [scale.OVERLAP_HOURS, scale.LOOK_BACK_HOURS, scale.LOOK_BACK_EVERY_HOURS]


def test_the_page_speaks_of_1_and_10_million_payments_a_day() -> None:
    assert (1e6, 1e7) == DAYS
