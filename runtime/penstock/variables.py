"""How variables of gateways and sinks are named; `receive` reads them, so it imports nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

GATEWAY = "PROVIDER"
SINK = "SINK"
PLUGIN = "plugin"
"""The setting that every gateway and sink has: the plugin it is an instance of."""


def prefix(kind: str, name: str) -> str:
    """
    What the variables of a gateway or sink begin with.

    A variable's name holds no dash, so two underscores stand for it. No field begins with an
    underscore: SINK_SLACK_ is no prefix of SINK_SLACK__OPS_EVENTS as `belongs` reads it.
    """
    return f"{kind}_{name.replace('-', '__')}_".upper()


def belongs(variable: str, kind: str, name: str) -> bool:
    """Whether a variable is of that gateway or sink, not of one whose name goes on."""
    own = prefix(kind, name)
    return variable.startswith(own) and not variable.startswith(f"{own}_")


def plugin_of(environ: Mapping[str, str], kind: str, name: str) -> str:
    """What a gateway or sink is an instance of; its own name where it does not say."""
    return environ.get(f"{prefix(kind, name)}{PLUGIN.upper()}") or name


def plugins_of(
    environ: Mapping[str, str], gateways: Iterable[str] = (), sinks: Iterable[str] = ()
) -> dict[str, str]:
    """What each of these gateways and sinks is an instance of, by its name."""
    return {
        **{name: plugin_of(environ, GATEWAY, name) for name in gateways},
        **{name: plugin_of(environ, SINK, name) for name in sinks},
    }
