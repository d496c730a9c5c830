"""The stages that accept requests for money, move it and send it back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from penstock.api import Clock, Ids
from penstock.bootstrap.abilities import Abilities
from penstock.bootstrap.notifications import Notifications
from penstock.ports import Ledger

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.accept import Accept
    from penstock.pipeline.capture import Capture
    from penstock.pipeline.charge import Charge
    from penstock.pipeline.collecting import Collecting
    from penstock.pipeline.dispatch import Dispatch
    from penstock.pipeline.gate import Gate
    from penstock.pipeline.hand_over import HandOver
    from penstock.pipeline.open_checkout import OpenCheckout
    from penstock.pipeline.publish import Publish
    from penstock.pipeline.refund import Refund
    from penstock.pipeline.refunding import Refunding


class Payments(Notifications, Abilities):
    """From the API to payment messages, and from payment messages to the gateways."""

    @cached_property
    def accept(self) -> Accept:
        """From the API to payment messages; builds no gateway."""
        from penstock.pipeline.accept import Accept

        payments = self.world.channel("payments")
        return Accept(self.ledger, payments, self.clock, self.ids, self._able("charges"))

    @cached_property
    def open_checkout(self) -> OpenCheckout:
        """
        From the API to payments that buyers approve.

        Raises:
            SettingsError: buyers cannot return to the API's address; names the setting.
        """
        from penstock.pipeline.open_checkout import OpenCheckout

        return OpenCheckout(self.checkouts, self.ledger, *self._opening)

    @cached_property
    def refunding(self) -> Refunding:
        """From the API to reserved refunds; builds no gateway."""
        from penstock.pipeline.refunding import Refunding

        return Refunding(*self._reserving("refunds"))

    @cached_property
    def collecting(self) -> Collecting:
        """From the API to reserved collections; builds no gateway."""
        from penstock.pipeline.collecting import Collecting

        return Collecting(*self._reserving("collects"))

    @cached_property
    def hand_over(self) -> HandOver:
        """From reserved operations to payment messages."""
        from penstock.pipeline.hand_over import HandOver

        return HandOver(self.ledger, self.world.channel("payments"), self.clock, self.ids)

    @cached_property
    def dispatch(self) -> Dispatch:
        """From payment messages to the stage of each action."""
        from penstock.pipeline.collect import Collect
        from penstock.pipeline.dispatch import Dispatch
        from penstock.pipeline.orders import Action

        stages = {Action.capture: self.capture, Action.refund: self.refund}
        return Dispatch(self.charge, stages, Collect(self.gateways, *self._moving))

    @cached_property
    def charge(self) -> Charge:
        """From payment messages to charges."""
        from penstock.pipeline.charge import Charge

        return Charge(self.gateways, *self._moving)

    @cached_property
    def capture(self) -> Capture:
        """From payment messages to the captures that buyers approved."""
        from penstock.pipeline.capture import Capture

        return Capture(self.checkouts, *self._moving)

    @cached_property
    def refund(self) -> Refund:
        """From payment messages to refunds."""
        from penstock.pipeline.refund import Refund

        return Refund(self.gateways, *self._moving)

    @property
    def _moving(self) -> tuple[Ledger, Publish, Clock, Ids, timedelta, Gate]:
        """The parts of each stage that moves money, without its gateways."""
        return (
            self.ledger,
            self.publish,
            self.clock,
            self.ids,
            self.settings.lease,
            self.gate,
        )

    @property
    def _opening(self) -> tuple[Clock, Ids, timedelta, str, str | None]:
        """The last parts of each stage that sends buyers to a gateway, and has them return."""
        settings = self.settings
        brand = settings.pages_brand or None
        return self.clock, self.ids, settings.lease, settings.public_url, brand

    def _reserving(
        self, capability: str
    ) -> tuple[Ledger, HandOver, Clock, Ids, Collection[str], Mapping[str, Collection[str]]]:
        """The parts of a stage that reserves operations, for gateways with a capability."""
        able = self._able(capability)
        return self.ledger, self.hand_over, self.clock, self.ids, able, self._whole(able)
