"""What the configured gateways can do; asking builds none of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from penstock.bootstrap.parts import Parts
from penstock.errors import MissingCapability, PluginError
from penstock.plugins import indexed_webhook_headers
from penstock.variables import plugins_of

_APPROVED = frozenset({"managessubscriptions", "checkout"})
"""Capabilities whose buyers go to the gateway and come back."""


class Abilities(Parts):
    """The gateways' capabilities, as their plugins or the index of a zip name them."""

    @property
    def abilities(self) -> Mapping[str, Collection[str]]:
        """The names of each configured gateway's capabilities."""
        return {name: self._abilities(name) for name in self.settings.gateways}

    @property
    def sends_buyers_away(self) -> bool:
        """Whether buyers go to a configured gateway and return to the API's address."""
        return any(not _APPROVED.isdisjoint(self._abilities(g)) for g in self.settings.gateways)

    @property
    def webhook_headers(self) -> Mapping[str, Collection[str]]:
        """By configured gateway that takes webhooks, the headers that its door requires."""
        if self.capabilities is None:
            doors = {name: self.registry.gateway(name).door for name in self.settings.gateways}
            return {name: tuple(door.headers) for name, door in doors.items() if door}
        named = plugins_of(self.environ, self.settings.gateways)
        indexed = indexed_webhook_headers()
        return {name: indexed[one] for name, one in named.items() if one in indexed}

    def needs_approval(self, provider: str, wanted: bool | None) -> bool:
        """
        Whether the buyer approves a payment at the gateway.

        Args:
            wanted: what the request says; None where it says nothing.

        Raises:
            MissingCapability: the request wants approval and the gateway has no checkout.
        """
        named = self._abilities(provider) if provider in self.settings.gateways else ()
        if wanted and "checkout" not in named:
            able = ", ".join(sorted(self._able("checkout"))) or "none"
            raise MissingCapability(f"provider has no checkout here; use one of: {able}")
        return "checkout" in named and wanted is not False and (wanted or "charges" not in named)

    def _able(self, capability: str) -> Sequence[str]:
        """The configured gateways that have a capability."""
        return [name for name in self.settings.gateways if capability in self._abilities(name)]

    def _whole(self, gateways: Collection[str]) -> Mapping[str, Collection[str]]:
        """By gateway, the currencies that it takes without decimals."""
        if self.capabilities is not None:
            return self.whole_currencies
        return {name: self.registry.gateway(name).whole_currencies for name in gateways}

    def _abilities(self, gateway: str) -> Collection[str]:
        """
        The names of a gateway's capabilities.

        Raises:
            PluginError: no plugin of this build offers the gateway.
        """
        if self.capabilities is None:
            return self.registry.gateway(gateway).capabilities
        if gateway not in self.capabilities:
            raise PluginError(
                f"{gateway}: no plugin of this build offers it; build the zips again with the "
                "stack's plugins installed"
            )
        return self.capabilities[gateway]
