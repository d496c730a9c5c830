"""The locked dependencies of the functions, installed for a target, pruned and compiled once."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path

from infra.bundle.target import BundleError, Platform
from infra.config.project import ROOT

LOCK = ROOT / "locks" / "worker.txt"
CACHE = ROOT / "build" / "cache"

# The AWS APIs that functions call. botocore brings the data of all of them, 100 MB of JSON.
SERVICES = frozenset(["sqs", "sns", "dynamodb", "secretsmanager", "sesv2", "sts"])
_DATA = re.compile(r"botocore/data/([^/]+)/")
_UNUSED = re.compile(
    r"(^|/)(tests|__pycache__)/|\.(pyi|pxd|pyx|c|h)$|^bin/|"
    r"\.dist-info/(RECORD$|INSTALLER$|REQUESTED$|direct_url\.json$|sboms/)|"
    # Made for other people's tests, and the compiler of a package whose compiled half is all
    # that is used.
    r"^multidict/_testcapi|^aiohttp/(pytest_plugin|test_utils)\.py$|^(cffi|pycparser)/|"
    # boto3's resources, where we use clients; time zones, which every system has; examples.
    r"^boto3/(data|examples)/|^dateutil/zoneinfo/.*\.tar\.gz$|^botocore/data/.*/examples-1\.json"
)


def dependencies(platform: Platform, imported: Iterable[str]) -> Mapping[str, Path]:
    """
    Files of the packages that are imported, and of what those need, by their path in the zip.

    Raises:
        BundleError: they cannot be installed, or one is not among those that are locked.
    """
    stage = staged(platform)
    wanted = _distributions(stage, imported)
    files = {
        str(file): Path(str(file.locate()))
        for distribution in wanted
        for file in distribution.files or ()
        if ".." not in file.parts and _kept(str(file))
    }
    pycs = {
        path.relative_to(stage).as_posix(): path
        for path in (compiled(source, platform) for source in files.values())
        if path
    }
    return {**files, **pycs}


def compile_sources(folder: Path, python: Path) -> None:
    """
    Compile what is below a folder to `.pyc` that are never checked against their source.

    The archive's time stamps make ordinary ones stale, and a function's folder cannot be written:
    it would compile at every start. The paths in them are those on Lambda.

    Raises:
        BundleError: a source cannot be compiled.
    """
    command = [str(python), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]
    # A set among the constants is written in the order of its hashes.
    environment = {"PYTHONHASHSEED": "0", "PATH": os.environ.get("PATH", os.defpath)}
    done = subprocess.run(  # noqa: S603 - an interpreter we found, on our own folder
        command, capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise BundleError(f"the sources do not compile: {(done.stdout or done.stderr)[-2000:]}")


def compiled(source: Path, platform: Platform) -> Path | None:
    """The `.pyc` beside a source; None if there is none."""
    if source.suffix != ".py":
        return None
    tag = f"cpython-{platform.version.replace('.', '')}"
    path = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
    return path if path.is_file() else None


def staged(platform: Platform, lock: Path = LOCK) -> Path:
    """
    The folder that what is locked is installed in; made when the lock or this module has changed.

    Raises:
        BundleError: it cannot be installed.
    """
    made_of = hashlib.sha256(lock.read_bytes() + Path(__file__).read_bytes())
    made_of.update(repr((platform.version, platform.pip, bool(platform.python))).encode())
    name = f"{lock.stem}-{platform.target}"
    stage = CACHE / f"{name}-{made_of.hexdigest()[:16]}"
    if stage.is_dir():
        return stage
    CACHE.mkdir(parents=True, exist_ok=True)
    for stale in CACHE.glob(f"{name}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    unfinished = CACHE / f"unfinished-{name}-{os.getpid()}"
    try:
        _install(platform, lock, unfinished)
        if platform.python is not None:
            compile_sources(unfinished, platform.python)
        unfinished.rename(stage)
    except OSError:
        # Somebody else built the same meanwhile.
        if not stage.is_dir():
            raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return stage


def _install(platform: Platform, lock: Path, folder: Path) -> None:
    """With uv, which takes seconds, or with pip, which knows its own configuration."""
    common = ["--require-hashes", "--no-deps", "--target", str(folder), "-r", str(lock)]
    wheels = ["--only-binary", ":all:"]
    uv = [sys.executable, "-m", "uv", "pip", "install", "-q", *wheels, *common]
    uv += platform.uv or ["--python", sys.executable]
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-compile", *wheels, *common]
    pip += ["--disable-pip-version-check", *platform.pip]
    for command in (uv, pip):
        shutil.rmtree(folder, ignore_errors=True)
        done = subprocess.run(  # noqa: S603 - our own interpreter and arguments
            command, capture_output=True, text=True, check=False
        )
        if done.returncode == 0:
            return
    raise BundleError(f"{lock.name} could not be installed: {done.stderr[-2000:]}")


def _distributions(stage: Path, imported: Iterable[str]) -> list[Distribution]:
    there, imports = _installed(stage)
    if unknown := {name for name in imported if name not in imports}:
        raise BundleError(
            f"{', '.join(sorted(unknown))} is imported and not in {LOCK.name}: name what it comes "
            "from in the group `worker` of pyproject.toml, and run `make lock`"
        )
    waiting, needed = [imports[name] for name in imported], dict[str, Distribution]()
    while waiting:
        name = waiting.pop()
        if name not in needed and name in there:
            needed[name] = there[name]
            waiting += [_name(r) for r in there[name].requires or () if "extra ==" not in r]
    return list(needed.values())


@cache
def _installed(stage: Path) -> tuple[Mapping[str, Distribution], Mapping[str, str]]:
    """What is in a stage by its name, and the name by what is imported; a stage never changes."""
    there = {_name(one.metadata["Name"]): one for one in distributions(path=[str(stage)])}
    imports = {
        file.parts[0].partition(".")[0]: name
        for name, one in there.items()
        for file in one.files or ()
    }
    return there, imports


def _name(requirement: str) -> str:
    """A distribution's name as it is compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def _kept(file: str) -> bool:
    data = _DATA.match(file)
    return not (data and data[1] not in SERVICES) and not _UNUSED.search(file)
