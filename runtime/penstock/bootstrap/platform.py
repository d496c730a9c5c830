"""
The composition root: every stage, made of settings, plugins and adapters when it is first needed.

    Parts ─┬► Notifications ─┐
           └► Abilities ─────┴► Payments ─┬► Subscriptions ─┐
                                          └► Schedule ──────┴► Platform
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.api import Scheduled
from penstock.bootstrap.schedule import Schedule
from penstock.bootstrap.subscriptions import Subscriptions
from penstock.pipeline.batch import Backoff, Batch, Handle
from penstock.settings import Function

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.api import Sink
    from penstock.pipeline.deliver import Deliver
    from penstock.pipeline.endpoint import Endpoint

_PROFILE = Path(__file__).parents[1] / "_profile.json"


class Platform(Subscriptions, Schedule):
    """All stages of one host, and the batches of those that consume a queue."""

    def deliver(self, sink: str) -> Deliver:
        """
        From one sink's queue to the sink.

        Raises:
            PluginError: the plugin is missing or not configured; names it.
        """
        from penstock.pipeline.deliver import Deliver

        built = self.registry.build_sink(sink, self.environ, self._context)
        selected = self.registry.selection(sink, self.environ)
        return Deliver(built, self.world.attempts, self.clock, selected, self._endpoint(built))

    def _endpoint(self, sink: Sink) -> Endpoint | None:
        if not isinstance(sink, Scheduled):
            return None
        from penstock.pipeline.endpoint import Endpoint

        return Endpoint(sink.name, sink.retries, self.world.attempts, self.clock)

    def batch(self, function: Function, sink: str | None = None) -> Batch:
        """
        How a host works through the messages of a consuming function's queue.

        Args:
            sink: the sink to deliver to; None for the one that the settings name.

        Raises:
            PluginError: a plugin is missing or not configured; names it.
            SettingsError: the settings name no sink.
            ValueError: the function consumes no queue.
        """
        handle, queue = self._consumer(function, sink)
        return Batch(
            stage=function.value,
            handle=handle,
            inbox=self.world.inbox(queue),
            clock=self.clock,
            backoff=Backoff(self.settings.backoff_base, self.settings.backoff_cap),
            item_timeout=self.settings.item_timeout,
        )

    def _consumer(self, function: Function, sink: str | None) -> tuple[Handle, str]:
        """The stage of a consuming function, and the name of its queue."""
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


def packaged_profiles() -> Mapping[str, Mapping[str, Any]]:
    """What a local zip carries for its plugins, by plugin; empty in every other build."""
    return json.loads(_PROFILE.read_bytes()) if _PROFILE.exists() else {}
