"""What an answer of PayPal's API says, programmed against status and issue, never the prose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from penstock.api import GatewayUnavailable, Response
from penstock_paypal import shapes

# PayPal's own sample waits so long where it is told nothing (developer.paypal.com rate-limiting).
AFTER_429 = 30.0
LONGEST_WAIT = 900.0
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Besides 5xx: may pass by itself. A 401 that outlived a fresh token is for people to mend.
_PASSING = frozenset({401, 408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One answer of the API.

    Attributes:
        data: its body; empty where that is no JSON object (an edge proxy's page, or nothing).
        issues: PayPal's codes for what is wrong: the error's name and each detail's issue.
        debug_id: PayPal's name for the request; support asks for it.
        wait: seconds to wait, if PayPal named them.
    """

    status: int
    data: Mapping[str, Any] = field(repr=False)
    issues: tuple[str, ...]
    debug_id: str | None
    wait: float | None

    @classmethod
    def of(cls, response: Response, now: datetime) -> Answer:
        """Read a response, whatever it holds."""
        data: Mapping[str, Any] = {}
        with suppress(ValueError):
            data = shapes.parse(response.body)
        names = [data.get("name"), data.get("error")]
        details = [shapes.at(one, "issue") for one in shapes.sequence(data.get("details"))]
        debug_id = _code(data.get("debug_id")) or _code(response.headers.get("paypal-debug-id"))
        issues = dict.fromkeys(code for one in [*details, *names] if (code := _code(one)))
        refused = response.status >= 400
        wait = retry_after(response, now)
        return cls(response.status, data, tuple(issues) if refused else (), debug_id, wait)

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """Whether PayPal knows no such thing."""
        return self.status == 404 or (not self.ok and "INVALID_RESOURCE_ID" in self.issues)

    @property
    def passing(self) -> bool:
        """Whether it may be otherwise later."""
        return self.status in _PASSING or self.status >= 500 or self.status < 400

    @property
    def why(self) -> str:
        """The refusal for people: PayPal's codes."""
        return f"{self.status} {', '.join(self.issues)}".strip()

    def unavailable(self, what: str) -> GatewayUnavailable:
        """The error for an answer that may be otherwise later."""
        return GatewayUnavailable(f"PayPal, {what}: {self.why}", retry_after=self.wait)


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds the answer says to wait, as a number or a date (RFC 9110, 10.2.3); capped."""
    value = response.headers.get("retry-after", "").strip()
    seconds = AFTER_429 if response.status == 429 else None
    if value.isascii() and value.isdigit() and len(value) < 10:
        seconds = float(value)
    elif value:
        with suppress(ValueError, OverflowError):
            until = parsedate_to_datetime(value)
            until = until if until.tzinfo else until.replace(tzinfo=UTC)
            seconds = max(0.0, (until - now).total_seconds())
    return None if seconds is None else min(seconds, LONGEST_WAIT)


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None
