"""The operator's desk."""

from __future__ import annotations

import pytest

from tests.unit.operators.desk import (
    Desk,
)


@pytest.fixture
def desk() -> Desk:
    return Desk()
