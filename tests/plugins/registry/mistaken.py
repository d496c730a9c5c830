"""What an author gets wrong at first: how it is written and what loading it says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from penstock.errors import PluginError
from penstock.plugins import load

CLASS = """
from pydantic import BaseModel
from penstock.api import Door, hookimpl

class Settings(BaseModel): ...

class AcmePay:
    name = "acmepay"
    def __init__(self, context): ...
    async def authenticate(self, delivery, now): ...
    def read(self, delivery): ...
"""


REGISTER = 'name="acmepay", settings=Settings, build=AcmePay, door=Door({})'


def registering(arguments: str = REGISTER, hook: str = "penstock_register_gateways") -> str:
    """A plugin that calls `register` with those arguments."""
    return f"{CLASS}\n@hookimpl\ndef {hook}(register):\n    register({arguments})\n"


Write = Callable[..., str]


def refused(module: str) -> str:
    """What loading it says."""
    with pytest.raises(PluginError) as raised:
        load([module])
    said = str(raised.value)
    assert "\n" not in said
    return said.replace(module, "acme")
