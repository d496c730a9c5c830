"""A client of PayPal's API, and what it was asked."""

from __future__ import annotations

from typing import Any

from penstock.api import Response
from penstock.testing.clock import FrozenClock
from penstock.testing.context import CountingIds, FixedSecrets, RecordingLog
from penstock_paypal.client.api import Api
from penstock_paypal.client.pace import Pace
from penstock_paypal.client.token import Tokens
from tests.plugins.paypal.told import API, SECRET, granted


class Asked:
    """A port that keeps everything it is asked and gives one answer; tokens are granted."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.tokens = 0
        self.requests: list[dict[str, Any]] = []

    async def request(self, method: str, url: str, **more: Any) -> Response:
        if url.endswith("/oauth2/token"):
            self.tokens += 1
            return granted()
        self.requests.append({"method": method, "url": url, **more})
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def api(http: Any, log: RecordingLog | None = None, secrets: Any = None) -> Api:
    clock, log, pace = FrozenClock(), log or RecordingLog(), Pace(CountingIds())
    tokens = Tokens(API, secrets or FixedSecrets(SECRET), http, clock, pace, log, 4.0, "paypal")
    return Api(API, tokens, http, clock, pace, log, 5.0, "paypal")
