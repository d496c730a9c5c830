"""The API on both hosts, for the tests that talk to a live port."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.living import Live, living


@pytest.fixture(scope="module")
def live() -> Iterator[Live]:
    """
    The API over the memory adapters, with consumers, sweep and simulators.

    It ends with the module: what it logs at any time would be in what other tests read.
    """
    with living() as made:
        yield made
