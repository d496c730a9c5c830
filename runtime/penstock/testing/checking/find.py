"""Finds an installed plugin by a name of its gateway, sink, entry point or package."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from penstock.plugins.load import GROUP


@dataclass(frozen=True, slots=True)
class Found:
    """
    An installed plugin; nothing of it is imported.

    Attributes:
        name: what its tests are about: a gateway or sink; empty for all of the package.
        folder: where its package is; None where the module is none, or is not there.
    """

    module: str
    name: str
    folder: Path | None


def find(name: str) -> Found | None:
    """
    The plugin of that name; None where there is none.

    Its data file says which gateways and sinks it has, so that one which cannot be imported is
    found, too.
    """
    points = sorted(entry_points(group=GROUP), key=lambda one: one.name)
    for point in points:
        if name in offers(point):
            return Found(point.value, name, _folder(point.value))
    for point in points:
        if name in (point.name, point.value):
            return Found(point.value, "", _folder(point.value))
    return None


def known() -> list[str]:
    """The names there are, for an error."""
    points = entry_points(group=GROUP)
    return sorted({name for point in points for name in (point.name, *offers(point))})


def offers(point: EntryPoint) -> Iterator[str]:
    """The gateways and sinks of an installed plugin, as its data file says."""
    folder = _folder(point.value)
    try:
        told: dict[str, Any] = json.loads(Path(folder or "", "plugin.json").read_bytes())
        for kind in ("gateways", "sinks"):
            yield from (str(one["name"]) for one in told.get(kind, ()))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # Without a data file that can be read it is known by its entry point.
        return


def _folder(module: str) -> Path | None:
    spec = importlib.util.find_spec(module) if "." not in module else None
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else None
