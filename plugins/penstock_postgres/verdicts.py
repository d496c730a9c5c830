"""
What a failure means for an event: later, soon or once people have acted, or never.

Words of PostgreSQL and of the driver quote values, so none is passed on: an answer names the
SQLSTATE (postgresql.org/docs, appendix A) and what to do.
"""

from __future__ import annotations

import ssl

import asyncpg  # pyright: ignore[reportMissingTypeStubs] - it has no types of its own

from penstock.api import Delivering, Refused, RetryAfter

MENDED_BY_HAND = 300.0
"""Seconds until we look whether people have put it right; nothing is lost meanwhile."""

_REMEDIES = {
    "28": "the role may not log in: see user, its password and the server's pg_hba.conf",
    "3D": "there is no such database: see the setting database",
    "42501": "the role lacks a right: docs/postgres.md lists what to grant",
    "42P01": "a table is missing: docs/postgres.md says how to make the tables",
    "42703": "a column is missing: docs/postgres.md says how to bring the tables up to date",
    "3F": "the schema is missing: docs/postgres.md says how to make it",
}
_UNFIT = frozenset(["22", "23", "54"])
"""Data exceptions, violated constraints, program limits: the same event fails again."""
_STALE = ("08", "57P", "25006", "3F000", "42P01", "42703")
"""The connection or its server has gone, the server is a replica now, or the tables went."""


class NotConnected(Exception):
    """
    No connection could be made.

    Attributes:
        answer: what that means for the event.
    """

    def __init__(self, answer: RetryAfter) -> None:
        super().__init__(answer.because)
        self.answer = answer


FAILURES = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
    ValueError,
)
"""All that the driver raises; `ssl.SSLError` is an OSError."""


def judge(failure: BaseException) -> Delivering:
    """What one of `FAILURES` means for the event that it stopped."""
    match failure:
        case asyncpg.PostgresError():
            return _by_state(str(getattr(failure, "sqlstate", None) or "XX000"))
        case asyncpg.DataError() | UnicodeError():
            return Refused("the driver cannot write one of the event's values")
        case ssl.SSLCertVerificationError():
            return RetryAfter(
                "the server's certificate is not for this host or not of a known CA: see host, "
                "ca and ca_file",
                MENDED_BY_HAND,
            )
        case TimeoutError():
            return RetryAfter("PostgreSQL gave no answer in time")
        case _:
            return RetryAfter("PostgreSQL could not be reached")


def stale(failure: BaseException) -> bool:
    """Whether something kept is to blame, so that a new connection may do at once."""
    if isinstance(failure, asyncpg.PostgresError):
        return str(getattr(failure, "sqlstate", None) or "08").startswith(_STALE)
    # The driver says so of a connection that is closed; and of a value, which is a ValueError too.
    closed = isinstance(failure, asyncpg.InterfaceError) and not isinstance(failure, ValueError)
    # An internal error is what it raises while it still reads that the server ended a session.
    return closed or isinstance(failure, asyncpg.InternalClientError | ConnectionError)


def wrong_password(failure: BaseException) -> bool:
    """Whether another password may do."""
    return isinstance(failure, asyncpg.InvalidAuthorizationSpecificationError)


def _by_state(state: str) -> Delivering:
    because = f"PostgreSQL answered {state}"
    if state[:2] in _UNFIT:
        return Refused(f"{because}: the event does not fit the tables")
    remedy = _REMEDIES.get(state) or _REMEDIES.get(state[:2])
    if remedy:
        return RetryAfter(f"{because}: {remedy}", MENDED_BY_HAND)
    # A syntax error is ours, and the event waits for the code that has none.
    return RetryAfter(because, MENDED_BY_HAND if state.startswith("42") else None)
