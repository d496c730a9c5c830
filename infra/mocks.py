"""Gateways that a function of the stack plays, where no real money is to move."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from infra.config.configured import Plugins
from infra.config.contract import Operation
from infra.config.project import PROJECT
from infra.config.settings import StackSettings

MOCK = "mock"
"""The value of a gateway's setting that asks for it, as `penstock.api` has it."""
_FUNCTION = "mock-"


def handlers(plugins: Plugins) -> Mapping[str, str]:
    """
    The handler of each mock that the stack's gateways ask for, by its function's name.

    It keeps nothing, so all instances of one plugin share one.
    """
    asking = (one for one in plugins.gateways.values() if MOCK in one.settings.values())
    return {f"{_FUNCTION}{one.brought}": one.offer.mock for one in asking if one.offer.mock}


def is_mock(function: str) -> bool:
    """Whether a function of the stack is a mock, by its name."""
    return function.startswith(_FUNCTION)


def routes(plugins: Plugins) -> list[Operation]:
    """Where the mocks answer; no operation of the contract, which is what merchants call."""
    return [
        Operation(function, f"ANY /mocks/{function.removeprefix(_FUNCTION)}/{{path+}}", function)
        for function in handlers(plugins)
    ]


def refused(settings: StackSettings, plugins: Plugins) -> Iterator[str]:
    """What must not be mocked: a protected stack takes real money."""
    for name, one in plugins.gateways.items():
        for key, value in one.settings.items():
            if one.offer.mock and value == MOCK and settings.protect:
                yield (
                    f"{PROJECT}:gateways.{name}.{key} is {MOCK}, and the stack is protected: "
                    "payments would succeed without money; give the gateway's own value, or "
                    f"remove {name}"
                )
