"""Building the zips, one per kind of function."""

from __future__ import annotations

import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from infra.bundle.archive import write
from infra.bundle.closure import Closure, Imports, closure
from infra.bundle.dependencies import compile_sources, compiled, dependencies, staged
from infra.bundle.roots import amazon_roots
from infra.bundle.stamp import CONTRACTS, RUNTIME, Stamp, read, record, sources
from infra.bundle.target import BundleError, Platform, Target, platform
from infra.config.plugins import Plugin, installed
from infra.config.yaml_file import read_yaml


@dataclass(frozen=True, slots=True)
class Kind:
    """
    A kind of function, which has a zip.

    Attributes:
        entries: the modules its handlers are in.
        plugins: those it runs, and so carries: of gateways, or of sinks.
        contract: whether it serves the API's contract.
    """

    entries: tuple[str, ...]
    plugins: Literal["gateways", "sinks"] | None = None
    contract: bool = False


KINDS: Mapping[str, Kind] = {
    "receive": Kind(("penstock.entrypoints.functions.receive",)),
    # One zip for both: a stack turns `operate` on without another build.
    "api": Kind(
        ("penstock.entrypoints.functions.api", "penstock.entrypoints.functions.operate"),
        contract=True,
    ),
    "merchant": Kind(
        ("penstock.entrypoints.functions.merchant",), plugins="gateways", contract=True
    ),
    "worker": Kind(("penstock.entrypoints.functions.workers",), plugins="gateways"),
    # Apart, so that no other function carries a sink's driver.
    "deliver": Kind(("penstock.entrypoints.functions.workers",), plugins="sinks"),
}
# A checkout's contract is YAML, and a zip's is JSON.
_LEFT_OUT = frozenset(["yaml"])

# What plays a provider, what only commands use, and what tests are made with is in no zip.
_LEFT_AT_HOME = re.compile(r"(^|/)(simulator|account)(/|\.py$)")
_TESTING = "penstock/testing/"
_CONTRACTS = "_contracts/"
_UNREAD = frozenset(["events-baseline.json", "postman.json"])
"""Contracts that no function reads."""


def build(
    target: Target, out: Path, profile: Path | None = None, *, where: Platform | None = None
) -> dict[str, Path]:
    """
    Build a zip for each kind of function; at once, if nothing has changed since.

    `worker.zip` holds every installed plugin that brings a gateway, and `deliver.zip` those with a
    sink, whichever a stack uses: one build serves all stacks.

    Args:
        profile: JSON of what the local platform adds, by plugin; for the target `local` only.
        where: left out, the target's own platform.

    Returns:
        The zips, by kind of function.

    Raises:
        BundleError: says what is missing and what to do.
        ConfigError: a plugin's data file cannot be read.
    """
    if profile and target != "local":
        raise BundleError("a profile makes a platform trust test keys: it is for `local` only")
    zips = {kind: out / f"{kind}.zip" for kind in KINDS}
    plugins, where = installed(), where or platform(target)
    data = _data(plugins, profile)
    made_of = Stamp(target, sources(plugins), _key(where, data))
    if read(out) == made_of and all(path.is_file() for path in zips.values()):
        return zips
    # Until they are all there they are made of nothing known.
    record(out, Stamp(target, "", ""))
    imports: dict[Path, Imports] = {}
    needed = {kind: _needed(one, plugins, imports) for kind, one in KINDS.items()}
    # Most of it goes into several zips: it is read and compiled once.
    made = _compile({n: path for one in needed.values() for n, path in one.files.items()}, where)
    for kind, path in zips.items():
        write(path, _entries(KINDS[kind], needed[kind], made, where, data), where.level)
    record(out, made_of)
    return zips


def _needed(kind: Kind, plugins: Sequence[Plugin], imports: dict[Path, Imports]) -> Closure:
    """Our code and the plugins' in a zip, and the packages of others that it imports."""
    carried = [plugin for plugin in plugins if kind.plugins and plugin.raw.get(kind.plugins)]
    own = {name: path for plugin in carried for name, path in _package(plugin).items()}
    packages = [RUNTIME / "penstock", *(plugin.folder for plugin in carried)]
    modules = [*kind.entries, *(_module(name) for name in own if name.endswith(".py"))]
    found = closure(modules, packages, imports)
    if tests := [name for name in found.files if name.startswith(_TESTING)]:
        raise BundleError(
            f"{', '.join(kind.entries)}: {tests[0]} is imported, and is for tests only"
        )
    return Closure({**found.files, **own}, found.foreign - _LEFT_OUT)


def _entries(
    kind: Kind,
    needed: Closure,
    made: Mapping[str, tuple[str, bytes]],
    where: Platform,
    data: Mapping[str, bytes],
) -> Mapping[str, Path | bytes]:
    """Everything in a zip: our code and its `.pyc`, the plugins', data, dependencies."""
    return {
        **(dependencies(where, needed.foreign) if needed.foreign else {}),
        **needed.files,
        **dict(made[name] for name in needed.files if name in made),
        **{
            f"penstock/{name}": content
            for name, content in data.items()
            if kind.contract or not name.startswith(_CONTRACTS)
        },
        "penstock/_roots.pem": amazon_roots(staged(where)),
    }


def _package(plugin: Plugin) -> Mapping[str, Path]:
    """A plugin's files, without its simulator and what only commands use."""
    root = plugin.folder.parent
    files = (path for path in plugin.folder.rglob("*") if path.is_file())
    named = ((path.relative_to(root).as_posix(), path) for path in files)
    return {
        name: path
        for name, path in named
        if not _LEFT_AT_HOME.search(name) and "__pycache__" not in name
    }


def _module(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _compile(files: Mapping[str, Path], where: Platform) -> Mapping[str, tuple[str, bytes]]:
    """Each source's `.pyc`, by the source's name: its name in the zip, and its bytes."""
    if where.python is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        stage = Path(folder)
        sources = {name: stage / name for name in files if name.endswith(".py")}
        for name, copy in sources.items():
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(files[name].read_bytes())
        compile_sources(stage, where.python)
        pycs = {name: compiled(copy, where) for name, copy in sources.items()}
        return {
            name: (path.relative_to(stage).as_posix(), path.read_bytes())
            for name, path in pycs.items()
            if path
        }


def _data(plugins: Sequence[Plugin], profile: Path | None) -> Mapping[str, bytes]:
    """What is written at build time: the index of plugins, the contracts, the profile."""
    data = {
        "_plugins.json": _json({"plugins": [dict(plugin.raw) for plugin in plugins]}),
        f"{_CONTRACTS}api.json": _json(read_yaml(CONTRACTS / "api.yaml")),
    }
    for path in CONTRACTS.rglob("*.json"):
        if path.name in _UNREAD:
            continue
        data[f"{_CONTRACTS}{path.relative_to(CONTRACTS).as_posix()}"] = path.read_bytes()
    if profile:
        data["_profile.json"] = _json(json.loads(profile.read_bytes()))
    return data


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _key(where: Platform, data: Mapping[str, bytes]) -> str:
    """A fingerprint of what goes into the zips besides sources."""
    digest = hashlib.sha256(
        repr((where.target, where.version, where.pip, bool(where.python))).encode()
    )
    for name, content in sorted(data.items()):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()
