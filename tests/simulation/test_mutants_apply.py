"""Each fault of the list can be put into the code as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import MUTANTS

_CODE = Path(__file__).parents[2] / "runtime" / "penstock"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda one: one.name)
def test_the_text_that_a_mutant_replaces_is_in_the_code_once(mutant: Mutant):
    assert 1 == (_CODE / mutant.file).read_text().count(mutant.before)
