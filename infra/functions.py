"""The functions, as they are made of what each does, and the queues that feed them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pulumi

from infra.access.bounds import bounds
from infra.access.customer_key import key_permits
from infra.components.function import Function, FunctionArgs, Permit
from infra.components.mapping import QueueMapping, QueueMappingArgs
from infra.config.project import ROOT
from infra.stack import Foundation
from infra.works import Work, works


def functions(made: Foundation) -> Mapping[str, Function]:
    """Make all functions, and feed those that consume a queue."""
    folder = ROOT / made.settings.bundles
    return {name: _make(made, name, work, folder) for name, work in works(made).items()}


def with_key(made: Foundation, permits: Sequence[Permit]) -> Sequence[Permit]:
    """Extra KMS permissions when a customer key is set."""
    return key_permits(made.settings.key, pulumi.Config("aws").require("region"), permits)


def _make(made: Foundation, name: str, work: Work, folder: Path) -> Function:
    bundle = folder / f"{work.bundle}.zip"
    settings = made.settings
    function = Function(
        name,
        FunctionArgs(
            f"{made.prefix}-{name}",
            work.handler,
            bundle,
            work.variables,
            [*work.permits, *with_key(made, work.permits)],
            work.timeout_seconds or settings.function_timeout_seconds,
            settings.log_level,
            settings.log_retention_days,
            settings.tracing,
            settings.reserved_concurrency.get(name),
            work.memory_mb,
            bounds(settings.roles),
            settings.key,
        ),
        made.options,
    )
    if work.queue:
        QueueMapping(
            name,
            QueueMappingArgs(
                made.queues[work.queue],
                function,
                settings.maximum_concurrency,
                work.batch_size,
                settings.enabled,
            ),
            made.options,
        )
    return function
