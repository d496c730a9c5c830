"""The installed plugins: their data files, read without importing a line of theirs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.config.project import ConfigError

GROUP = "penstock"
FILE = "plugin.json"
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
