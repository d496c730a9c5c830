"""The composition root: every stage, made of settings, plugins and adapters when it is needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel

from penstock.api import Context, Gateway
from penstock.bootstrap.world import World
from penstock.errors import MissingCapability, PluginError
from penstock.pipeline.batch import Backoff, Batch, Handle
from penstock.plugins import Registration, Registry, describe
from penstock.ports import Ledger
from penstock.settings import Function, Settings

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.accept import Accept
    from penstock.pipeline.capture import Capture
    from penstock.pipeline.charge import Charge
    from penstock.pipeline.checkouts import Checkouts
    from penstock.pipeline.collecting import Collecting
    from penstock.pipeline.deliver import Deliver
    from penstock.pipeline.dispatch import Dispatch
    from penstock.pipeline.finish import Finish
    from penstock.pipeline.gaps import Gaps
    from penstock.pipeline.gate import Gate
    from penstock.pipeline.hand_over import HandOver
    from penstock.pipeline.invoice import Invoicing
    from penstock.pipeline.manage import Manage
    from penstock.pipeline.observe import Observe
    from penstock.pipeline.open_checkout import OpenCheckout
    from penstock.pipeline.plans import PlanList
    from penstock.pipeline.process import Process
    from penstock.pipeline.publish import Publish
    from penstock.pipeline.receive import Receive
    from penstock.pipeline.refund import Refund
    from penstock.pipeline.refunding import Refunding
    from penstock.pipeline.renew import Renew
    from penstock.pipeline.retention import Retention
    from penstock.pipeline.returning import Returning
    from penstock.pipeline.subscribe import Subscribe
    from penstock.pipeline.subscribing import Subscribing
    from penstock.pipeline.subscription import ObserveSubscription
    from penstock.pipeline.sweep import Sweep
    from penstock.pipeline.verify import Verify

_PARKING = ("deliveries", "verified", "payments")
_PROFILE = Path(__file__).parents[1] / "_profile.json"


@dataclass(frozen=True)
class Platform:
    """
    All stages of one host; not slotted, because each is made once, when first asked for.

    Attributes:
        environ: where plugins' settings are read.
        registry: the plugins; none is built before a stage needs it.
        profiles: by plugin, what only the local platform adds.
        capabilities: what each gateway can do, for a host that loads none; likewise
            `whole_currencies`, what each takes without decimals.
    """

    settings: Settings
    environ: Mapping[str, str] = field(repr=False)
    registry: Registry
    world: World = field(repr=False)
    profiles: Mapping[str, Mapping[str, Any]] = field(
        default_factory=dict[str, Mapping[str, Any]], repr=False
    )
    capabilities: Mapping[str, Collection[str]] | None = None
    whole_currencies: Mapping[str, Collection[str]] = field(
        default_factory=dict[str, Collection[str]]
    )

    @cached_property
    def gateways(self) -> Mapping[str, Gateway]:
        """
        The configured gateways, by name.

        Raises:
            PluginError: names the plugin that is not there or not configured.
        """
        return {
            name: self.registry.build_gateway(name, self.environ, self._context)
            for name in self.settings.gateways
        }

    @property
    def ledger(self) -> Ledger:
        """Where facts are kept."""
        return self.world.ledger

    @cached_property
    def receive(self) -> Receive:
        """From webhooks to deliveries, for a host that has no function for it."""
        from penstock.adapters.doors import doors
        from penstock.pipeline.receive import Receive

        index = {"plugins": [describe(plugin) for plugin in self.registry.plugins]}
        environ = {**self.environ, "PENSTOCK_GATEWAYS": ",".join(self.settings.gateways)}
        admitted = doors(index, environ, self.profiles)
        return Receive(admitted, self.world.channel("deliveries"), self.world.clock)

    @cached_property
    def verify(self) -> Verify:
        """From deliveries to notifications."""
        from penstock.pipeline.verify import Verify

        world = self.world
        return Verify(
            self.gateways, world.channel("verified"), world.channel("rejected"), world.clock
        )

    @cached_property
    def publish(self) -> Publish:
        """From the outbox to the events topic."""
        from penstock.pipeline.publish import Publish

        world = self.world
        return Publish(self.ledger, world.channel("events"), world.clock, world.ids)

    @cached_property
    def gate(self) -> Gate:
        """What operators have restricted; one for all stages, which share what it has read."""
        from penstock.pipeline.gate import Gate

        return Gate(self.world.restrictions, self.world.clock)

    @cached_property
    def invoicing(self) -> Invoicing:
        """The invoice of a paid payment."""
        from penstock.pipeline.invoice import Invoicing

        return Invoicing(
            self.gateways,
            self.ledger,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.settings.unknown_after_delta,
            self.gate,
        )

    @cached_property
    def observe(self) -> Observe:
        """From what gateways say to the ledger."""
        from penstock.pipeline.observe import Observe

        return Observe(self.gateways, self.ledger, self.world.clock, self.world.ids)

    @cached_property
    def observe_subscription(self) -> ObserveSubscription:
        """From how a gateway shows a subscription to the ledger."""
        from penstock.pipeline.subscription import ObserveSubscription

        world = self.world
        return ObserveSubscription(
            self.gateways, self.ledger, world.clock, world.ids, self.settings.access_policy
        )

    @cached_property
    def returning(self) -> Returning:
        """From a buyer's address of return to how the subscription stands."""
        from penstock.pipeline.returning import Returning

        return Returning(
            self.ledger,
            self.observe_subscription,
            self.checkouts,
            self.hand_over,
            self.world.clock,
            self.settings.access_policy,
        )

    @cached_property
    def finish(self) -> Finish:
        """What a commit began, brought to its end."""
        from penstock.pipeline.finish import Finish

        return Finish(
            self.ledger,
            self.publish,
            self.observe,
            self.observe_subscription,
            self.invoicing,
            self.world.clock,
        )

    @cached_property
    def process(self) -> Process:
        """From notifications to the ledger."""
        from penstock.pipeline.process import Process
        from penstock.pipeline.recording import Recording

        world = self.world
        return Process(
            self.gateways,
            self.ledger,
            world.channel("rejected"),
            self.observe,
            self.observe_subscription,
            self.checkouts,
            Recording(self.ledger, self.publish, world.clock, world.ids),
            self.finish,
            world.clock,
            world.ids,
        )

    @cached_property
    def charge(self) -> Charge:
        """From payment messages to money."""
        from penstock.pipeline.charge import Charge

        return Charge(
            self.gateways,
            self.ledger,
            self.publish,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.gate,
        )

    @cached_property
    def dispatch(self) -> Dispatch:
        """From payment messages to the stage of each action."""
        from penstock.pipeline.collect import Collect
        from penstock.pipeline.dispatch import Dispatch
        from penstock.pipeline.orders import Action

        collect = Collect(
            self.gateways,
            self.ledger,
            self.publish,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.gate,
        )
        stages = {Action.capture: self.capture, Action.refund: self.refund}
        return Dispatch(self.charge, stages, collect)

    @cached_property
    def checkouts(self) -> Checkouts:
        """From how gateways show checkouts to the ledger."""
        from penstock.pipeline.checkouts import Checkouts

        return Checkouts(self.gateways, self.ledger, self.world.clock, self.world.ids)

    @cached_property
    def capture(self) -> Capture:
        """From payment messages to the money that buyers approved."""
        from penstock.pipeline.capture import Capture

        return Capture(
            self.checkouts,
            self.ledger,
            self.publish,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.gate,
        )

    @cached_property
    def collecting(self) -> Collecting:
        """From the API to reserved collections; builds no gateway."""
        from penstock.pipeline.collecting import Collecting

        able = [name for name in self.settings.gateways if "collects" in self._abilities(name)]
        return Collecting(
            self.ledger, self.hand_over, self.world.clock, self.world.ids, able, self._whole(able)
        )

    @cached_property
    def refund(self) -> Refund:
        """From messages about refunds to money sent back."""
        from penstock.pipeline.refund import Refund

        return Refund(
            self.gateways,
            self.ledger,
            self.publish,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.gate,
        )

    @cached_property
    def open_checkout(self) -> OpenCheckout:
        """
        From the API to payments that buyers approve.

        Raises:
            SettingsError: buyers cannot return to the API's address; names the setting.
        """
        from penstock.pipeline.open_checkout import OpenCheckout

        return OpenCheckout(
            self.checkouts,
            self.ledger,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.settings.public_url,
            self.settings.pages_brand or None,
        )

    @cached_property
    def refunding(self) -> Refunding:
        """From the API to reserved refunds; builds no gateway, only asks what each can do."""
        from penstock.pipeline.refunding import Refunding

        able = [name for name in self.settings.gateways if "refunds" in self._abilities(name)]
        return Refunding(
            self.ledger, self.hand_over, self.world.clock, self.world.ids, able, self._whole(able)
        )

    @cached_property
    def hand_over(self) -> HandOver:
        """From reserved operations to payment messages."""
        from penstock.pipeline.hand_over import HandOver

        world = self.world
        return HandOver(self.ledger, world.channel("payments"), world.clock, world.ids)

    @cached_property
    def accept(self) -> Accept:
        """From the API to payment messages; builds no gateway, only asks what each can do."""
        from penstock.pipeline.accept import Accept

        charging = [name for name in self.settings.gateways if "charges" in self._abilities(name)]
        world = self.world
        return Accept(self.ledger, world.channel("payments"), world.clock, world.ids, charging)

    @cached_property
    def plans(self) -> PlanList:
        """What can be subscribed to, kept for a minute."""
        from penstock.pipeline.plans import PlanList

        return PlanList(self.gateways, self.world.clock)

    @cached_property
    def subscribe(self) -> Subscribe:
        """
        From the API to new subscriptions.

        Raises:
            SettingsError: buyers cannot return to the API's address; names the setting.
        """
        from penstock.pipeline.subscribe import Subscribe

        return Subscribe(
            self._subscribing,
            self.ledger,
            self.finish,
            self.world.clock,
            self.world.ids,
            self.settings.lease,
            self.settings.public_url,
            self.settings.pages_brand or None,
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
            self.world.clock,
            self.world.ids,
            self.settings.public_url,
        )

    @cached_property
    def _subscribing(self) -> Subscribing:
        from penstock.pipeline.subscribing import Subscribing

        return Subscribing(self.gateways, self.plans)

    @property
    def sends_buyers_away(self) -> bool:
        """Whether buyers return from a configured gateway; builds none of them."""
        ways = {"managessubscriptions", "checkout"}
        return any(not ways.isdisjoint(self._abilities(g)) for g in self.settings.gateways)

    def needs_approval(self, provider: str, wanted: bool | None) -> bool:
        """
        Whether a payment through a gateway is approved by its buyer; builds none.

        Args:
            wanted: what the request says; None where it says nothing.

        Raises:
            MissingCapability: it is wanted, and the gateway has no checkout.
        """
        named = self._abilities(provider) if provider in self.settings.gateways else ()
        if wanted and "checkout" not in named:
            able = sorted(g for g in self.settings.gateways if "checkout" in self._abilities(g))
            raise MissingCapability(
                f"provider has no checkout here; use one of: {', '.join(able) or 'none'}"
            )
        return (
            "checkout" in named
            and (wanted is True or "charges" not in named)
            and (wanted is not False)
        )

    def _whole(self, gateways: Collection[str]) -> Mapping[str, Collection[str]]:
        """What each of the gateways takes without decimals."""
        if self.capabilities is not None:
            return self.whole_currencies
        return {name: self.registry.gateway(name).whole_currencies for name in gateways}

    @property
    def abilities(self) -> Mapping[str, Collection[str]]:
        """The capabilities of each configured gateway; builds none."""
        return {name: self._abilities(name) for name in self.settings.gateways}

    def _abilities(self, gateway: str) -> Collection[str]:
        if self.capabilities is None:
            return self.registry.gateway(gateway).capabilities
        if gateway not in self.capabilities:
            raise PluginError(
                f"{gateway}: no plugin of this build offers it; build the zips again with the "
                "stack's plugins installed"
            )
        return self.capabilities[gateway]

    @cached_property
    def sweep(self) -> Sweep:
        """What a crash left behind."""
        from penstock.pipeline.lost_payments import LostPayments
        from penstock.pipeline.sweep import Sweep

        return Sweep(
            self.ledger,
            self.accept,
            self.hand_over,
            self.dispatch,
            self.checkouts,
            self.finish,
            LostPayments(
                self.gateways,
                self.ledger,
                self.world.channel("verified"),
                self.world.clock,
            ),
            self.world.clock,
            self.world.ids,
            self.settings.item_timeout,
            self.gate,
        )

    @cached_property
    def retention(self) -> Retention:
        """From payments that are old to payers that are forgotten."""
        from penstock.pipeline.forgetting import Forget
        from penstock.pipeline.retention import Retention

        world = self.world
        return Retention(
            self.ledger,
            world.watermarks,
            Forget(self.ledger, world.clock, world.ids),
            world.clock,
            self.settings.retention_days,
            self.settings.item_timeout,
        )

    @cached_property
    def gaps(self) -> Gaps:
        """From what gateways list to notifications whose webhooks were lost."""
        from penstock.pipeline.gaps import Gaps

        world = self.world
        return Gaps(
            self.gateways,
            self.ledger,
            world.watermarks,
            world.channel("verified"),
            [world.inbox("deliveries"), world.inbox("verified")],
            world.clock,
            self.settings.item_timeout,
        )

    @cached_property
    def renew(self) -> Renew:
        """Dead letters kept for longer than SQS keeps a message."""
        from penstock.pipeline.renew import Renew

        world = self.world
        return Renew({name: world.parked(name) for name in self._parking}, world.clock)

    @property
    def _parking(self) -> Collection[str]:
        """The queues that have dead letters: those that the function's variables name, or all."""
        sinks = (f"sink-{name}" for name in self.settings.sinks)
        return self.settings.dead_letter_queues or (*_PARKING, *sinks)

    def deliver(self, sink: str) -> Deliver:
        """
        From one sink's queue to the sink.

        Raises:
            PluginError: names the plugin that is not there or not configured.
        """
        from penstock.pipeline.deliver import Deliver

        built = self.registry.build_sink(sink, self.environ, self._context)
        selected = self.registry.selection(sink, self.environ)
        return Deliver(built, self.world.attempts, self.world.clock, selected)

    def batch(self, function: Function, sink: str | None = None) -> Batch:
        """How a host works through what the queue of a consuming function hands out."""
        handle, queue = self._consumer(function, sink)
        return Batch(
            stage=function.value,
            handle=handle,
            inbox=self.world.inbox(queue),
            clock=self.world.clock,
            backoff=Backoff(self.settings.backoff_base, self.settings.backoff_cap),
            item_timeout=self.settings.item_timeout,
        )

    def _consumer(self, function: Function, sink: str | None) -> tuple[Handle, str]:
        match function:
            case Function.verify:
                return self.verify, "deliveries"
            case Function.process:
                return self.process, "verified"
            case Function.charge:
                return self.dispatch, "payments"
            case Function.deliver:
                name = sink or self.settings.need("sink")
                return self.deliver(name), f"sink-{name}"
            case (
                Function.api
                | Function.merchant
                | Function.operate
                | Function.sweep
                | Function.gaps
                | Function.renew
            ):
                raise ValueError(f"{function} consumes no queue")

    def _context(self, registration: Registration, settings: BaseModel) -> Context[Any]:
        return Context(
            settings=settings,
            secrets=self.world.secrets(registration.name),
            clock=self.world.clock,
            ids=self.world.ids,
            http=self.world.http,
            aws=self.world.aws,
            log=structlog.get_logger().bind(plugin=registration.name),
            request_timeout=self.settings.request_timeout,
            api_url=self.settings.api_url,
            profile=self.profiles.get(registration.name, {}),
        )


def packaged_profiles() -> Mapping[str, Mapping[str, Any]]:
    """What a local zip carries for its plugins; nothing in every other build."""
    return json.loads(_PROFILE.read_bytes()) if _PROFILE.exists() else {}
