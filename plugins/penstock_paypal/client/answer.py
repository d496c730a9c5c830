"""What an answer of PayPal's API says, programmed against status and issue, never the prose."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from penstock.api import GatewayUnavailable, Response, Unconfirmable
from penstock_paypal import shapes
from penstock_paypal.client.pace import Pace

_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# A JSON pointer, a JSON path or a bare name; what else PayPal writes there may quote the payer.
# Each part begins with a separator: without one a long name could be cut in 2^n ways.
_FIELD = re.compile(r"(?:[$@]?[/.])?([A-Za-z_]\w*(?:(?:[/.]\[?|\[)\w+\]?)*)", re.ASCII)
_LONGEST_FIELD = 128
_RATE_LIMIT = "RATE_LIMIT_REACHED"
# For people to mend, at the gateway or in the secret: what waits for it is not lost.
_DENIED = frozenset({401, 403})
# In addition to 5xx: may pass by itself, or once a person has corrected it.
_PASSING = _DENIED.union({408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """
    One answer of the API.

    Attributes:
        data: its body; empty where that is no JSON object (an edge proxy's page, or nothing).
        json: whether it was one.
        issues: PayPal's codes for what is wrong: the error's name and each detail's issue.
        fields: what is wrong with which field: its name ("subscriber.email_address") and the
            issue, as the details of a 400 or 422 have them.
        debug_id: PayPal's name for the request; support asks for it.
        wait: seconds to wait, if PayPal named them or says that we ask too much; see `Pace`.
    """

    status: int
    data: Mapping[str, Any] = field(repr=False)
    json: bool
    issues: tuple[str, ...]
    fields: tuple[tuple[str, str], ...]
    debug_id: str | None
    wait: float | None

    @classmethod
    def of(cls, response: Response, now: datetime, pace: Pace) -> Answer:
        """Read a response, whatever it holds."""
        data: Mapping[str, Any] | None = None
        with suppress(ValueError):
            data = shapes.parse(response.body)
        said = data or {}
        refused = response.status >= 400
        details = shapes.sequence(said.get("details")) if refused else ()
        codes = [*(shapes.at(one, "issue") for one in details), said.get("name")]
        codes.append(said.get("error"))
        issues = dict.fromkeys(code for one in codes if (code := _code(one)))
        throttled = response.status == 429 or (refused and _RATE_LIMIT in issues)
        return cls(
            response.status,
            said,
            data is not None,
            tuple(issues) if refused else (),
            tuple(dict.fromkeys(field for one in details if (field := _field(one)))),
            _code(said.get("debug_id")) or _code(response.headers.get("paypal-debug-id")),
            pace.wait(response, now, throttled=throttled),
        )

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def missing(self) -> bool:
        """Whether there is no such thing, by PayPal's word or by a proxy's page."""
        return self.status == 404 or "INVALID_RESOURCE_ID" in self.issues

    @property
    def absent(self) -> bool:
        """Whether PayPal itself says so. A verdict about money rests on nothing less."""
        return self.missing and self.json

    @property
    def denied(self) -> bool:
        """Whether our credentials, or what they may do, are not as they should be."""
        return self.status in _DENIED

    @property
    def throttled(self) -> bool:
        """Whether PayPal says that we ask too much."""
        return self.status == 429 or _RATE_LIMIT in self.issues

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
        return Unconfirmable(self._told(what))

    def unavailable(self, what: str) -> GatewayUnavailable:
        """The error for an answer that may be otherwise later."""
        return GatewayUnavailable(self._told(what), retry_after=self.wait)

    def _told(self, what: str) -> str:
        # Not part of `why`: a reason that is published again whenever it changes must not differ
        # from one attempt to the next.
        support = f" (debug_id {self.debug_id})" if self.debug_id else ""
        return f"PayPal, {what}: {self.why}{support}"


def _code(value: object) -> str | None:
    return value if isinstance(value, str) and _CODE.fullmatch(value) else None


def _field(detail: object) -> tuple[str, str] | None:
    """A detail's field and issue; a pointer such as /subscriber/name becomes subscriber.name."""
    where, issue = shapes.text(detail, "field"), _code(shapes.at(detail, "issue"))
    if where is None or issue is None or len(where) > _LONGEST_FIELD:
        return None
    found = _FIELD.fullmatch(where)
    return (found[1].replace("/", "."), issue) if found else None
