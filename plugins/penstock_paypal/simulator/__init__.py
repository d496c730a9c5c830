"""
A PayPal of our own, for the local platform and for tests; in no bundle.

It answers as PayPal's API does as far as the platform asks it (shapes from PayPal's published
specifications, commit ec4d8f36), refuses what PayPal's schemas refuse (`wellformed`) and signs
its webhooks under an authority of its own. Tests steer it below `/_simulator/`:

* `POST /_simulator/webhooks`: make an event true and send it (`webhooks.Trigger`).
* `POST /_simulator/books`: state what the API shows from now on (`control`).
* `PUT /_simulator/clock`: set PayPal's clock ahead; what falls due is played (`billing.clock`).
* `POST /_simulator/subscriptions/{id}/…`: play the buyer and the bank (`billing.steering`).
* `POST /_simulator/faults`: misbehave (`penstock.testing.simulator`).

docs/simulator.md lists all orders. `python -m penstock_paypal.simulator` serves it by itself.
The simulator's address is in the local stack's outputs: `simulators.paypal`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from penstock_paypal.simulator.app import PayPalSimulator
from penstock_paypal.simulator.authority import Identity
from penstock_paypal.simulator.books import Books
from penstock_paypal.simulator.credentials import Credentials

__all__ = ["PayPalSimulator", "build"]


def build(folder: Path, books: Books | None = None) -> PayPalSimulator:
    """A simulator that keeps its keys and credentials in the folder; books with a clock or not."""
    now = datetime.now(UTC)
    return PayPalSimulator(Identity.kept(folder, now), Credentials.kept(folder), books)
