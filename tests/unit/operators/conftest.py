"""The operator's desk."""

from __future__ import annotations

import pytest

from tests.unit.operators.desk import Desk
from tests.unit.operators.office import Office


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def office() -> Office:
    return Office()
