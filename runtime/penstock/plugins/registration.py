"""The registrations of a plugin, checked as far as possible without building anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, get_type_hints

from pydantic import BaseModel

from penstock.api import Context, Door, EventType, Permission, Sink, capabilities
from penstock.api.gateway import CAPABILITIES
from penstock.domain.currencies import DIGITS
from penstock.errors import PluginError
from penstock.plugins import asked
from penstock.variables import PLUGIN

# A plugin's own name has neither underscore nor dash: PROVIDER_<NAME>_<FIELD> must be readable in
# one way only. An instance's may have dashes.
_NAME = re.compile(r"[a-z][a-z0-9]{0,29}")
_HANDLER = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*){2,}", re.ASCII)
_NEEDS = ("name", "settings", "build")
_OPTIONS = (
    "secrets",
    "webhook_secrets",
    "permissions",
    "door",
    "events",
    "whole_currencies",
    "mock",
)
_FACTORY_NEEDS = ("name", "build")
_FACTORY = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", re.ASCII)


class Kind(StrEnum):
    """What a registration offers."""

    gateway = "gateway"
    sink = "sink"


@dataclass(frozen=True, slots=True)
class Registration:
    """
    One gateway or sink on offer.

    Attributes:
        plugin: the module it came from; errors name it.
        name: what it is configured as: its plugin's name for it, or that of one instance of it.
        made: the class that `build` returns; its capabilities are read from it.
        events: for a sink, the event types it gets by default; None for all.
        webhook_secrets: those of a gateway's secret fields that authenticate its webhooks.
        whole_currencies: what a gateway takes without decimals though ISO 4217 has some.
        mock: the Lambda handler that answers in a gateway's place.
    """

    plugin: str
    kind: Kind
    name: str
    settings: type[BaseModel]
    build: Callable[[Context[Any]], Any]
    made: type
    secrets: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    door: Door | None = None
    events: tuple[str, ...] | None = None
    whole_currencies: tuple[str, ...] = ()
    webhook_secrets: tuple[str, ...] = ()
    mock: str | None = None

    @property
    def apart(self) -> tuple[str, ...]:
        """The secret fields in a secret of their own; none where the others would be none."""
        return self.webhook_secrets if {*self.secrets} - {*self.webhook_secrets} else ()

    @property
    def capabilities(self) -> tuple[str, ...]:
        """The capabilities of a gateway; empty for a sink."""
        return capabilities(self.made) if self.kind is Kind.gateway else ()

    def __str__(self) -> str:
        return f"{self.plugin}: {self.kind} {self.name!r}"


@dataclass(frozen=True, slots=True)
class StandIn:
    """One simulator on offer; `build` is `package.module:function`."""

    plugin: str
    name: str
    build: str


@dataclass(frozen=True, slots=True)
class Account:
    """What commands do at one gateway's account; `build` is `package.account:Class`."""

    plugin: str
    name: str
    build: str


@dataclass(frozen=True, slots=True)
class Plugin:
    """Everything one module registered."""

    module: str
    registrations: tuple[Registration, ...]
    simulators: tuple[StandIn, ...]
    accounts: tuple[Account, ...] = ()


@dataclass(slots=True)
class Collector:
    """The other side of `register(…)`, for one plugin."""

    plugin: str
    registrations: list[Registration] = field(default_factory=list[Registration])
    simulators: list[StandIn] = field(default_factory=list[StandIn])
    accounts: list[Account] = field(default_factory=list[Account])

    def gateway(self, *unnamed: object, **given: Any) -> None:
        """Register a gateway; the arguments are those of `Register`."""
        self._take(Kind.gateway, unnamed, given)

    def sink(self, *unnamed: object, **given: Any) -> None:
        """Register a sink; the arguments are those of `Register`."""
        self._take(Kind.sink, unnamed, given)

    def simulator(self, *unnamed: object, **given: Any) -> None:
        """Register a simulator; the arguments are those of `RegisterSimulator`."""
        form = "package.module:function"
        name, build = self._factory("simulator", unnamed, given, form)
        self.simulators.append(StandIn(self.plugin, name, build))

    def account(self, *unnamed: object, **given: Any) -> None:
        """Register the account of a gateway; the arguments are those of `RegisterAccount`."""
        name, build = self._factory("account of", unnamed, given, "package.account:Class")
        self.accounts.append(Account(self.plugin, name, build))

    def _factory(
        self, what: str, unnamed: Sequence[object], given: Mapping[str, Any], form: str
    ) -> tuple[str, str]:
        who = f"{self.plugin}: {what} {given.get('name', '')!r}"
        asked.check(who, unnamed, given, _FACTORY_NEEDS, _FACTORY_NEEDS)
        name, build = given["name"], given["build"]
        if not isinstance(build, str) or not _FACTORY.fullmatch(build):
            raise PluginError(f"{who}: build must be text, '{form}': it is imported when needed")
        return name, build

    def _take(self, kind: Kind, unnamed: Sequence[object], given: Mapping[str, Any]) -> None:
        who = f"{self.plugin}: {kind} {given.get('name', '')!r}"
        asked.check(who, unnamed, given, _NEEDS, (*_NEEDS, *_OPTIONS))
        if not _NAME.fullmatch(given["name"]):
            raise PluginError(f"{who}: a name is small letters and digits, at most 30")
        registration = Registration(self.plugin, kind, made=_made(who, given["build"]), **given)
        _check_claims(registration)
        self.registrations.append(registration)


def _made(who: str, build: Callable[[Context[Any]], Any]) -> type:
    """The class that `build` makes: `build` itself, or the function's return annotation."""
    try:
        made: Any = build if isinstance(build, type) else get_type_hints(build).get("return")
    except TypeError:
        # It can have no annotations: no function.
        made = None
    if not isinstance(made, type):
        raise PluginError(
            f"{who}: build must be a class, or a function annotated with the class it returns"
        )
    return made


def _check_claims(registration: Registration) -> None:
    """
    Refuse a registration that cannot work.

    Raises:
        PluginError: half a capability, a door without webhooks or the reverse, no settings model.
    """
    made = registration.made
    settings: Any = registration.settings  # a plugin need not be type-checked
    if not (isinstance(settings, type) and issubclass(settings, BaseModel)):
        raise PluginError(f"{registration}: settings must be a pydantic model")
    if PLUGIN in settings.model_fields:
        raise PluginError(
            f"{registration}: `{PLUGIN}` is a setting that every {registration.kind} has: rename"
            " the plugin's own"
        )
    _check_secrets(registration)
    if registration.kind is Kind.sink:
        _check_members(registration, Sink)
        _check_events(registration)
        if registration.whole_currencies:
            raise PluginError(
                f"{registration}: a sink takes no money: leave `whole_currencies` out"
            )
        if registration.mock is not None:
            raise PluginError(f"{registration}: only a gateway has a mock: leave `mock` out")
        return

    if registration.mock is not None and not _HANDLER.fullmatch(registration.mock):
        raise PluginError(f"{registration}: mock must be 'package.module.function'")
    if registration.events is not None:
        raise PluginError(f"{registration}: only a sink gets events: leave `events` out")
    if unknown := sorted(set(registration.whole_currencies) - set(DIGITS)):
        raise PluginError(
            f"{registration}: whole_currencies must be of ISO 4217, and are not:"
            f" {', '.join(unknown)}"
        )
    for protocol in CAPABILITIES:
        if any(hasattr(made, member) for member in _members(protocol)):
            _check_members(registration, protocol)
    if not registration.capabilities:
        raise PluginError(f"{registration}: {made.__name__} has no capability")
    if ("webhooks" in registration.capabilities) is not (registration.door is not None):
        raise PluginError(f"{registration}: webhooks and a door come together or not at all")
    if registration.door is not None:
        _check_door(registration, registration.door)


def _check_secrets(registration: Registration) -> None:
    if not registration.webhook_secrets:
        return
    if "webhooks" not in registration.capabilities:
        raise PluginError(
            f"{registration}: only a gateway with webhooks has webhook_secrets: leave it out"
        )
    if unknown := sorted({*registration.webhook_secrets} - {*registration.secrets}):
        raise PluginError(
            f"{registration}: webhook_secrets must be among secrets, and are not:"
            f" {', '.join(unknown)}"
        )


def _check_events(registration: Registration) -> None:
    if "events" in registration.settings.model_fields:
        raise PluginError(
            f"{registration}: `events` is a setting that every sink has: rename the plugin's own"
        )
    unknown = [one for one in registration.events or () if one not in set(EventType)]
    if unknown or registration.events == ():
        raise PluginError(
            f"{registration}: events must name event types, and does not:"
            f" {', '.join(unknown) or 'it is empty'}"
        )


def _check_members(registration: Registration, protocol: type) -> None:
    absent = [member for member in _members(protocol) if not hasattr(registration.made, member)]
    if absent:
        raise PluginError(
            f"{registration}: {registration.made.__name__} is no {protocol.__name__}:"
            f" it lacks {', '.join(absent)}"
        )


def _members(protocol: type) -> list[str]:
    # The name is looked at once there is an instance: it may be set there.
    return [m for m in vars(protocol) if not m.startswith("_") and m != "name"]


def _check_door(registration: Registration, door: Door) -> None:
    for header, patterns in door.headers.items():
        if header != header.lower():
            raise PluginError(f"{registration}: door header {header!r} must be lower-case")
        if (
            not isinstance(patterns, str)
            and "environment" not in registration.settings.model_fields
        ):
            raise PluginError(
                f"{registration}: door header {header!r} depends on the environment,"
                " and the settings have no field of that name"
            )
        for pattern in [patterns] if isinstance(patterns, str) else patterns.values():
            try:
                re.compile(pattern)
            except re.error as exc:
                raise PluginError(
                    f"{registration}: door header {header!r} has no regular expression"
                ) from exc
