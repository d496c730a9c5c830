"""Charging: money that a gateway moves when we ask, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from penstock.api.answers import ChargeAnswer, LookupAnswer
from penstock.domain.payment import Order


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """
    Move this money.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
    """

    operation_id: str
    payment_id: str
    order: Order = field(repr=False)


@runtime_checkable
class Charges(Protocol):
    """A gateway that charges on request."""

    @property
    def idempotent_charges(self) -> bool:
        """Whether the same operation id twice moves the money once."""
        ...

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Move the money; never raises for what the gateway may answer."""
        ...


@runtime_checkable
class Lookup(Protocol):
    """A gateway that tells what became of an operation of ours."""

    async def look_up(self, request: ChargeRequest) -> LookupAnswer:
        """
        Say what became of the charge with that operation id.

        Raises:
            GatewayUnavailable: no answer; still unknown.
            Unconfirmable: the gateway will never say it; the charge is parked for people.
        """
        ...
