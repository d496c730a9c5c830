"""
Each configured plugin is built once before the first resource is made.

The stack's program imports no plugin. It asks `penstock.bootstrap.trial`, a process of its own
that is started when it is first needed and ends with this one.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

from infra.checks import emulated
from infra.config.configured import Plugins
from infra.config.project import ConfigError
from infra.environment import plugin_settings, sink_settings

_MODULE = "penstock.bootstrap.trial"
_WITHIN_SECONDS = 60.0
_ONE_AT_A_TIME = threading.Lock()
_GIVEN = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""What a plugin's code sees here: neither the deployer's credentials nor Pulumi's secrets."""


def refuse_what_cannot_be_built(plugins: Plugins) -> None:
    """
    Build every configured gateway and sink.

    Raises:
        ConfigError: names each plugin that cannot be built, its instance and what was raised,
            without the value of a setting.
    """
    if emulated():
        # Its plugins need what only the local platform adds; `make run` has built them with it.
        return
    used = [*plugins.gateways.values(), *plugins.sinks.values()]
    # One after another as the settings have them: the same question has the same text.
    where = {one.plugin.file.module: str(one.plugin.folder.parent) for one in used}
    question = {
        "environ": _environ(plugins),
        "gateways": [*plugins.gateways],
        "sinks": [*plugins.sinks],
        "modules": [*where],
        "folders": [*where.values()],
    }
    with _ONE_AT_A_TIME:
        problems = _answer(json.dumps(question))
    if problems:
        raise ConfigError(*problems)


def _environ(plugins: Plugins) -> Mapping[str, Any]:
    """The variables of all functions together that hold settings of plugins."""
    found: dict[str, Any] = {}
    for name, one in plugins.gateways.items():
        found |= plugin_settings("PROVIDER", name, {**one.instance_of, **one.settings})
    for name, one in plugins.sinks.items():
        found |= plugin_settings("SINK", name, {**one.instance_of, **sink_settings(one)})
    return found


@cache
def _answer(question: str) -> tuple[str, ...]:
    trial = _trial()
    assert trial.stdin is not None  # noqa: S101 - it was asked for
    assert trial.stdout is not None  # noqa: S101 - it was asked for
    try:
        trial.stdin.write(question + "\n")
        trial.stdin.flush()
        ready, _, _ = select.select([trial.stdout], [], [], _WITHIN_SECONDS)
        line = trial.stdout.readline() if ready else ""
    except BrokenPipeError:
        line = ""
    if line:
        return tuple(json.loads(line))
    _trial.cache_clear()
    _end(trial)
    return (
        "building the configured plugins ended their process, or took longer than "
        f"{_WITHIN_SECONDS:.0f} s: run `penstock plugins check NAME` for each of them",
    )


@cache
def _trial() -> subprocess.Popen[str]:
    started = subprocess.Popen(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", _MODULE],
        env={name: os.environ[name] for name in _GIVEN if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(_end, started)
    return started


def _end(trial: subprocess.Popen[str]) -> None:
    if trial.returncode is None:
        trial.kill()
        trial.communicate()
