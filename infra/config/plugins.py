"""What the stack knows of plugins: their data files, read without importing a line of theirs."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema_rs
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.config.project import PROJECT, ConfigError
from infra.config.settings import StackSettings

GROUP = "penstock"
FILE = "plugin.json"
EVENTS = "events"
PLUGIN = "plugin"
"""The setting that says what a gateway or sink is an instance of; `penstock.variables` has it."""
WEBHOOKS = "-webhooks"
"""What the name of a secret ends with that authenticates webhooks; the runtime reads it so."""


class Permission(BaseModel):
    """
    An action on resources of the account, as `service:resource` with `{settings.…}` in it.

    Attributes:
        only_if: condition keys, and the texts that they must equal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    action: str
    resource: str
    only_if: dict[str, str] = Field(default_factory=dict[str, str])


class Offer(BaseModel):
    """
    A gateway or a sink, as its plugin's data file describes it.

    Attributes:
        name: its plugin's for it; of one that is configured, its own.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    capabilities: tuple[str, ...] = ()
    settings: dict[str, Any] = Field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    webhook_secrets: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    door: dict[str, Any] | None = None
    events: tuple[str, ...] | None = None
    mock: str | None = None

    @property
    def kept(self) -> Mapping[str, Sequence[str]]:
        """
        Its secrets by name, each with its fields.

        What authenticates webhooks is apart, unless there is nothing else.
        """
        rest = [one for one in self.secrets if one not in self.webhook_secrets]
        if rest and self.webhook_secrets:
            return {self.name: rest, f"{self.name}{WEBHOOKS}": self.webhook_secrets}
        return {self.name: self.secrets} if self.secrets else {}

    @property
    def verifies_with(self) -> str | None:
        """The secret that authenticates its webhooks; without a word of its plugin, all it has."""
        kept = list(self.kept) if "webhooks" in self.capabilities else []
        return kept[-1] if kept else None

    @property
    def calls_with(self) -> str | None:
        """The secret that its API is called with."""
        only_webhooks = {*self.secrets} == {*self.webhook_secrets}
        return None if only_webhooks else self.name


class PluginFile(BaseModel):
    """A plugin's data file."""

    model_config = ConfigDict(frozen=True)

    module: str
    gateways: tuple[Offer, ...] = ()
    sinks: tuple[Offer, ...] = ()


@dataclass(frozen=True, slots=True)
class Plugin:
    """
    An installed plugin.

    Attributes:
        name: its entry point's.
        folder: where its package lies.
        raw: its data file, word for word, as the zips carry it.
    """

    name: str
    folder: Path
    file: PluginFile
    raw: Mapping[str, Any]


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


def installed(found: Iterable[EntryPoint] | None = None) -> Sequence[Plugin]:
    """
    The installed plugins, by name.

    Raises:
        ConfigError: one has no readable data file; names the plugin.
    """
    points = entry_points(group=GROUP) if found is None else found
    # Two copies of one distribution on the path are one plugin.
    unique = {(point.name, point.value): point for point in points}
    return [_read(point) for _, point in sorted(unique.items())]


def _read(point: EntryPoint) -> Plugin:
    spec = find_spec(point.value) if "." not in point.value else None
    folder = next(iter(spec.submodule_search_locations or ()), None) if spec else None
    if folder is None:
        raise ConfigError(
            f"plugin {point.name}: there is no package {point.value}: correct the entry point in "
            "its pyproject.toml and install it again, or uninstall it"
        )
    path = Path(folder, FILE)
    again = f"write it with `.venv/bin/python -m penstock.testing.datafile {point.value}`"
    try:
        raw = json.loads(path.read_bytes())
        return Plugin(point.name, path.parent, PluginFile.model_validate(raw), raw)
    except FileNotFoundError:
        raise ConfigError(f"plugin {point.name}: its package has no {FILE}: {again}") from None
    except (OSError, ValueError, ValidationError) as exc:
        raise ConfigError(f"plugin {point.name}: its {FILE} cannot be read: {again}") from exc


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
        {
            n: _selecting(
                _configure(
                    "sinks", n, {k: v for k, v in s.items() if k != EVENTS}, sinks, gateways
                ),
                s.get(EVENTS),
            )
            for n, s in settings.sinks.items()
        },
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


def _selecting(sink: Configured, given: Any) -> Configured:
    """With the event types that it gets: those of its setting, else its plugin's default."""
    types = selected(sink.offer, given)
    return sink if types is None else replace(sink, events=types)


def selected(sink: Offer, given: Any) -> Sequence[str] | None:
    """
    The event types that a sink gets, sorted; None for all.

    Args:
        given: the sink's setting `events`; None where it has none.
    """
    if everything(given):
        return None
    # What is no list is refused by the checks, with the other keys that are wrong.
    types = given if isinstance(given, list) else sink.events
    return None if types is None else sorted(map(str, types))


def everything(given: Any) -> bool:
    """Whether a sink's setting `events` selects every event: `all`, or a list with "*" in it."""
    return given in ("all", "*") or (isinstance(given, list) and "*" in given)


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
    complete = {**_defaults(offer.settings), **own}
    # Masked: the validator quotes what it refuses, and a setting may be somebody's address.
    validator = jsonschema_rs.validator_for(
        {**offer.settings, "additionalProperties": False}, mask="this value"
    )
    wrong = validator.iter_errors(complete)
    if problems := [_problem(where, name, offer, error) for error in wrong]:
        raise ConfigError(*problems)
    return Configured(offer.model_copy(update={"name": name}), plugin, brought, complete)


def _problem(where: str, name: str, offer: Offer, error: jsonschema_rs.ValidationError) -> str:
    """One line on one wrong setting: which, and what to do."""
    path = ".".join([where, *map(str, error.instance_path)])
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required():
            return f"{path}.{error.kind.property} is missing: {offer.name} needs it, set it"
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties():
            named = error.kind.unexpected
            if secret := next((one for one in named if one in offer.secrets), None):
                return (
                    f"{path}.{secret} is a secret, which no file may hold: remove it (who may "
                    f"read the file knows it now), and run `penstock secrets set {name}`"
                )
            settings = ", ".join(sorted(offer.settings.get("properties", {}))) or "none"
            return f"{path}.{named[0]} is no setting of {offer.name}: remove it; it has {settings}"
        case (
            jsonschema_rs.ValidationErrorKind.Pattern() | jsonschema_rs.ValidationErrorKind.AnyOf()
        ):
            return f"{path}: {error.message}{_example(offer.settings, error.schema_path)}"
        case _:
            return f"{path}: {error.message}"


def _example(schema: Any, place: Sequence[str | int]) -> str:
    """What to write instead, where the schema has an example."""
    for name in place[:-1]:
        schema = schema[name]
    variants = (schema, *schema.get("anyOf", ()))
    examples = next((one["examples"] for one in variants if "examples" in one), ())
    return f"; write one as in {examples[0]}" if examples else ""


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Every setting is passed on, so that what a plugin takes for granted is seen in the stack."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: field["default"]
        for name, field in properties.items()
        if field.get("default") is not None
    }
