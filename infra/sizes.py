"""Whether the plugins' settings fit into a function's environment variables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.config.plugins import Plugins
from infra.config.project import PROJECT
from infra.environment import plugin_settings, sink_settings

LAMBDA_BYTES = 4096
"""[aws] All variables of a function together, as JSON ("Lambda quotas")."""
PLUGIN_BYTES = 2048
"""What is left for plugins; our own variables need the rest, which a test holds them to."""


def oversize(plugins: Plugins) -> Iterator[str]:
    """Name the settings that no function can hold: of all gateways together, of each sink."""
    # A function that calls one gateway is given the settings of all of them.
    gateways = {name: one.settings for name, one in plugins.gateways.items()}
    yield from _room("gateways", "PROVIDER", gateways)
    for name, one in plugins.sinks.items():
        yield from _room("sinks", "SINK", {name: sink_settings(one)})


def _room(key: str, kind: str, used: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    variables = {
        (name, setting): plugin_settings(kind, name, {setting: value})
        for name, settings in used.items()
        for setting, value in settings.items()
    }
    sizes = {where: _bytes(given) for where, given in variables.items()}
    total = sum(sizes.values())
    if total <= PLUGIN_BYTES:
        return
    of_each = ", ".join(
        f"{name} {sum(size for (owner, _), size in sizes.items() if owner == name):,}"
        for name in used
    )
    (name, setting), longest = max(sizes.items(), key=lambda one: one[1])
    yield (
        f"{PROJECT}:{key}: the settings take {total:,} bytes as environment variables "
        f"({of_each}), and Lambda leaves room for at most {PLUGIN_BYTES:,}: shorten "
        f"{PROJECT}:{key}.{name}.{setting}, the longest with {longest:,}"
    )


def _bytes(variables: Mapping[str, object]) -> int:
    """As Lambda counts them: a JSON object's text, without the braces."""
    return len(json.dumps(variables, ensure_ascii=False).encode()) - 2 if variables else 0
