"""A ledger that is put back by an hour repeats no charge, no invoice and no refund."""

from __future__ import annotations

import pytest

from tests.simulation.restoring import restored

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("gateway", "seed"), [("example", 1), ("example", 2), ("paypal", 1)])
def test_nothing_is_charged_invoiced_or_sent_back_twice(gateway: str, seed: int) -> None:
    """
    The backend repeats the requests of the lost hour, and the books agree to the minor unit.
    """
    outcome = restored(seed, gateway)

    assert [] == outcome.findings
    assert outcome.counts["moves"] > 20
