"""What a gateway or a sink may answer: closed sets, matched to the end by the pipeline."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Authentic:
    """The signature holds."""


@dataclass(frozen=True, slots=True)
class Forged:
    """The signature cannot hold, whatever we wait for."""

    because: str


@dataclass(frozen=True, slots=True)
class Undecided:
    """We could not find out now (the certificate's host is down): ask again."""

    because: str
    retry_after: float | None = None


Authenticity = Authentic | Forged | Undecided


@dataclass(frozen=True, slots=True)
class Succeeded:
    """It happened; `reference` is the gateway's id for it."""

    reference: str


@dataclass(frozen=True, slots=True)
class Declined:
    """It was refused for good: no money moved and none will."""

    because: str


@dataclass(frozen=True, slots=True)
class Pending:
    """The gateway has it and has not decided."""

    reference: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """
    It certainly did not happen: try again later.

    No connection, 429, or a status that the gateway documents so. A bare 503 is `Unanswered`.
    """

    because: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It may have happened (timeout, lost answer, 502, 503, 504): ask before anything else."""

    because: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The request is wrong as it stands (another 4xx): nothing happened, people must look."""

    because: str


@dataclass(frozen=True, slots=True)
class Critical:
    """
    Unknown, and people must look.

    The gateway failed while it held the request (500), or its answer does not tell what happened
    and asking again would not help.
    """

    because: str


@dataclass(frozen=True, slots=True)
class Routed:
    """Where the gateway takes the request, in its own words; kept before the first call."""

    path: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """The gateway does not know the operation."""


ChargeAnswer = Succeeded | Declined | Pending | NotSent | Unanswered | Refused | Critical
LookupAnswer = Succeeded | Declined | Pending | NotFound
RefundAnswer = Succeeded | Declined | Pending | NotSent | Unanswered | Critical
RefundLookup = Succeeded | Declined | Pending
CollectAnswer = Succeeded | Declined | NotSent | Unanswered | Critical
RouteAnswer = Routed | Declined | NotSent
CreateAnswer = Succeeded | NotSent | Unanswered | Refused


@dataclass(frozen=True, slots=True)
class Delivered:
    """The sink has the event."""


@dataclass(frozen=True, slots=True)
class RetryAfter:
    """
    The sink said "later": in that many seconds; None leaves it to the backoff.

    Attributes:
        tried: whether the endpoint was tried. Of a sink with a schedule of its own (`Scheduled`)
            only such tries count against its endpoint.
    """

    because: str
    seconds: float | None = None
    tried: bool = True


@dataclass(frozen=True, slots=True)
class Gone:
    """The endpoint says that it is gone for good: it is disabled, and the event is parked."""

    because: str


Delivering = Delivered | RetryAfter | Refused | Gone
