"""Who calls our API: the token that was sent, the client it belongs to, and what it may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Scope(StrEnum):
    """What a token may do. No scope includes another."""

    read = "read"
    """Read payments, events and what else is shown."""
    pay = "pay"
    """Ask for payments."""
    operate = "operate"
    """Run operators' commands."""


READ_AND_PAY = frozenset({Scope.read, Scope.pay})
"""The scopes of a token that names none, and of the tokens from before there were scopes."""
USES_NOTED_EVERY = timedelta(hours=1)
"""How often a token's last use is written at most."""
DEFAULT_CLIENT = "default"
"""The client of the tokens from before there were clients."""


@dataclass(frozen=True, slots=True)
class Caller:
    """
    Who sent a request, as its token says.

    Attributes:
        client: the system that the token belongs to. A client has several tokens over time, and
            one namespace of Idempotency-Keys.
    """

    token_id: str
    client: str
    scopes: frozenset[Scope]
