"""Plugins: hooks register them, a registry keeps them, and only configured ones are built."""

from penstock.plugins.describe import describe
from penstock.plugins.environment import (
    EVENTS,
    as_text,
    plugin_variables,
    prefix,
    read_selection,
    read_settings,
    variable,
)
from penstock.plugins.load import imported, indexed_capabilities, indexed_whole_currencies, load
from penstock.plugins.registration import Account, Kind, Plugin, Registration, StandIn
from penstock.plugins.registry import MakeContext, Registry

__all__ = [
    "EVENTS",
    "Account",
    "Kind",
    "MakeContext",
    "Plugin",
    "Registration",
    "Registry",
    "StandIn",
    "as_text",
    "describe",
    "imported",
    "indexed_capabilities",
    "indexed_whole_currencies",
    "load",
    "plugin_variables",
    "prefix",
    "read_selection",
    "read_settings",
    "variable",
]
