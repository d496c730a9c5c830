"""The project's keys as Pulumi hands them to a program, whoever runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pulumi.runtime import config as pulumi_config

from infra.config.project import PROJECT

# What is handed on to the provider of ours; default providers, which read all, make nothing here.
# The last four point it to an emulator.
AWS = (
    "region",
    "endpoints",
    "skipCredentialsValidation",
    "skipMetadataApiCheck",
    "skipRequestingAccountId",
)
# Pulumi's own namespace, and those that the program reads.
_NAMESPACES = ("pulumi", "aws", PROJECT)
# [aws] As regions are named; with another partition's, ours would be the wrong ARNs.
_REGION = re.compile(r"(?!cn-|us-gov-|us-iso)[a-z]{2}(-[a-z]+)+-[0-9]")


def project_config() -> Mapping[str, Any]:
    """
    Every key of the project that is set, without its namespace.

    `pulumi.Config` reads keys one by one, so a misspelt one would never be noticed.
    """
    namespace = f"{PROJECT}:"
    return {
        key.removeprefix(namespace): value
        for key, value in _all().items()
        if key.startswith(namespace)
    }


def foreign_keys() -> Iterator[str]:
    """What is wrong with the keys that are not the project's: they would be passed over."""
    config = _all()
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace == "aws" and name.partition(".")[0] not in AWS:
            yield (
                f"{key} reaches no provider here: remove it; say who you are by AWS_PROFILE or "
                f"what else the AWS tools read, and the account by {PROJECT}:accounts"
            )
        elif namespace not in _NAMESPACES:
            yield f"{key} is read by nothing here: remove it, or did you mean {PROJECT}:{name}"
    region = config.get("aws:region")
    if not region:
        yield "aws:region is missing: set it in the stack's file, as in us-east-1"
    elif not _REGION.fullmatch(region):
        yield "aws:region is no region that this project knows: name one, as in us-east-1"


def _all() -> Mapping[str, str]:
    return {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
