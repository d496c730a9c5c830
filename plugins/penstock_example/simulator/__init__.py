"""
A stand-in for the Example gateway.

    POST /charges                       charge; the Idempotency-Key must be the body's id
    GET  /charges/{id}                  look up by operation id
    POST /refunds                       refund a charge or a payment, once for an Idempotency-Key
    GET  /refunds/{id}                  look up by operation id
    GET  /plans                         two a page
    POST /subscriptions                 open one, for the Idempotency-Key
    GET  /subscriptions/{id}            how it stands
    POST /subscriptions/{id}/{change}   cancel, suspend, resume, revise
    GET  /subscriptions/{id}/payments   its payments between since and until
    GET  /notifications                 those made between since and until, 20 a page
    POST /checkouts                     open one, for the Idempotency-Key
    GET  /checkouts/{id}                how it stands
    POST /checkouts/{id}/capture        take its money, once
    GET  /approve/{token}               the page on which a person approves a subscription
    GET  /checkout/{token}              the same for a checkout

    GET  /_simulator/charges            the charges it holds, oldest first
    GET  /_simulator/refunds            the refunds it holds, oldest first
    GET  /_simulator/checkouts          the checkouts it holds, oldest first
    GET  /_simulator/subscriptions      the subscriptions it holds, oldest first
    POST /_simulator/subscriptions/{id} {"fails": true}: its payments fail from now on
    POST /_simulator/clock              {"advance": seconds} or {"to": time}; bills what is due
    GET  /_simulator/notifications      body and signature of what it sent, oldest first

An order's reference may ask for a behaviour (the faults of `with_faults` make any other):

    decline   402, and it stays declined        busy       503 with Retry-After 1, the first time
    conflict  409, the same                     throttle   429 with Retry-After 1, the first time
    invalid   422, the same                     lost       charged, the connection cut, once
    critical  500, every time, nothing charged  badgateway charged, answered 502, once
    refuse    400, every time                   pending    201 pending; succeeded when looked up
    once      charged; 409 when sent again

A refund's note may be `refuse` (422, nothing sent back), `lost` or `pending`, as above.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp import web

from penstock.api import Simulated
from penstock.testing.samples import Samples
from penstock.testing.simulator import with_faults
from penstock_example.notifying import SIGNATURE, signature
from penstock_example.simulator.approval import Approval
from penstock_example.simulator.charges import Charges
from penstock_example.simulator.checkouts import Checkouts
from penstock_example.simulator.desk import Desk
from penstock_example.simulator.held import written
from penstock_example.simulator.notices import Notices
from penstock_example.simulator.refunds import Refunds
from penstock_example.simulator.subscriptions import Subscriptions


@dataclass(slots=True)
class ExampleSimulator:
    """
    The gateway in memory.

    Attributes:
        key: signs its notifications.
        began: its time at the start.
        machine: this machine's time; a test gives its own.
        letters: makes that many random bytes in hexadecimal; a test gives its own.
    """

    key: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    machine: Callable[[], datetime] = lambda: datetime.now(UTC)
    letters: Callable[[int], str] = secrets.token_hex
    charges: Charges = field(default_factory=Charges)
    app: web.Application = field(default_factory=web.Application)
    notices: Notices = field(init=False)
    desk: Desk = field(init=False)
    refunds: Refunds = field(init=False)
    checkouts: Checkouts = field(init=False)

    def __post_init__(self) -> None:
        self.notices = Notices(self.key, self.letters)
        self.desk = Desk(self.notices.tell, self.began, self.machine, self.letters)
        self.refunds = Refunds(self._paid)
        self.checkouts = Checkouts(self.desk)
        approval = Approval(self.desk, self.checkouts)
        subscriptions = Subscriptions(self.desk)
        parts = (
            self.charges,
            self.refunds,
            subscriptions,
            self.checkouts,
            approval,
            self.notices,
        )
        for part in parts:
            part.routes(self.app)
        Samples({"payment.succeeded": self._sample}, self._signed, concerns="data.id").add_to(
            self.app
        )
        with_faults(self.app, "example")

    def describe(self, url: str) -> Simulated:
        """What the plugin must be told to reach it."""
        return Simulated(
            settings={"request_uri": f"{url.rstrip('/')}/charges"},
            secret={"signing_key": self.key},
        )

    def _sample(self, type: str) -> dict[str, Any]:
        """A payment of a subscription that nobody holds, as `penstock trigger` sends it."""
        at = written(self.desk.now())
        paid = {
            "id": f"py_{self.letters(8)}",
            "subscription": f"sub_{self.letters(8)}",
            "status": "succeeded",
            "minor": 1250,
            "currency": "EUR",
            "reference": "order-4711",
            "at": at,
        }
        return {"id": f"evt_{self.letters(8)}", "type": type, "created_at": at, "data": paid}

    def _signed(self, body: bytes) -> Mapping[str, str]:
        return {SIGNATURE: signature(body, self.key)}

    def _paid(self, named: str) -> Mapping[str, Any] | None:
        return self.charges.paid(named) or self.desk.payment(named) or self.checkouts.paid(named)


def build(folder: Path) -> ExampleSimulator:
    """The simulator; it keeps nothing on disk."""
    return ExampleSimulator()
