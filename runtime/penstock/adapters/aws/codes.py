"""
What DynamoDB's error codes mean for the ledger, in one table.

A conflict means that another worker writes the item: read again and decide again. Everything else
means that the ledger is unavailable; the write may have happened.

The same reason has two names: a call of its own is refused with `TransactionConflictException`,
a cancelled transaction lists `TransactionConflict` among its reasons (Amazon DynamoDB API
reference, TransactWriteItems and PutItem).
"""

from __future__ import annotations

from collections.abc import Mapping

from penstock.errors import LedgerConflict, LedgerUnavailable

CONDITION = "ConditionalCheckFailed"
CONFLICT = "TransactionConflict"
CANCELLED = "TransactionCanceled"
_SUFFIX = "Exception"

_CONFLICTS: Mapping[str, str] = {
    CONDITION: "not at the expected version any more",
    CONFLICT: "another write of the same item is under way",
}


def reason(code: str) -> str:
    """The code without `Exception`: the name it has among a transaction's reasons."""
    return code.removesuffix(_SUFFIX)


def failure(what: str, code: str) -> LedgerConflict | LedgerUnavailable:
    """
    The error that a DynamoDB code is for us.

    Args:
        what: what was being done or written, as the message begins.
        code: a call's error code, or a reason of a cancelled transaction.
    """
    because = _CONFLICTS.get(reason(code))
    if because is not None:
        return LedgerConflict(f"{what}: {because}")
    return LedgerUnavailable(f"{what}: DynamoDB answered {code}")
