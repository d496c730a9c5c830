"""The plugin over an HTTP port that answers as told, a token already granted."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any

from penstock.testing.clock import FrozenClock
from penstock.testing.context import FixedSecrets, RecordingLog, context
from penstock.testing.http import response
from penstock_paypal.gateway import PayPal
from penstock_paypal.settings import PayPalSettings
from tests.plugins.paypal.fakes import Answer, ToldHttp

API = "https://api-m.sandbox.paypal.com"
TOKEN = f"{API}/v1/oauth2/token"
SECRET = {"client_id": "client", "client_secret": "hunter2", "webhook_id": "40L71081MK3756722"}


def jittered(seconds: float) -> float:
    """The wait with the jitter of the first id that a test's `Ids` gives."""
    return seconds + max(seconds / 4, 1) * zlib.crc32(b"id-1") / 2**32


def granted(life: int = 32_400) -> Any:
    """A token as PayPal grants it."""
    return response(200, {"access_token": "A21AA", "token_type": "Bearer", "expires_in": life})


@dataclass
class Told:
    """
    PayPal's sandbox as the test says it is.

    Attributes:
        http: its answers by address; the token is granted unless the test says otherwise.
    """

    http: ToldHttp = field(default_factory=lambda: ToldHttp({TOKEN: granted()}))
    clock: FrozenClock = field(default_factory=FrozenClock)
    log: RecordingLog = field(default_factory=RecordingLog)
    secrets: FixedSecrets = field(default_factory=lambda: FixedSecrets(SECRET))

    def __post_init__(self) -> None:
        self.paypal = PayPal(
            context(
                PayPalSettings(environment="sandbox", extra_certificates=""),
                secrets=self.secrets,
                clock=self.clock,
                http=self.http,
                log=self.log,
            )
        )

    def at(self, path: str, *answers: Answer) -> None:
        """Answer so at a path of the API, one after the other; the last one stays."""
        self.http.answers[API + path] = list(answers)

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What the API was asked, tokens left out."""
        return [(m, url.removeprefix(API)) for m, url in self.http.asked if url != TOKEN]

    @property
    def tokens(self) -> int:
        """How often a token was asked for."""
        return sum(1 for _, url in self.http.asked if url == TOKEN)


def problem(status: int, issue: str = "", **headers: str) -> Any:
    """An error as PayPal writes it."""
    body = {"name": "X_NAME", "message": "words", "debug_id": "90957fca61718"}
    details = [{"issue": issue, "description": "words"}] if issue else []
    return response(status, {**body, "details": details}, headers)
