"""The project's keys as Pulumi hands them to a program, whoever runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pulumi.runtime import config as pulumi_config

from infra.settings import PROJECT


def project_config() -> Mapping[str, Any]:
    """
    Every key of the project that is set, without its namespace.

    `pulumi.Config` reads keys one by one, so a misspelt one would never be noticed.
    """
    values = {**pulumi_config.get_config_env(), **pulumi_config.CONFIG.get()}
    namespace = f"{PROJECT}:"
    return {
        key.removeprefix(namespace): value
        for key, value in values.items()
        if key.startswith(namespace)
    }
