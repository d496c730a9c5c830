"""The parts that every stage of one host is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel

from penstock.api import Clock, Context, Gateway, Ids
from penstock.bootstrap.world import World
from penstock.plugins import Registration, Registry
from penstock.ports import Ledger
from penstock.settings import Settings

if TYPE_CHECKING:
    # A worker's cold start is its imports: each stage is imported where it is made.
    from penstock.pipeline.gate import Gate


@dataclass(frozen=True)
class Parts:
    """
    Settings, plugins and adapters; not slotted, because each stage is made once and then kept.

    Attributes:
        environ: the variables that hold plugins' settings.
        registry: the plugins; none is built before a stage needs it.
        profiles: by gateway or sink, what only the local platform adds.
        capabilities: by gateway, its capabilities, for a host without plugins; None for a host
            that asks its plugins.
        whole_currencies: the same for the currencies that each gateway takes without decimals.
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
            PluginError: a plugin is missing or not configured; names it.
        """
        return {
            name: self.registry.build_gateway(name, self.environ, self._context)
            for name in self.settings.gateways
        }

    @property
    def ledger(self) -> Ledger:
        """Where facts are kept."""
        return self.world.ledger

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.world.clock

    @property
    def ids(self) -> Ids:
        """New ids."""
        return self.world.ids

    @cached_property
    def gate(self) -> Gate:
        """What operators have restricted; all stages share it and the list it has read."""
        from penstock.pipeline.gate import Gate

        return Gate(self.world.restrictions, self.clock)

    def _context(self, registration: Registration, settings: BaseModel) -> Context[Any]:
        return Context(
            settings=settings,
            secrets=self.world.secrets(registration.name, registration.apart),
            clock=self.clock,
            ids=self.ids,
            http=self.world.http,
            public_http=self.world.public_http,
            aws=self.world.aws,
            log=structlog.get_logger().bind(plugin=registration.name),
            request_timeout=self.settings.request_timeout,
            api_url=self.settings.api_url,
            profile=self.profiles.get(registration.name, {}),
            name=registration.name,
        )
