"""A ledger that is put back by an hour repeats no charge, no invoice and no refund."""

from __future__ import annotations

import pytest

from tests.depth import DEEP, LONG
from tests.simulation.restoring import restored

pytestmark = LONG
SEEDS = [("example", 1), ("paypal", 1)]
MORE = [("example", 2)]


@pytest.mark.parametrize(("gateway", "seed"), [*SEEDS, *MORE] if DEEP else SEEDS)
def test_nothing_is_charged_invoiced_or_sent_back_twice(gateway: str, seed: int) -> None:
    """
    The backend repeats the requests of the lost hour, and the books agree to the minor unit.
    """
    outcome = restored(seed, gateway)

    assert [] == outcome.findings
    assert outcome.counts["moves"] > 20
