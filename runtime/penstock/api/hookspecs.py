"""The whole extension surface: hooks register, Protocols run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pluggy
from pydantic import BaseModel

from penstock.api.context import Context
from penstock.api.gateway import Gateway
from penstock.api.sink import Sink

hookspec = pluggy.HookspecMarker("penstock")
hookimpl = pluggy.HookimplMarker("penstock")

MOCK = "mock"
"""The value of a gateway's setting that asks the stack for the gateway's mock."""
S = TypeVar("S", bound=BaseModel)
T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Door:
    """
    What a delivery must look like before it is let in.

    Attributes:
        headers: required headers by lower-case name, each with the pattern its value must match
            in full; one pattern for all environments, or one per environment.
        body_limit: bytes; 150 KiB leaves room for base64 and headers in an SNS message.
        json: whether the body must be JSON; it is parsed only to refuse, and thrown away.
    """

    headers: Mapping[str, str | Mapping[str, str]]
    body_limit: int = 150 * 1024
    json: bool = True


@dataclass(frozen=True, slots=True)
class Permission:
    """
    An AWS permission a plugin's function needs, for resources of the stack's own account.

    Attributes:
        action: such as `ses:SendEmail`, without a *.
        resource: `<service>:<resource>`, such as `ses:identity/{settings.sender}`; the Region and
            the account are filled in, and so are settings. `{settings.sender.domain}` is what
            stands behind the @ of an address. A setting that is a list stands for a resource for
            each of its entries.
        only_if: keys of IAM's conditions, each with the text that it must equal; settings are
            filled in here, too.
    """

    action: str
    resource: str
    only_if: Mapping[str, str] = field(default_factory=dict[str, str])


class Register(Protocol[T_contra]):
    """Handed to a hook: call it once for each gateway or sink the plugin brings."""

    def __call__(
        self,
        *,
        name: str,
        settings: type[S],
        build: Callable[[Context[S]], T_contra],
        secrets: tuple[str, ...] = (),
        webhook_secrets: tuple[str, ...] = (),
        permissions: tuple[Permission, ...] = (),
        door: Door | None = None,
        events: tuple[str, ...] | None = None,
        whole_currencies: tuple[str, ...] = (),
        mock: str | None = None,
    ) -> None:
        """
        Offer one.

        Args:
            name: what it is configured as: small letters and digits.
            settings: the pydantic model of its settings.
            build: its class, or a function that returns one; it takes the context with those
                settings, and the name of what it makes is `context.name`.
            secrets: the fields of its secret.
            webhook_secrets: for a gateway, those of them that authenticate its webhooks. A stack
                keeps them in a secret of their own, the only one that `verify` reads; where
                webhooks are not authenticated, `context.secrets` has the others only.
            whole_currencies: for a gateway, the currencies that it takes without decimals though
                ISO 4217 has some: an amount that has them is refused before it is sent.
            events: for a sink, the event types it gets unless the stack's setting `events` says
                otherwise; None for all.
            mock: for a gateway, `package.module.function`, a Lambda handler that answers its
                requests with mocked results. A stack makes it, at `<apiUrl>/mocks/<name>/`, where
                a setting of the gateway is `MOCK`; a protected stack refuses that.
        """
        ...


class RegisterSimulator(Protocol):
    """Handed to a hook: call it once for each stand-in the plugin brings."""

    def __call__(self, *, name: str, build: str) -> None:
        """Offer one; `build` is `package.module:function`, imported on the local platform only."""
        ...


class RegisterAccount(Protocol):
    """Handed to a hook: call it once for each gateway whose account the command line can use."""

    def __call__(self, *, name: str, build: str) -> None:
        """
        Offer one.

        Args:
            name: the gateway's.
            build: `package.account:Class`; built from a Context as the gateway is; imported by
                the command line only.
        """
        ...


@dataclass(frozen=True, slots=True)
class Simulated:
    """
    What a running simulator tells the local platform.

    Attributes:
        settings: the plugin settings that point at it.
        secret: the values of the plugin's secret that it honours.
        profile: what the plugin's `Context.profile` must hold to trust it.
    """

    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secret: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    profile: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


class Simulator(Protocol):
    """
    A stand-in for a provider, on the local platform and in tests only.

    The function registered as `build` takes the folder it may keep keys in and returns one.
    """

    @property
    def app(self) -> Any:
        """The aiohttp application that plays the provider."""
        ...

    def describe(self, url: str) -> Simulated:
        """What the platform must know once the application is served at `url`."""
        ...


@hookspec
def penstock_register_gateways(register: Register[Gateway]) -> None:
    "Register the payment gateways this plugin brings: register(name=…, settings=…, build=…)."


@hookspec
def penstock_register_sinks(register: Register[Sink]) -> None:
    "Register the sinks this plugin brings: register(name=…, settings=…, build=…)."


@hookspec
def penstock_register_simulators(register: RegisterSimulator) -> None:
    "Register stand-ins for the local platform: register(name=…, build='package.module:function')."


@hookspec
def penstock_register_accounts(register: RegisterAccount) -> None:
    "Register what commands do at a gateway's account: register(name=…, build='package:Class')."
