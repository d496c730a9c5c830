"""The stages that bring what gateways tell us into the ledger."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from penstock.bootstrap.parts import Parts
from penstock.plugins import describe

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.checkouts import Checkouts
    from penstock.pipeline.finish import Finish
    from penstock.pipeline.invoice import Invoicing
    from penstock.pipeline.observe import Observe
    from penstock.pipeline.process import Process
    from penstock.pipeline.publish import Publish
    from penstock.pipeline.receive import Receive
    from penstock.pipeline.subscription import ObserveSubscription
    from penstock.pipeline.verify import Verify


class Notifications(Parts):
    """From webhooks to the ledger, and from the ledger to the events topic."""

    @cached_property
    def receive(self) -> Receive:
        """From webhooks to deliveries, for a host that has no function for it."""
        from penstock.adapters.doors import doors
        from penstock.pipeline.receive import Receive

        index = {"plugins": [describe(plugin) for plugin in self.registry.plugins]}
        environ = {**self.environ, "PENSTOCK_GATEWAYS": ",".join(self.settings.gateways)}
        admitted = doors(index, environ, self.profiles)
        return Receive(admitted, self.world.channel("deliveries"), self.clock)

    @cached_property
    def verify(self) -> Verify:
        """From deliveries to notifications."""
        from penstock.pipeline.verify import Verify

        channel = self.world.channel
        return Verify(self.gateways, channel("verified"), channel("rejected"), self.clock)

    @cached_property
    def process(self) -> Process:
        """From notifications to the ledger."""
        from penstock.pipeline.process import Process
        from penstock.pipeline.recording import Recording

        return Process(
            self.gateways,
            self.ledger,
            self.world.channel("rejected"),
            self.observe,
            self.observe_subscription,
            self.checkouts,
            Recording(self.ledger, self.publish, self.clock, self.ids),
            self.finish,
            self.clock,
            self.ids,
        )

    @cached_property
    def observe(self) -> Observe:
        """From how gateways show payments to the ledger."""
        from penstock.pipeline.observe import Observe

        return Observe(self.gateways, self.ledger, self.clock, self.ids)

    @cached_property
    def observe_subscription(self) -> ObserveSubscription:
        """From how gateways show subscriptions to the ledger."""
        from penstock.pipeline.subscription import ObserveSubscription

        policy = self.settings.access_policy
        return ObserveSubscription(self.gateways, self.ledger, self.clock, self.ids, policy)

    @cached_property
    def checkouts(self) -> Checkouts:
        """From how gateways show checkouts to the ledger."""
        from penstock.pipeline.checkouts import Checkouts

        return Checkouts(self.gateways, self.ledger, self.clock, self.ids)

    @cached_property
    def invoicing(self) -> Invoicing:
        """The invoice of a paid payment."""
        from penstock.pipeline.invoice import Invoicing

        return Invoicing(
            self.gateways,
            self.ledger,
            self.clock,
            self.ids,
            self.settings.lease,
            self.settings.unknown_after_delta,
            self.gate,
        )

    @cached_property
    def publish(self) -> Publish:
        """From the ledger to the events topic."""
        from penstock.pipeline.publish import Publish

        return Publish(self.ledger, self.world.channel("events"), self.clock, self.ids)

    @cached_property
    def finish(self) -> Finish:
        """Completes what a commit began."""
        from penstock.pipeline.finish import Finish

        return Finish(
            self.ledger,
            self.publish,
            self.observe,
            self.observe_subscription,
            self.invoicing,
            self.clock,
        )
