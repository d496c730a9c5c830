"""The stages that a schedule starts."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.bootstrap.payments import Payments

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.gaps import Gaps
    from penstock.pipeline.renew import Renew
    from penstock.pipeline.retention import Retention
    from penstock.pipeline.sweep import Sweep

_PARKING = ("deliveries", "verified", "payments")
"""The queues that every stack has, and that have a dead-letter queue."""


class Schedule(Payments):
    """What runs every few minutes, hours or days, without a message or a request."""

    @cached_property
    def sweep(self) -> Sweep:
        """Finishes what a crash left behind."""
        from penstock.pipeline.lost_payments import LostPayments
        from penstock.pipeline.sweep import Sweep

        return Sweep(
            self.ledger,
            self.accept,
            self.hand_over,
            self.dispatch,
            self.checkouts,
            self.finish,
            LostPayments(self.gateways, self.ledger, self.world.channel("verified"), self.clock),
            self.clock,
            self.ids,
            self.settings.item_timeout,
            self.gate,
        )

    @cached_property
    def retention(self) -> Retention:
        """Forgets the payers of old payments."""
        from penstock.pipeline.forgetting import Forget
        from penstock.pipeline.retention import Retention

        return Retention(
            self.ledger,
            self.world.watermarks,
            Forget(self.ledger, self.clock, self.ids),
            self.clock,
            self.settings.retention_days,
            self.settings.item_timeout,
        )

    @cached_property
    def gaps(self) -> Gaps:
        """From what gateways list to notifications whose webhooks were lost."""
        from penstock.pipeline.gaps import Gaps

        return Gaps(
            self.gateways,
            self.ledger,
            self.world.watermarks,
            self.world.channel("verified"),
            [self.world.inbox("deliveries"), self.world.inbox("verified")],
            self.clock,
            self.settings.item_timeout,
        )

    @cached_property
    def renew(self) -> Renew:
        """Keeps dead letters for longer than SQS keeps a message."""
        from penstock.pipeline.renew import Renew

        return Renew({name: self.world.parked(name) for name in self._parking}, self.clock)

    @property
    def _parking(self) -> Collection[str]:
        """The queues whose dead letters are renewed: those that the settings name, or all."""
        sinks = (f"sink-{name}" for name in self.settings.sinks)
        return self.settings.dead_letter_queues or (*_PARKING, *sinks)
