"""The checks of a plugin that need no bench: they look at the package as it is installed."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from pydantic import ValidationError

from penstock.api import Simulated, Simulator, Sink
from penstock.api.gateway import CAPABILITIES
from penstock.errors import PluginError
from penstock.plugins import Kind, Plugin, Registration, load
from penstock.plugins.load import GROUP
from penstock.plugins.quoting import quoted
from penstock.testing import datafile, importing
from penstock.testing.checking.checked import Checked, Result, verdict
from penstock.testing.checking.find import Found, offers
from penstock.testing.conformance.shapes import awaited_wrongly, shaped_wrongly
from penstock.testing.context import context

PART = "package"
REGISTERS = "it registers what it has"
"""Nothing else can be looked at where this does not pass."""
BUILDS = "it can be built"
"""The kit cannot test what fails this."""
_TRIGGER = "/_simulator/webhooks"
_AWAY = "http://127.0.0.1:9"


def package(found: Found) -> Iterator[Checked]:
    """Each check in turn; none after `REGISTERS` where that does not pass."""
    wrong = importing.findings(found.module)
    yield verdict(PART, "importing it reaches for nothing", "; ".join(wrong))
    if _fatal(wrong):
        return
    try:
        (plugin,) = load([found.module]).plugins
    except PluginError as exc:
        yield verdict(PART, REGISTERS, str(exc))
        return
    yield verdict(PART, REGISTERS, "")
    yield verdict(PART, "no other installed plugin has its names", _taken(plugin))
    yield verdict(PART, "its data file says what its classes say", _stale(found))
    played = {one.name: _play(one.build) for one in plugin.simulators}
    for one in plugin.registrations:
        if found.name in ("", one.name):
            yield verdict(PART, f"{one.name}: its methods are shaped as needed", _shape(one))
            yield _built(one, played.get(one.name))
            if one.door is not None:
                yield _triggered(one, played.get(one.name))


def _fatal(wrong: tuple[str, ...]) -> bool:
    """Whether it cannot be imported here: it would end this process, or raise."""
    marks = (importing.FAILED, "ended the process", "there is no module")
    return any(mark in one for one in wrong for mark in marks)


def _taken(plugin: Plugin) -> str:
    """The names that others register, as their data files say; they are not imported."""
    ours = {one.name for one in plugin.registrations}
    others = [
        f"{name!r} is registered by {point.value}, too"
        for point in entry_points(group=GROUP)
        if point.value != plugin.module
        for name in offers(point)
        if name in ours
    ]
    return "; ".join([*others, "rename one, or uninstall the other"]) if others else ""


def _stale(found: Found) -> str:
    if found.folder is None:
        return f"{found.module} is a module; make it a package, because plugin.json lies in it"
    if datafile.current(found.module):
        return ""
    return f"run: python -m penstock.testing.datafile {found.module}"


def _shape(one: Registration) -> str:
    protocols = [Sink] if one.kind is Kind.sink else _protocols(one)
    wrong = [*awaited_wrongly(one.made, protocols), *shaped_wrongly(one.made, protocols)]
    return "; ".join(wrong)


def _protocols(one: Registration) -> list[type]:
    return [protocol for protocol in CAPABILITIES if protocol.__name__.lower() in one.capabilities]


def _built(one: Registration, played: _Played | None) -> Checked:
    """Whether `build` works with the settings of its simulator, or with none."""
    check = f"{one.name}: {BUILDS}"
    told = played.told if played else None
    try:
        settings = one.settings.model_validate(dict(told.settings) if told else {})
    except ValidationError:
        because = "it needs settings, and no simulator names them; its tests build it"
        return Checked(PART, check, Result.skipped, because)
    try:
        profile = dict(told.profile) if told else {}
        one.build(context(settings, name=one.name, profile=profile))
    except (Exception, SystemExit) as exc:
        return Checked(PART, check, Result.failed, f"build raised {quoted(exc, settings)}")
    return Checked(PART, check, Result.passed)


def _triggered(one: Registration, played: _Played | None) -> Checked:
    """Whether `penstock trigger` can have its simulator send a webhook."""
    check = f"{one.name}: its simulator sends samples"
    if played is None:
        because = "it has no simulator: `make run` and `penstock trigger` leave it out"
        return Checked(PART, check, Result.skipped, because)
    wrong = "" if played.samples else "add penstock.testing.samples to its simulator's app"
    return verdict(PART, check, played.wrong or wrong)


@dataclass(frozen=True, slots=True)
class _Played:
    """A simulator that was built, and not served."""

    told: Simulated | None = None
    samples: bool = False
    wrong: str = ""


def _play(place: str) -> _Played:
    module, _, function = place.partition(":")
    try:
        build = getattr(importlib.import_module(module), function)
        with tempfile.TemporaryDirectory(prefix="penstock-") as folder:
            simulator: Simulator = build(Path(folder))
            samples = any(one.canonical == _TRIGGER for one in simulator.app.router.resources())
            return _Played(simulator.describe(_AWAY), samples)
    except Exception as exc:
        return _Played(wrong=f"building its simulator {place} raised {type(exc).__name__}")
