"""Finds plugins and calls their hooks, each with a fresh manager: nothing is global."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Collection, Iterable, Mapping
from typing import Any

import pluggy

from penstock.api import hookspecs
from penstock.errors import PluginError
from penstock.plugins.registration import Account, Collector, Plugin, StandIn
from penstock.plugins.registry import Registry

GROUP = "penstock"
INDEX = "_plugins.json"


def load(
    modules: Iterable[str | object] | None = None, *, only: Mapping[str, str] | None = None
) -> Registry:
    """
    Load plugins and collect what they register.

    Args:
        modules: names of modules to import, or modules and other objects with hooks (tests).
            Left out, it is the index that the build of a zip wrote, so that no metadata is
            searched there; without an index, every entry point of the group `penstock`.
        only: the gateways and sinks that are needed, each with what it is an instance of (see
            `penstock.variables.plugins_of`): of an index, no other plugin is imported.

    Raises:
        PluginError: a plugin that cannot be imported, misspells a hook, registers nothing,
            fails to register or takes another's name; it names the plugin.
    """
    if modules is None:
        modules = _indexed(only)
    if modules is None:
        modules = _installed()
    manager = pluggy.PluginManager("penstock")
    manager.add_hookspecs(hookspecs)
    names = [_register(manager, module) for module in modules]
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as exc:
        # Imported here: a plugin that works does not need it.
        from penstock.plugins import hooks

        because = hooks.unknown(exc.plugin) or _one_line(exc)
        raise PluginError(f"{manager.get_name(exc.plugin)}: {because}") from exc
    return Registry(tuple(_collect(manager, name) for name in names), only or {})


def imported(offer: StandIn | Account) -> Any:
    """
    What a simulator's or an account's `build` names.

    Raises:
        PluginError: its module cannot be imported, or lacks that name.
    """
    module, _, name = offer.build.partition(":")
    found = getattr(_imported(module), name, None)
    if found is None:
        raise PluginError(
            f"{offer.plugin}: build {offer.build!r} of {offer.name}: {module} has no {name};"
            " correct build, or write it"
        )
    return found


def indexed_capabilities() -> Mapping[str, Collection[str]] | None:
    """The capabilities of what plugins bring, from the index of a zip; imports no plugin."""
    index = _index()
    if index is None:
        return None
    return {one["name"]: one["capabilities"] for plugin in index for one in plugin["gateways"]}


def indexed_whole_currencies() -> Mapping[str, Collection[str]]:
    """The currencies that it takes without decimals, from the index of a zip."""
    gateways = [one for plugin in _index() or () for one in plugin["gateways"]]
    return {one["name"]: one.get("whole_currencies", ()) for one in gateways}


def _index() -> list[dict[str, Any]] | None:
    """The plugins that the index of a zip describes; None where there is no index."""
    try:
        raw = pkgutil.get_data("penstock", INDEX)
    except FileNotFoundError:
        return None
    return None if raw is None else json.loads(raw)["plugins"]


def _indexed(only: Mapping[str, str] | None) -> list[str] | None:
    index = _index()
    if index is None:
        return None
    return [
        plugin["module"]
        for plugin in index
        if only is None
        or any(one["name"] in only.values() for one in (*plugin["gateways"], *plugin["sinks"]))
    ]


def _installed() -> list[str]:
    # Imported here: a function in a zip has an index and does not need this.
    from importlib.metadata import entry_points

    return sorted({entry.value for entry in entry_points(group=GROUP)})


def _register(manager: pluggy.PluginManager, module: str | object) -> str:
    """Register a plugin with the manager. Returns its name for error messages."""
    name = module if isinstance(module, str) else getattr(module, "__name__", None)
    name = name or type(module).__name__
    if manager.has_plugin(name):
        raise PluginError(f"{name}: listed twice; remove one")
    try:
        plugin = _imported(module) if isinstance(module, str) else module
        manager.register(plugin, name)
    except pluggy.PluginValidationError as exc:
        # Its first lines say which hook, its last one what is wrong with it.
        raise PluginError(f"{name}: {_one_line(exc)}; a hook takes `register`") from exc
    return name


def _imported(module: str) -> object:
    if ":" in module:
        package = module.partition(":")[0]
        raise PluginError(
            f"{module}: an entry point of the group {GROUP} names a package: write {package}"
        )
    try:
        return importlib.import_module(module)
    except (Exception, SystemExit) as exc:
        # Imported here: a plugin that works does not need it.
        from penstock.plugins.importing import why

        raise PluginError(f"{module}: importing it failed: {why(module, exc)}") from exc


def _one_line(exc: Exception) -> str:
    return " ".join(str(exc).split())


def _collect(manager: pluggy.PluginManager, name: str) -> Plugin:
    """Call one plugin's hooks; one at a time, so that a failure has a name."""
    collector = Collector(name)
    others = [plugin for other, plugin in manager.list_name_plugin() if other != name]

    def call(hook: str, register: Any) -> None:
        manager.subset_hook_caller(hook, remove_plugins=others)(register=register)

    try:
        call("penstock_register_gateways", collector.gateway)
        call("penstock_register_sinks", collector.sink)
        call("penstock_register_simulators", collector.simulator)
        call("penstock_register_accounts", collector.account)
    except PluginError:
        raise
    except Exception as exc:
        raise PluginError(f"{name}: registering it raised {type(exc).__name__}: {exc}") from exc
    if not (collector.registrations or collector.simulators or collector.accounts):
        from penstock.plugins import hooks

        raise PluginError(f"{name}: {hooks.silent(manager.get_plugin(name))}")
    return Plugin(
        name,
        tuple(collector.registrations),
        tuple(collector.simulators),
        tuple(collector.accounts),
    )
