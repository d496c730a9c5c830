"""Jitter: no two that were turned away at once come back at once, and none too early."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from penstock.adapters.ids import RandomIds
from penstock.testing.clock import NOON
from penstock.testing.http import response
from penstock_paypal.client.pace import Pace


@dataclass(frozen=True)
class SameId:
    """Ids that are always the same one."""

    id: str

    def new(self) -> str:
        return self.id


LEAST = SameId("")  # Its checksum is 0.


@pytest.mark.parametrize(("named", "seconds"), [("0", 0), ("7", 7), ("901", 900)])
def test_the_least_jitter_is_none(named: str, seconds: float) -> None:
    answer = response(429, b"", {"retry-after": named})

    assert seconds == Pace(LEAST).wait(answer, NOON, throttled=True)


@pytest.mark.parametrize(("named", "most"), [(0, 1), (2, 3), (8, 10), (900, 1125)])
def test_a_wait_is_never_shorter_and_at_most_a_quarter_longer(named: int, most: int) -> None:
    pace = Pace(RandomIds())
    answer = response(503, b"", {"retry-after": str(named)})
    waits = [pace.wait(answer, NOON, throttled=False) or 0 for _ in range(200)]

    assert all(named <= wait < most for wait in waits)
    # They come back spread over the whole of it.
    assert max(waits) - min(waits) > 0.8 * (most - named)


def test_no_wait_is_made_up_for_an_answer_that_names_none() -> None:
    assert Pace(LEAST).wait(response(503), NOON, throttled=False) is None
    assert 30 == Pace(LEAST).wait(response(429), NOON, throttled=True)
