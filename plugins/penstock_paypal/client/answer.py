"""What an answer of PayPal's API says, programmed against status and issue, never the prose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.api import GatewayUnavailable, Response, Unconfirmable, retry_after
from penstock_paypal import shapes

# PayPal's own sample waits so long where it is told nothing (developer.paypal.com rate-limiting).
AFTER_429 = 30.0
LONGEST_WAIT = 900.0
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# For people to mend, at the gateway or in the secret: what waits for it is not lost.
_DENIED = frozenset({401, 403})
# Besides 5xx: may pass by itself, or once somebody has mended it.
_PASSING = _DENIED | {408, 409, 425, 429}


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One answer of the API.

    Attributes:
        data: its body; empty where that is no JSON object (an edge proxy's page, or nothing).
        json: whether it was one.
        issues: PayPal's codes for what is wrong: the error's name and each detail's issue.
        debug_id: PayPal's name for the request; support asks for it.
        wait: seconds to wait, if PayPal named them.
    """

    status: int
    data: Mapping[str, Any] = field(repr=False)
    json: bool
    issues: tuple[str, ...]
    debug_id: str | None
    wait: float | None

    @classmethod
    def of(cls, response: Response, now: datetime) -> Answer:
        """Read a response, whatever it holds."""
        data: Mapping[str, Any] | None = None
        with suppress(ValueError):
            data = shapes.parse(response.body)
        said = data or {}
        codes = [shapes.at(one, "issue") for one in shapes.sequence(said.get("details"))]
        codes += [said.get("name"), said.get("error")]
        issues = dict.fromkeys(code for one in codes if (code := _code(one)))
        return cls(
            response.status,
            said,
            data is not None,
            tuple(issues) if response.status >= 400 else (),
            _code(said.get("debug_id")) or _code(response.headers.get("paypal-debug-id")),
            wait(response, now),
        )

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """Whether PayPal knows no such thing."""
        return self.status == 404 or (not self.ok and "INVALID_RESOURCE_ID" in self.issues)

    @property
    def denied(self) -> bool:
        """Whether our credentials, or what they may do, are not as they should be."""
        return self.status in _DENIED

    @property
    def throttled(self) -> bool:
        """Whether PayPal says that we ask too much."""
        return self.status == 429 or (not self.ok and "RATE_LIMIT_REACHED" in self.issues)

    @property
    def passing(self) -> bool:
        """Whether it may be otherwise later."""
        named = self.status in _PASSING or self.throttled
        return named or self.status >= 500 or self.status < 400

    @property
    def why(self) -> str:
        """The refusal for people: PayPal's codes."""
        return f"{self.status} {', '.join(self.issues)}".strip()

    def unread(self, what: str) -> GatewayUnavailable | Unconfirmable:
        """The error for a question that was not answered: asked again later, or never."""
        if self.passing:
            return self.unavailable(what)
        return Unconfirmable(f"PayPal, {what}: {self.why}")

    def unavailable(self, what: str) -> GatewayUnavailable:
        """The error for an answer that may be otherwise later."""
        return GatewayUnavailable(f"PayPal, {what}: {self.why}", retry_after=self.wait)


def wait(response: Response, now: datetime) -> float | None:
    """Seconds to wait as the answer names them, within reason."""
    named = retry_after(response, now)
    if named is None:
        return AFTER_429 if response.status == 429 else None
    return min(named, LONGEST_WAIT)


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None
