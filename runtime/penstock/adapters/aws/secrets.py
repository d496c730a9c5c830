"""A plugin's secret in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, cast

import structlog

from penstock.adapters.aws.clients import Clients
from penstock.adapters.secrets import KeptSecrets
from penstock.api.context import AwsError, Clock, Secret
from penstock.errors import GatewayUnavailable

_ABSENT, _DENIED = "ResourceNotFoundException", "AccessDeniedException"
WEBHOOKS = "-webhooks"
"""What the name of a gateway's second secret ends with, which holds what `verify` needs."""
Versions = tuple[Mapping[str, str], ...]


class _Denied(GatewayUnavailable):
    """AWS does not let this host read a secret."""


class Share(StrEnum):
    """
    How much of a gateway's secret a host reads.

    Attributes:
        webhooks: what authenticates webhooks, as `verify` does.
        rest: everything else, as all other functions do.
        whole: both, as `penstock serve` and commands do.
    """

    whole = "whole"
    webhooks = "webhooks"
    rest = "rest"


def aws_secrets(
    clients: Clients,
    secret_id: str,
    clock: Clock,
    apart: Collection[str] = (),
    share: Share = Share.whole,
) -> KeptSecrets:
    """
    The secret with that name: a JSON object of text fields.

    Its values staged AWSCURRENT and AWSPREVIOUS are both good, so a rotation needs no deployment.

    Args:
        apart: the fields that lie in a second secret, `<secret_id>-webhooks`. As long as nothing
            was written there, they are read from the first one, where earlier versions kept all.
        share: what is read of the two. Of the whole, the second one may be denied: its fields are
            missing then, so that webhooks wait and everything else goes on.
    """
    second = _Second(clients, secret_id, apart)

    async def read() -> Secret:
        if not apart:
            return Secret(_written(secret_id, await _versions(clients, secret_id)))
        if share is Share.webhooks:
            found = await _webhooks(clients, secret_id, apart)
            return Secret(_written(f"{secret_id}{WEBHOOKS}", found))
        found = _only(await _versions(clients, secret_id), lambda name: name not in apart)
        if share is Share.whole:
            found += await second.read()
        return Secret(_written(secret_id, found))

    return KeptSecrets(read, clock)


class _Second:
    """What authenticates webhooks, for a host that also does what needs none of it."""

    def __init__(self, clients: Clients, secret_id: str, apart: Collection[str]) -> None:
        self._clients = clients
        self._secret_id = secret_id
        self._apart = apart
        self._told = False

    async def read(self) -> Versions:
        """The fields; none if AWS denies them, which is logged once until they can be read."""
        try:
            found = await _webhooks(self._clients, self._secret_id, self._apart)
        except _Denied:
            if not self._told:
                structlog.get_logger().warning(
                    "webhooks.unreadable",
                    name=f"{self._secret_id}{WEBHOOKS}",
                    because=f"AWS answered {_DENIED}",
                )
            self._told = True
            return ()
        self._told = False
        return found


async def _webhooks(clients: Clients, secret_id: str, apart: Collection[str]) -> Versions:
    """
    The fields that authenticate webhooks: the second secret's, else those of the first one.

    Only if the second has no value at all: the first one may still hold what was good once.
    """
    if found := await _versions(clients, f"{secret_id}{WEBHOOKS}"):
        return found
    try:
        return _only(await _versions(clients, secret_id), lambda name: name in apart)
    except GatewayUnavailable:
        # `verify` may not read it, unless the stack says that the secrets are not apart yet.
        return ()


def _only(versions: Versions, wanted: Callable[[str], bool]) -> Versions:
    """The versions with those fields only; what has none of them is left out."""
    narrowed = ({n: v for n, v in one.items() if wanted(n)} for one in versions)
    return tuple(one for one in narrowed if one)


def _written(secret_id: str, versions: Versions) -> Versions:
    if not versions:
        raise GatewayUnavailable(f"secret {secret_id}: no value has been written yet")
    return versions


async def _versions(clients: Clients, secret_id: str) -> Versions:
    """The current value and the one before it; nothing, if none was written yet."""
    current = await _version(clients, secret_id, "AWSCURRENT")
    if current is None:
        return ()
    previous = await _version(clients, secret_id, "AWSPREVIOUS")
    return (current, previous) if previous is not None else (current,)


async def _version(clients: Clients, secret_id: str, stage: str) -> Mapping[str, str] | None:
    try:
        answer = await clients.call(
            "secretsmanager", "get_secret_value", SecretId=secret_id, VersionStage=stage
        )
    except AwsError as exc:
        if exc.code == _ABSENT:
            return None
        kind = _Denied if exc.code == _DENIED else GatewayUnavailable
        raise kind(f"secret {secret_id}: AWS answered {exc.code}") from exc
    # A secret that was made without a value has, on some emulators, a version without one.
    text = answer.get("SecretString")
    return None if text is None else _fields(text, secret_id, stage)


def _fields(text: str, secret_id: str, stage: str) -> Mapping[str, str]:
    try:
        raw: Any = json.loads(text)
    except ValueError:
        raw = None
    if not isinstance(raw, dict):
        # Without its cause: a JSON error quotes nothing, but carries the whole document.
        raise GatewayUnavailable(f"secret {secret_id} {stage}: not a JSON object of text fields")
    fields = cast("dict[str, Any]", raw)
    return {name: value for name, value in fields.items() if isinstance(value, str)}
