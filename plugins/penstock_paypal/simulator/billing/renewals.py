"""What falls due as PayPal's clock moves, in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from penstock_paypal.simulator.billing.charges import Charges
from penstock_paypal.simulator.billing.contract import Contracts
from penstock_paypal.simulator.billing.lifecycle import Lifecycle, due_at
from penstock_paypal.simulator.books import Books


@dataclass(frozen=True, slots=True)
class Due:
    """One thing that is due: when, before what else at that time, of what, and what it is."""

    at: datetime
    rank: int
    identity: str
    play: Callable[[], None]


def soonest(dues: Iterable[Due], until: datetime) -> Due | None:
    """The first thing that is due by then; equal times by rank, then by id."""
    due = (one for one in dues if one.at <= until)
    return min(due, key=lambda one: (one.at, one.rank, one.identity), default=None)


class Renewals:
    """Finds what is due in the books."""

    def __init__(
        self, books: Books, contracts: Contracts, charges: Charges, lifecycle: Lifecycle
    ) -> None:
        self._books = books
        self._contracts = contracts
        self._charges = charges
        self._lifecycle = lifecycle

    def first(self, until: datetime) -> Due | None:
        """The first thing that is due by then."""
        return soonest(self._all(), until)

    def _all(self) -> Iterator[Due]:
        charges, lifecycle = self._charges, self._lifecycle
        for identity, at in self._contracts.settling.items():
            yield Due(at, 0, identity, lambda identity=identity: charges.settle(identity))
        for identity, one in self._books.subscriptions.items():
            if one.get("status") != "ACTIVE":
                continue
            contract = self._contracts.of(one)
            if contract.retry_at is not None:
                yield Due(contract.retry_at, 1, identity, lambda one=one: lifecycle.retry(one))
            if contract.ends_at is not None:
                yield Due(contract.ends_at, 2, identity, lambda one=one: lifecycle.expire(one))
            if (at := due_at(one)) is not None:
                yield Due(at, 3, identity, lambda one=one: lifecycle.cycle(one))
