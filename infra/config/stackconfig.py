"""The project's keys as Pulumi hands them to a program, whoever runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pulumi.runtime import config as pulumi_config

from infra.config.aws_keys import wrong_aws_keys
from infra.config.project import PROJECT

_NEAR = 0.75
"""How much of a namespace must be ours, so that it counts as a misspelt one of ours."""
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
        for key, value in all_config().items()
        if key.startswith(namespace)
    }


def foreign_keys() -> Iterator[str]:
    """
    What is wrong with the keys that are not the project's.

    Namespaces of others are left alone: a shared environment sets keys for several projects.
    """
    config = all_config()
    for key in config:
        namespace, _, name = key.partition(":")
        if namespace != PROJECT and get_close_matches(
            namespace.casefold(), [PROJECT], cutoff=_NEAR
        ):
            yield f"{key} is read by nothing here: did you mean {PROJECT}:{name}"
    yield from wrong_aws_keys(config)
    region = config.get("aws:region")
    if not region:
        yield "aws:region is missing: set it in the stack's file, as in us-east-1"
    elif not _REGION.fullmatch(region):
        yield "aws:region is no region that this project knows: name one, as in us-east-1"


def all_config() -> Mapping[str, str]:
    """Every key that is set, with its namespace, as text."""
    return {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
