"""
What a stack's file needs besides what is committed, to stand on this machine.

Nothing else is changed: where AWS is, which account that is, where the world outside is, and the
zips that trust it. The engine adds its `encryptionsalt` by itself.
"""

from __future__ import annotations

from typing import Any

from local.aws import client
from tests.engine.conftest import Ground

# Of the provider's names for services, those that resources of ours are made through.
_SERVICES = [
    "acm",
    "apigatewayv2",
    "budgets",
    "cloudwatch",
    "dynamodb",
    "events",
    "iam",
    "kms",
    "lambda",
    "logs",
    "route53",
    "secretsmanager",
    "sesv2",
    "sns",
    "sqs",
    "sts",
]


def overlay(ground: Ground, stack_file: dict[str, Any]) -> dict[str, Any]:
    """The keys to lay over a stack's file."""
    config: dict[str, Any] = {
        "aws:endpoints": [dict.fromkeys(_SERVICES, ground.emulator.url)],
        "aws:skipCredentialsValidation": True,
        "aws:skipMetadataApiCheck": True,
        "penstock:bundles": str(ground.zips),
        "penstock:gateways": _addresses(ground, stack_file.get("penstock:gateways", {})),
        "penstock:sinks": _addresses(ground, stack_file.get("penstock:sinks", {})),
    }
    if "penstock:accounts" in stack_file:
        account = client("sts", ground.emulator.url).get_caller_identity()["Account"]
        config["penstock:accounts"] = [account]
    return config


def _addresses(ground: Ground, offers: dict[str, Any]) -> dict[str, Any]:
    """What the simulators of these gateways or sinks say of themselves."""
    return {
        name: dict(ground.simulators[name].told.settings)
        for name in offers
        if name in ground.simulators and ground.simulators[name].told.settings
    }
