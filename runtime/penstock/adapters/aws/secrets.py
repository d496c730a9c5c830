"""A plugin's secret in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from penstock.adapters.aws.clients import Clients
from penstock.adapters.secrets import KeptSecrets
from penstock.api.context import AwsError, Clock, Secret
from penstock.errors import GatewayUnavailable

_ABSENT = "ResourceNotFoundException"


def aws_secrets(clients: Clients, secret_id: str, clock: Clock) -> KeptSecrets:
    """
    The secret with that name: a JSON object of text fields.

    Its values staged AWSCURRENT and AWSPREVIOUS are both good, so a rotation needs no deployment.
    """

    async def read() -> Secret:
        current = await _version(clients, secret_id, "AWSCURRENT")
        if current is None:
            raise GatewayUnavailable(f"secret {secret_id}: no value has been written yet")
        previous = await _version(clients, secret_id, "AWSPREVIOUS")
        return Secret((current, previous) if previous is not None else (current,))

    return KeptSecrets(read, clock)


async def _version(clients: Clients, secret_id: str, stage: str) -> Mapping[str, str] | None:
    try:
        answer = await clients.call(
            "secretsmanager", "get_secret_value", SecretId=secret_id, VersionStage=stage
        )
    except AwsError as exc:
        if exc.code == _ABSENT:
            return None
        raise GatewayUnavailable(f"secret {secret_id}: AWS answered {exc.code}") from exc
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
