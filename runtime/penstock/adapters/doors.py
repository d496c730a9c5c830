"""The gateways' doors, read from the plugins' data files: imports no plugin."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from penstock.errors import SettingsError
from penstock.pipeline.receive import Door


def doors(
    index: Mapping[str, Any], environ: Mapping[str, str], profiles: Mapping[str, Any]
) -> dict[str, Door]:
    """
    The doors of the configured gateways that have one, by gateway.

    Args:
        index: `{"plugins": [each plugin's data file]}`.
        environ: PENSTOCK_GATEWAYS, and each gateway's environment.
        profiles: by plugin, what the local platform adds; empty wherever we are deployed.

    Raises:
        SettingsError: no data file has the gateway, or its door lacks the environment.
    """
    offered = {one["name"]: one for plugin in index["plugins"] for one in plugin["gateways"]}
    found: dict[str, Door] = {}
    for name in filter(None, map(str.strip, environ.get("PENSTOCK_GATEWAYS", "").split(","))):
        if name not in offered:
            raise SettingsError(
                f"PENSTOCK_GATEWAYS names {name!r}, which no plugin of this build offers; "
                "build the zips again with the stack's configuration"
            )
        door = offered[name]["door"]
        if door is not None:
            found[name] = _door(offered[name], environ, profiles.get(name, {}))
    return found


def _door(
    gateway: Mapping[str, Any], environ: Mapping[str, str], profile: Mapping[str, Any]
) -> Door:
    door, name = gateway["door"], gateway["name"]
    own: Mapping[str, str] = profile.get("door", {})
    environment = environ.get(f"PROVIDER_{name.upper()}_ENVIRONMENT") or _default(gateway)
    patterns: dict[str, re.Pattern[str]] = {}
    for header, pattern in door["headers"].items():
        if environment == "local" and header in own:
            pattern = own[header]
        elif not isinstance(pattern, str):
            pattern = pattern.get(environment)
        if pattern is None:
            raise SettingsError(
                f"PROVIDER_{name.upper()}_ENVIRONMENT: the door of {name} knows "
                f"{', '.join(door['headers'][header])} and not what it is set to"
            )
        patterns[header] = re.compile(pattern)
    return Door(name, patterns, door["body_limit"], door["json"])


def _default(gateway: Mapping[str, Any]) -> str | None:
    return gateway["settings"].get("properties", {}).get("environment", {}).get("default")
