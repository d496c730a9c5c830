"""The OAuth token: to the second, how long it is used, and which answers bring one."""

from __future__ import annotations

import pytest

from penstock.api import HttpNotSent
from penstock.testing.clock import FrozenClock
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog
from penstock.testing.http import response
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from tests.plugins.paypal.fakes import ToldHttp
from tests.plugins.paypal.told import API, SECRET, TOKEN, granted

DAY = 24 * 3600


def tokens(clock: FrozenClock, http: ToldHttp) -> Tokens:
    """The client's tokens, over an address that answers as told."""
    secrets, pace = FixedSecrets(SECRET), Pace(CountingIds())
    return Tokens(API, secrets, http, clock, pace, RecordingLog(), timeout=1.0, gateway="paypal")


@pytest.mark.parametrize(
    ("life", "seconds"),
    [
        (3600, 3300),
        (32_400, 32_100),
        (601, 301),
        (600, 300),
        (599, 299.5),
        (10, 5),
        (DAY, DAY - 300),
        (DAY + 1, DAY - 300),
        (10 * DAY, DAY - 300),
    ],
)
async def test_a_token_is_used_until_five_minutes_before_its_end_or_for_half_its_life(
    life: int, seconds: float
) -> None:
    """
    Whichever is longer, and for a day at most, whatever PayPal says.
    """
    clock, http = FrozenClock(), ToldHttp({TOKEN: granted(life)})
    kept = tokens(clock, http)
    await kept.get()
    clock.advance(seconds - 0.25)
    await kept.get()

    assert 1 == len(http.asked)
    clock.advance(0.25)
    await kept.get()

    assert 2 == len(http.asked)


@pytest.mark.parametrize("status", [199, 201, 202, 302, 403, 404, 500, 503])
async def test_only_an_answer_of_200_brings_a_token(status: int) -> None:
    answer = response(status, {"access_token": "A21AA", "expires_in": 32_400})
    http = ToldHttp({TOKEN: answer})

    with pytest.raises(HttpNotSent, match=f"no token: PayPal answered {status}$"):
        await tokens(FrozenClock(), http).get()
