"""The stages that open subscriptions and change them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from penstock.bootstrap.payments import Payments

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.manage import Manage
    from penstock.pipeline.plans import PlanList
    from penstock.pipeline.returning import Returning
    from penstock.pipeline.subscribe import Subscribe
    from penstock.pipeline.subscribing import Subscribing


class Subscriptions(Payments):
    """From plans to subscriptions, and a buyer's way back from the gateway."""

    @cached_property
    def plans(self) -> PlanList:
        """The plans that buyers can subscribe to, kept for a minute."""
        from penstock.pipeline.plans import PlanList

        return PlanList(self.gateways, self.clock)

    @cached_property
    def subscribe(self) -> Subscribe:
        """
        From the API to new subscriptions.

        Raises:
            SettingsError: buyers cannot return to the API's address; names the setting.
        """
        from penstock.pipeline.subscribe import Subscribe

        return Subscribe(self._subscribing, self.ledger, self.finish, *self._opening)

    @cached_property
    def returning(self) -> Returning:
        """From a buyer's address of return to how the subscription stands."""
        from penstock.pipeline.returning import Returning

        return Returning(
            self.ledger,
            self.observe_subscription,
            self.checkouts,
            self.hand_over,
            self.clock,
            self.settings.access_policy,
        )

    @cached_property
    def manage(self) -> Manage:
        """
        From the API to changes of subscriptions.

        Raises:
            SettingsError: buyers cannot return to the API's address; names the setting.
        """
        from penstock.pipeline.manage import Manage

        return Manage(
            self._subscribing,
            self.ledger,
            self.observe_subscription,
            self.publish,
            self.clock,
            self.ids,
            self.settings.public_url,
        )

    @cached_property
    def _subscribing(self) -> Subscribing:
        from penstock.pipeline.subscribing import Subscribing

        return Subscribing(self.gateways, self.plans)
