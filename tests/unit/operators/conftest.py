"""The operator's desk, and a sink to replay to."""

from __future__ import annotations

import pytest

from tests.unit.operators.desk import Desk
from tests.unit.operators.office import Office
from tests.unit.operators.replaying import Sink


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def sink() -> Sink:
    return Sink()
