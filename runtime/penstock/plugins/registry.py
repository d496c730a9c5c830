"""The installed plugins by name; builds the configured ones."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

from pydantic import BaseModel

from penstock.api import Context, Gateway, SettingsError, Sink
from penstock.errors import PluginError
from penstock.plugins.environment import read_selection, read_settings
from penstock.plugins.quoting import quoted
from penstock.plugins.registration import Account, Kind, Plugin, Registration, StandIn

MakeContext = Callable[[Registration, BaseModel], Context[Any]]
"""Makes the context of a plugin from its registration and its settings."""


@dataclass(frozen=True, slots=True)
class Registry:
    """
    Every plugin that was loaded; nothing in it is built yet.

    Attributes:
        instances: by the name of a gateway or sink, what it is an instance of; any other is what
            its plugin calls it.

    Raises:
        PluginError: two registrations share a name; it names both plugins.
    """

    plugins: tuple[Plugin, ...]
    instances: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        # One namespace for both kinds: the name is also the name of the plugin's secret.
        _unique(self.registrations)
        _unique(self.simulators)
        _unique(self.accounts)

    @property
    def registrations(self) -> tuple[Registration, ...]:
        """Every gateway and sink on offer."""
        return tuple(one for plugin in self.plugins for one in plugin.registrations)

    @property
    def configured(self) -> tuple[Registration, ...]:
        """The gateways and sinks that it was loaded for, each under the name it has there."""
        offered = {one.name: one for one in self.registrations}
        return tuple(
            replace(offered[brought], name=name)
            for name, brought in self.instances.items()
            if brought in offered
        )

    @property
    def simulators(self) -> tuple[StandIn, ...]:
        """Every simulator on offer."""
        return tuple(one for plugin in self.plugins for one in plugin.simulators)

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Every gateway's account that commands can use."""
        return tuple(one for plugin in self.plugins for one in plugin.accounts)

    def account(self, name: str) -> Account:
        """
        What commands do at the account of the gateway of that name.

        Raises:
            PluginError: no plugin registered it; lists those that have one.
        """
        offered = {one.name: one for one in self.accounts}
        brought = self.instances.get(name, name)
        if brought not in offered:
            named = ", ".join(sorted(offered)) or "none"
            raise PluginError(f"no plugin offers commands for {name!r}; there are: {named}")
        return offered[brought]

    def gateway(self, name: str) -> Registration:
        """
        The gateway of that name.

        Raises:
            PluginError: no plugin registered it; lists the installed ones.
        """
        return self._find(Kind.gateway, name)

    def sink(self, name: str) -> Registration:
        """
        The sink of that name.

        Raises:
            PluginError: no plugin registered it; lists the installed ones.
        """
        return self._find(Kind.sink, name)

    def build_gateway(
        self, name: str, environ: Mapping[str, str], make_context: MakeContext
    ) -> Gateway:
        """
        Make the gateway of that name from its variables.

        Raises:
            PluginError: unknown, wrongly configured, or not what it claims to be.
        """
        return cast(Gateway, _build(self.gateway(name), environ, make_context))

    def build_sink(self, name: str, environ: Mapping[str, str], make_context: MakeContext) -> Sink:
        """
        Make the sink of that name from its variables.

        Raises:
            PluginError: unknown, wrongly configured, or not what it claims to be.
        """
        return cast(Sink, _build(self.sink(name), environ, make_context))

    def selection(self, name: str, environ: Mapping[str, str]) -> Collection[str] | None:
        """
        The event types that the sink of that name gets; None for all.

        Raises:
            PluginError: unknown, or wrongly configured.
        """
        return read_selection(self.sink(name), environ)

    def _find(self, kind: Kind, name: str) -> Registration:
        offered = {one.name: one for one in self.registrations if one.kind is kind}
        brought = self.instances.get(name, name)
        if brought in offered:
            return replace(offered[brought], name=name)

        listed = ", ".join(f"{n} ({one.plugin})" for n, one in sorted(offered.items())) or "none"
        raise PluginError(
            f"no plugin offers a {kind} named {brought!r}; installed: {listed}."
            f" Install its package, or correct penstock:{kind}s in the stack's configuration."
        )


def _build(
    registration: Registration, environ: Mapping[str, str], make_context: MakeContext
) -> object:
    settings = read_settings(registration, environ)
    context = make_context(registration, settings)
    try:
        built = registration.build(context)
    except SettingsError as exc:
        raise PluginError(f"{registration}: {exc}") from exc
    except (Exception, SystemExit) as exc:
        # Without its cause: a stranger's exception may quote a setting or a secret.
        raise PluginError(
            f"{registration}: building it raised {quoted(exc, settings)}. Correct its settings, or"
            " repair or uninstall the plugin."
        ) from None
    if not isinstance(built, registration.made):
        raise PluginError(
            f"{registration}: build returned a {type(built).__name__},"
            f" not the {registration.made.__name__} it promised"
        )
    name = getattr(built, "name", None)
    if name != registration.name:
        raise PluginError(
            f"{registration}: what was built calls itself {name!r}; a plugin of which there may be"
            " several instances takes its name from its context (`context.name`)"
        )
    return built


def _unique(
    offers: tuple[Registration, ...] | tuple[StandIn, ...] | tuple[Account, ...],
) -> None:
    first: dict[str, str] = {}
    for offer in offers:
        if offer.name in first:
            raise PluginError(
                f"{first[offer.name]} and {offer.plugin} both register {offer.name!r}:"
                " names are unique over gateways and sinks; remove or rename one"
            )
        first[offer.name] = offer.plugin
