"""
Each configured plugin is built once before anything starts, and is given no way out then.

As a program it answers questions on standard input, a line of JSON each: the stack's program asks
it, because it imports no plugin itself.

    {"environ", "gateways", "sinks", "modules", "folders"}    ["acmepay: gateway 'acmepay': …"]
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel

from penstock.adapters.clock import SystemClock
from penstock.adapters.ids import RandomIds
from penstock.api import Context, GatewayUnavailable
from penstock.errors import PluginError
from penstock.plugins import Registration, load
from penstock.variables import plugins_of

_SECONDS = 10.0
_API_URL = "https://api.invalid"
"""Before the first deployment nobody knows it; this name leads nowhere (RFC 2606)."""


class _Nothing:
    """Stands for secrets, HTTP, AWS and the log: a trial asks nothing and says nothing."""

    async def get(self) -> NoReturn:
        raise GatewayUnavailable("no secret is read before the start")

    async def refresh(self) -> NoReturn:
        raise GatewayUnavailable("no secret is read before the start")

    async def request(self, method: str, url: str, **rest: Any) -> NoReturn:
        raise GatewayUnavailable("nothing is asked before the start")

    async def call(self, service: str, operation: str, **arguments: Any) -> NoReturn:
        raise GatewayUnavailable("nothing is asked before the start")

    def info(self, event: str, **fields: Any) -> None:
        """Nothing has started that would have a log."""

    def warning(self, event: str, **fields: Any) -> None:
        """Nothing has started that would have a log."""


def problems(
    environ: Mapping[str, str],
    gateways: Iterable[str],
    sinks: Iterable[str],
    *,
    modules: Sequence[str] | None = None,
    profiles: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[str]:
    """
    Build every gateway and sink, and say which cannot be built.

    Args:
        environ: the variables that hold their settings.
        modules: the plugins to load; None for all that are installed.
        profiles: by gateway or sink, what only the local platform adds.

    Returns:
        A line each: the plugin, the instance's name and what was raised; no value of a setting.
    """
    gateways, sinks = [*gateways], [*sinks]

    def context(registration: Registration, settings: BaseModel) -> Context[Any]:
        # Every way to the outside, by whatever name: none of it is there.
        ports: dict[str, Any] = dict.fromkeys((one.name for one in fields(Context)), _Nothing())
        given: dict[str, Any] = {
            "settings": settings,
            "clock": SystemClock(),
            "ids": RandomIds(),
            "request_timeout": _SECONDS,
            "api_url": _API_URL,
            "profile": (profiles or {}).get(registration.name, {}),
            "name": registration.name,
        }
        return Context(**{**ports, **given})

    try:
        registry = load(modules, only=plugins_of(environ, gateways, sinks))
    except PluginError as exc:
        return [str(exc)]
    found: list[str] = []
    builders = [
        *((registry.build_gateway, name) for name in gateways),
        *((registry.build_sink, name) for name in sinks),
    ]
    for build, name in builders:
        try:
            build(name, environ, context)
        except PluginError as exc:
            found.append(str(exc))
    return found


def main() -> None:
    """Answer each question; a plugin that prints does not get between the answers."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w") as answers:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        for line in sys.stdin:
            asked = json.loads(line)
            _find_in(asked["folders"], asked["modules"])
            found = problems(
                asked["environ"], asked["gateways"], asked["sinks"], modules=asked["modules"]
            )
            print(json.dumps(found), file=answers, flush=True)


def _find_in(folders: Sequence[str], modules: Sequence[str]) -> None:
    """Have each plugin imported from where it is installed now."""
    for module, folder in zip(modules, folders, strict=True):
        if folder not in sys.path:
            sys.path.append(folder)
        known = sys.modules.get(module)
        if known is not None and not str(known.__file__).startswith(str(Path(folder, module))):
            for name in [one for one in sys.modules if one.split(".")[0] == module]:
                del sys.modules[name]
            sys.path.remove(folder)
            sys.path.insert(0, folder)


if __name__ == "__main__":
    main()
