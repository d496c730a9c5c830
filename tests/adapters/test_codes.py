"""DynamoDB's codes: which of them are a conflict, on a call alone and in a transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from penstock.adapters.aws.clients import Clients, Refusal
from penstock.adapters.aws.codes import failure
from penstock.adapters.aws.dynamodb import DynamoLedger
from penstock.adapters.ids import RandomIds
from penstock.errors import LedgerConflict, LedgerUnavailable
from penstock.testing.clock import FrozenClock
from penstock.testing.ports.samples import accepted, first, step


class Refusing(Clients):
    """AWS as it refuses every write with one code."""

    def __init__(self, code: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(calls=1, polls=1)
        self._refusal = Refusal(code, status=400, details=details or {})

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        raise self._refusal


def ledger(refusing: Refusing) -> DynamoLedger:
    return DynamoLedger(refusing, "ledger", FrozenClock(), RandomIds())


CONFLICTS = ["ConditionalCheckFailedException", "TransactionConflictException"]
OTHERS = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
    "TransactionInProgressException",
    "AccessDeniedException",
    "ATotallyNewCode",
]


@pytest.mark.parametrize("code", [*CONFLICTS, "ConditionalCheckFailed", "TransactionConflict"])
def test_a_write_that_met_another_write_is_a_conflict(code: str):
    assert LedgerConflict is type(failure("pay-1", code))


@pytest.mark.parametrize("code", OTHERS)
def test_every_other_code_means_that_the_ledger_is_unavailable_and_is_named(code: str):
    found = failure("pay-1", code)

    assert (LedgerUnavailable, True) == (type(found), code in str(found))


@pytest.mark.parametrize("code", CONFLICTS)
async def test_a_single_put_that_met_another_write_is_a_conflict(code: str):
    """
    A put without events is no transaction, yet a transaction on the same item refuses it.
    """
    with pytest.raises(LedgerConflict):
        await ledger(Refusing(code)).commit(step(first(accepted()).entity))


@pytest.mark.parametrize("code", OTHERS)
async def test_a_single_put_refused_for_another_reason_is_unavailable(code: str):
    with pytest.raises(LedgerUnavailable):
        await ledger(Refusing(code)).commit(step(first(accepted()).entity))
