"""A gateway's account for a command, made from the settings and secret that it was given."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pydantic import ValidationError

from penstock.adapters.clock import SystemClock
from penstock.adapters.http import AiohttpHttp
from penstock.adapters.ids import RandomIds
from penstock.api import AwsError, Context, Secret
from penstock.errors import SettingsError
from penstock.plugins import Registry, imported

_SECONDS = 20.0


class GivenSecret:
    """A secret that a person gave to the command."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        self._secret = Secret((fields,) if fields else ())

    async def get(self) -> Secret:
        """The secret."""
        return self._secret

    async def refresh(self) -> Secret:
        """The same again: there is no other."""
        return self._secret


class _NoAws:
    """No AWS: commands at a gateway's account do not need it."""

    async def call(self, service: str, operation: str, **arguments: Any) -> Mapping[str, Any]:
        """Refuse."""
        raise AwsError("NotHere", status=400)


class _Quiet:
    """No log: a command's answer has its findings, and owns standard output."""

    def info(self, event: str, **fields: Any) -> None:
        """Say nothing."""

    def warning(self, event: str, **fields: Any) -> None:
        """Say nothing."""


@asynccontextmanager
async def account(
    registry: Registry,
    name: str,
    settings: Mapping[str, Any],
    secret: Mapping[str, str] | None = None,
    profile: Mapping[str, Any] | None = None,
) -> AsyncGenerator[Any]:
    """
    Make the account of that gateway, and let go of its connections at the end.

    Args:
        settings: the gateway's own settings.
        secret: the fields of its secret.
        profile: what the local platform adds.

    Raises:
        PluginError: no plugin offers it, or its class cannot be imported.
        SettingsError: the gateway does not take these settings; names the field.
    """
    offered = registry.account(name)
    http = AiohttpHttp(_SECONDS)
    try:
        read = registry.gateway(name).settings.model_validate(settings)
    except ValidationError as exc:
        first = exc.errors(include_input=False)[0]
        field = ".".join(map(str, first["loc"]))
        raise SettingsError(f"{name}: {field}: {first['msg']}") from None
    context = Context(
        settings=read,
        secrets=GivenSecret(secret or {}),
        clock=SystemClock(),
        ids=RandomIds(),
        http=http,
        aws=_NoAws(),
        log=_Quiet(),
        request_timeout=_SECONDS,
        profile=profile or {},
        name=name,
    )
    build = imported(offered)
    try:
        yield build(context)
    finally:
        await http.aclose()
