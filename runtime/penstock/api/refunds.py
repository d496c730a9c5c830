"""Refunds: sending a payment's money back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol, runtime_checkable

from penstock.api.answers import RefundAnswer, RefundLookup, RouteAnswer
from penstock.domain.money import Money


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """
    Send an amount of a payment back.

    Attributes:
        operation_id: the idempotency key; the same for every attempt.
        transaction: the gateway's id of the step that paid the payment.
        amount: at most what is left of the payment.
        path: what `route_refund` answered; the same for every attempt.
        reference: the gateway's id of the refund, once it is known.
        note: a message to the payer, if any.
        doubted: an earlier attempt may have done it: its answer was lost.
    """

    operation_id: str
    payment_id: str
    transaction: str
    amount: Money
    path: str = ""
    reference: str | None = None
    note: str | None = field(default=None, repr=False)
    doubted: bool = False


@runtime_checkable
class Refunds(Protocol):
    """
    A gateway that refunds on request.

    A refund whose answer was lost is looked up by asking for it again under the same operation
    id: within `refund_window` the gateway must do one id once and repeat its answer.
    """

    def refund_window(self, path: str) -> timedelta:
        """How long after the first call the gateway still knows the operation id."""
        ...

    async def route_refund(self, request: RefundRequest) -> RouteAnswer:
        """
        Find where the refund goes; moves no money. `path` of the request is empty.

        Never raises for what the gateway may answer. `Declined`: the gateway holds no such money.
        """
        ...

    async def refund(self, request: RefundRequest) -> RefundAnswer:
        """
        Send the money back; never raises for what the gateway may answer.

        `Declined` is a definite refusal: the refund did not happen and will not under this id.
        `Unanswered` whenever it may have happened. `Critical` if an attempt is `doubted` and a
        refusal may be because of it ("all of it went back already"): people must look.
        """
        ...

    async def read_refund(self, request: RefundRequest) -> RefundLookup:
        """
        Say how a pending refund stands, by its `reference`.

        Raises:
            GatewayUnavailable: no answer; still pending.
        """
        ...
