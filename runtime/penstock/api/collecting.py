"""Collecting what a subscription's buyer owes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from penstock.api.answers import CollectAnswer
from penstock.domain.money import Money


@dataclass(frozen=True, slots=True)
class CollectRequest:
    """
    Collect an amount that the buyer owes.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
        reference: the gateway's id of the subscription.
        amount: at most what is owed.
        reason: why, for the gateway's records.
        doubted: an earlier attempt may have taken it: its answer was lost.
    """

    operation_id: str
    reference: str
    amount: Money
    reason: str = field(repr=False)
    doubted: bool = False


@runtime_checkable
class Collects(Protocol):
    """
    A gateway that collects, when told to, what a buyer owes from failed payments.

    A lost answer is looked up by asking again under the same operation id, as long as
    `collect_window` says.
    """

    @property
    def collect_window(self) -> timedelta:
        """How long after the first call the gateway still knows the operation id."""
        ...

    async def collect(self, request: CollectRequest) -> CollectAnswer:
        """
        Take the money; never raises for what the gateway may answer.

        `Succeeded`: taken or on its way; the payment's own notification says the rest. `Declined`
        is a definite refusal. `Unanswered` whenever it may have happened. `Critical` if an
        attempt is `doubted` and a refusal may be because of it ("nothing is owed").
        """
        ...
