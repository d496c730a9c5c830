"""Plugins for tests: they come in by the front door, registered like any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from pydantic import BaseModel, HttpUrl

from penstock.api import (
    Attempt,
    ChargeAnswer,
    ChargeRequest,
    Context,
    Delivered,
    Delivering,
    Event,
    Gateway,
    Register,
    Sink,
    Succeeded,
    hookimpl,
)


class NoSettings(BaseModel):
    """A plugin that needs to be told nothing."""


class AcmeSettings(BaseModel):
    """What AcmePay needs to be told."""

    request_uri: HttpUrl
    labels: list[str] = []
    retries: int = 3


@dataclass(frozen=True)
class AcmePay:
    """A gateway that takes any charge."""

    context: Context[Any]
    name = "acme"
    idempotent_charges = True

    async def charge(self, request: ChargeRequest) -> ChargeAnswer:
        """Take it."""
        return Succeeded(request.operation_id)


@dataclass(frozen=True)
class Pager:
    """A sink that takes any event."""

    context: Context[Any]
    name = "pager"

    def accepts(self, event: Event) -> bool:
        """All of them."""
        return True

    async def deliver(self, event: Event, attempt: Attempt) -> Delivering:
        """Take it."""
        return Delivered()


def gateway_plugin(
    module: str = "acmepay", *, name: str = "acme", build: Any = AcmePay, **rest: Any
) -> ModuleType:
    """A plugin module that registers one gateway."""

    def penstock_register_gateways(register: Register[Gateway]) -> None:
        register(name=name, build=build, **{"settings": AcmeSettings, **rest})

    return plugin(module, penstock_register_gateways)


def sink_plugin(
    module: str = "acmepager", *, name: str = "pager", build: Any = Pager, **rest: Any
) -> ModuleType:
    """A plugin module that registers one sink."""

    def penstock_register_sinks(register: Register[Sink]) -> None:
        register(name=name, build=build, **{"settings": NoSettings, **rest})

    return plugin(module, penstock_register_sinks)


def plugin(name: str, *hooks: Callable[..., None]) -> ModuleType:
    """A module of that name with those hooks."""
    module = ModuleType(name)
    for hook in hooks:
        setattr(module, hook.__name__, hookimpl(hook))
    return module
