"""Pyright finds a plugin that gives `register` what does not fit together."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = """
from pydantic import BaseModel

from penstock.api import (
    Attempt, Context, Delivered, Delivering, Event, Gateway, Register, Sink, hookimpl,
)


class Settings(BaseModel):
    channel: str


class Others(BaseModel):
    url: str


class Chat:
    name = "chat"

    def __init__(self, context: Context[Settings]) -> None:
        self.channel = context.settings.channel

    def accepts(self, event: Event) -> bool:
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        return Delivered()


class AnySettings:
    name = "any"

    def __init__(self, context: Context[BaseModel]) -> None: ...


class Nameless:
    def __init__(self, context: Context[Settings]) -> None: ...


def made(context: Context[Settings]) -> Chat:
    return Chat(context)


@hookimpl
def penstock_register_sinks(register: Register[Sink]) -> None:
    register(name="chat", settings=Settings, build=Chat)
    register(name="chat", settings=Settings, build=made, secrets=("key",))
    register(name="chat", settings=Others, build=Chat)  # the settings of another
    register(name="chat", settings=Settings, build=AnySettings)  # no sink
    register(name="chat", settings=Settings, build="chat:Chat")  # no class
    register(name="chat", settings=dict, build=Chat)  # no model
    register(name="chat", settings=Settings)  # nothing to build
    register(name="chat", settings=Settings, build=Chat, secret=("key",))  # misspelt
    register(name="chat", settings=Settings, build=Chat, secrets="key")  # no tuple


@hookimpl
def penstock_register_gateways(register: Register[Gateway]) -> None:
    register(name="any", settings=Settings, build=AnySettings)
    register(name="nameless", settings=Settings, build=Nameless)  # no name
"""


@pytest.mark.slow
def test_settings_that_are_not_those_of_build_are_a_type_error(tmp_path: Path) -> None:
    (tmp_path / "chat.py").write_text(PLUGIN)
    config = {"include": ["chat.py"], "typeCheckingMode": "strict"}
    (tmp_path / "pyrightconfig.json").write_text(json.dumps(config))
    command = [sys.executable, "-m", "pyright", "--pythonpath", sys.executable, "--outputjson"]

    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter

    found = json.loads(told.stdout)["generalDiagnostics"]
    wrong = [at for at, line in enumerate(PLUGIN.splitlines()) if re.search(r"\)  # ", line)]
    assert wrong == [one["range"]["start"]["line"] for one in found], told.stdout
    assert all(one["severity"] == "error" for one in found)
