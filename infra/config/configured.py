"""The gateways and sinks that a stack's settings name, each as an instance of a plugin."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from infra.config.plugin_settings import complete
from infra.config.plugins import Offer, Plugin
from infra.config.project import PROJECT, ConfigError
from infra.config.selection import EVENTS, selected
from infra.config.settings import StackSettings

PLUGIN = "plugin"
"""The setting that says what a gateway or sink is an instance of; `penstock.variables` has it."""


@dataclass(frozen=True, slots=True)
class Configured:
    """
    A gateway or sink that the stack uses.

    Attributes:
        offer: what its plugin brings, under the name that it is configured as.
        brought: the plugin's own name for it: several instances of one share it.
        settings: its settings, with the defaults that its schema declares.
        events: the event types that a sink gets, sorted; None for all.
    """

    offer: Offer
    plugin: Plugin
    brought: str
    settings: Mapping[str, Any]
    events: Sequence[str] | None = None

    @property
    def name(self) -> str:
        """The name it is configured under."""
        return self.offer.name

    @property
    def instance_of(self) -> Mapping[str, str]:
        """The setting `plugin`, where the name does not say it."""
        return {} if self.brought == self.name else {PLUGIN: self.brought}


@dataclass(frozen=True, slots=True)
class Plugins:
    """Everything pluggable that the stack uses, by name."""

    gateways: Mapping[str, Configured]
    sinks: Mapping[str, Configured]

    @property
    def secrets(self) -> Mapping[str, Mapping[str, Sequence[str]]]:
        """For each that has one, gateways first: its secrets by name, each with its fields."""
        used = (*self.gateways.values(), *self.sinks.values())
        return {one.name: one.offer.kept for one in used if one.offer.kept}


def configured(settings: StackSettings, plugins: Sequence[Plugin]) -> Plugins:
    """
    The gateways and sinks that the settings name, each with its complete settings.

    Raises:
        ConfigError: one that no plugin brings, or two bring, whose name is another's, or whose
            settings are wrong.
    """
    gateways = _index("gateway", ((p, o) for p in plugins for o in p.file.gateways))
    sinks = _index("sink", ((p, o) for p in plugins for o in p.file.sinks))
    if problems := [*_names(settings, {*gateways, *sinks})]:
        raise ConfigError(*problems)
    return Plugins(
        {n: _configure("gateways", n, s, gateways, sinks) for n, s in settings.gateways.items()},
        {n: _sink(n, s, sinks, gateways) for n, s in settings.sinks.items()},
    )


def _names(settings: StackSettings, brought: Collection[str]) -> Iterator[str]:
    """
    Each name that does not tell one thing from all others.

    A name is that of a secret, too, so gateways and sinks share one list of names.
    """
    for key, used in (("gateways", settings.gateways), ("sinks", settings.sinks)):
        for name, given in used.items():
            plugin, where = given.get(PLUGIN, name), f"{PROJECT}:{key}.{name}"
            if not isinstance(plugin, str):
                yield f"{where}.{PLUGIN} is not text: write a plugin's name, as in slack"
            elif plugin != name and name in brought:
                yield (
                    f"{where}: {name} is the name of another plugin: give the instance of "
                    f"{plugin} a name of its own, as in {plugin}-2"
                )
    for name in settings.sinks.keys() & settings.gateways.keys():
        yield (
            f"{PROJECT}:sinks.{name}: a gateway is named {name}, too, and their secrets would be "
            "one: rename one of the two"
        )


def _index(kind: str, offers: Iterable[tuple[Plugin, Offer]]) -> dict[str, tuple[Plugin, Offer]]:
    index: dict[str, tuple[Plugin, Offer]] = {}
    for plugin, offer in offers:
        if other := index.get(offer.name):
            raise ConfigError(
                f"{kind} {offer.name}: plugins {other[0].name} and {plugin.name} both bring it; "
                "uninstall one"
            )
        index[offer.name] = (plugin, offer)
    return index


def _configure(
    key: str,
    name: str,
    given: Mapping[str, Any],
    index: Mapping[str, tuple[Plugin, Offer]],
    others: Collection[str],
) -> Configured:
    where = f"{PROJECT}:{key}.{name}"
    brought = str(given.get(PLUGIN, name))
    if brought not in index and brought in others:
        kind = "sinks" if key == "gateways" else "gateways"
        raise ConfigError(f"{where}: {brought} is one of the {kind}: move it to {PROJECT}:{kind}")
    if brought not in index:
        another = "" if PLUGIN in given else f", name the one it is an instance of ({PLUGIN}: …)"
        raise ConfigError(
            f"{where}: no installed plugin brings {brought} (there are: "
            f"{', '.join(sorted(index)) or 'none'}){another}; install the plugin or remove the key"
        )
    plugin, offer = index[brought]
    own = {field: value for field, value in given.items() if field != PLUGIN}
    settings = complete(where, name, offer, own)
    return Configured(offer.model_copy(update={"name": name}), plugin, brought, settings)


def _sink(
    name: str,
    given: Mapping[str, Any],
    index: Mapping[str, tuple[Plugin, Offer]],
    others: Collection[str],
) -> Configured:
    """A sink with the event types that it gets: those of its setting, else its plugin's."""
    own = {field: value for field, value in given.items() if field != EVENTS}
    sink = _configure("sinks", name, own, index, others)
    return replace(sink, events=selected(sink.offer, given.get(EVENTS)))
