"""What is found out before the first resource is made, besides what the settings say."""

from __future__ import annotations

from collections.abc import Iterator

from infra.contract import event_types
from infra.environment import plugin_settings
from infra.permits import resource
from infra.plugins import Plugins
from infra.settings import PROJECT, ROOT, ConfigError, StackSettings

ZIPS = ("receive", "worker")


def refuse_what_cannot_be(settings: StackSettings, plugins: Plugins) -> None:
    """
    Make sure that the program will come to its end.

    Raises:
        ConfigError: a zip is missing, a sink waits for events nobody publishes, or a plugin asks
            for what it cannot be given.
    """
    if problems := [*_zips(settings), *_events(settings)]:
        raise ConfigError(*problems)
    for kind, used in (("PROVIDER", plugins.gateways), ("SINK", plugins.sinks)):
        for name, one in used.items():
            plugin_settings(kind, name, one.settings)
            for asked in one.offer.permissions:
                resource(one, asked, "us-east-1", "0" * 12)


def _zips(settings: StackSettings) -> Iterator[str]:
    folder = ROOT / settings.bundles
    for name in ZIPS:
        if not (folder / f"{name}.zip").is_file():
            yield f"{PROJECT}:bundles: there is no {folder / name}.zip: run `make build`"


def _events(settings: StackSettings) -> Iterator[str]:
    known = event_types()
    for sink, given in settings.sinks.items():
        types = given.get("events")
        if types is None:
            continue
        if not isinstance(types, list) or not types or not known.issuperset(map(str, types)):
            yield (
                f"{PROJECT}:sinks.{sink}.events is no list of event types: leave it out for all, "
                f"or name some of {', '.join(sorted(known))}"
            )
