"""The gateways' doors, read from the plugins' data files: imports no plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock import variables
from penstock.errors import SettingsError
from penstock.pipeline.receive import Door


def doors(
    index: Mapping[str, Any], environ: Mapping[str, str], profiles: Mapping[str, Any]
) -> dict[str, Door]:
    """
    The doors of the configured gateways that have one, by gateway.

    Args:
        index: `{"plugins": [each plugin's data file]}`.
        environ: PENSTOCK_GATEWAYS, and each gateway's plugin and environment.
        profiles: by gateway, what the local platform adds; empty wherever we are deployed.

    Raises:
        SettingsError: no data file has the gateway, or its door lacks the environment.
    """
    offered = {one["name"]: one for plugin in index["plugins"] for one in plugin["gateways"]}
    found: dict[str, Door] = {}
    for name in filter(None, map(str.strip, environ.get("PENSTOCK_GATEWAYS", "").split(","))):
        brought = variables.plugin_of(environ, variables.GATEWAY, name)
        if brought not in offered:
            raise SettingsError(
                f"PENSTOCK_GATEWAYS names {brought!r}, which no plugin of this build offers; "
                "build the zips again with the stack's configuration"
            )
        if offered[brought]["door"] is not None:
            found[name] = _door(name, offered[brought], environ, profiles.get(name, {}))
    return found


def _door(
    name: str,
    gateway: Mapping[str, Any],
    environ: Mapping[str, str],
    profile: Mapping[str, Any],
) -> Door:
    door = gateway["door"]
    own: Mapping[str, str] = profile.get("door", {})
    variable = f"{variables.prefix(variables.GATEWAY, name)}ENVIRONMENT"
    environment = environ.get(variable) or _default(gateway)
    patterns: dict[str, re.Pattern[str]] = {}
    for header, pattern in door["headers"].items():
        if environment == "local" and header in own:
            pattern = own[header]
        elif not isinstance(pattern, str):
            pattern = pattern.get(environment)
        if pattern is None:
            raise SettingsError(
                f"{variable}: the door of {name} knows "
                f"{', '.join(door['headers'][header])} and not what it is set to"
            )
        patterns[header] = re.compile(pattern)
    return Door(name, patterns, door["body_limit"], door["json"])


def _default(gateway: Mapping[str, Any]) -> str | None:
    return gateway["settings"].get("properties", {}).get("environment", {}).get("default")
