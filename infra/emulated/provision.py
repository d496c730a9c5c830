"""Provisioning a stack on the emulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError

from infra.emulated.deployment import Deployment, Tally
from infra.emulated.kind import Clients
from infra.emulated.monitor import EmulatedMonitor
from infra.emulated.state import State
from infra.graph.program import main_program, run
from infra.graph.values import Unrealisable

# To the emulator these are root, whether or not it checks permissions.
ROOT_KEY = "test"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """What the stack exports, and what was done to have it so."""

    outputs: Mapping[str, Any]
    tally: Tally


def provision(
    stack: str, config: Mapping[str, Any], endpoint_url: str, region: str = "us-east-1"
) -> dict[str, Any]:
    """
    Make the emulator hold the stack, and nothing of it that the program names no more.

    Blocks; with a loop running, call it in a thread.

    Args:
        config: the keys of the stack's file; one without a namespace is the project's own.

    Returns:
        The stack's outputs.

    Raises:
        ConfigError: the configuration is wrong; nothing was made.
        Unrealisable: no emulator is there, or a resource could not be made; what was made
            before it is kept and adopted by the next run.
    """
    return dict(provision_counted(stack, config, endpoint_url, region).outputs)


def provision_counted(
    stack: str,
    config: Mapping[str, Any],
    endpoint_url: str,
    region: str = "us-east-1",
    *,
    program: Callable[[], None] = main_program,
) -> Provisioned:
    """Provision, and say how many resources were made, changed and dropped."""
    clients = Clients(endpoint_url, region, ROOT_KEY, ROOT_KEY)
    try:
        deployment = Deployment(clients, State(clients, stack))
    except BotoCoreError as exc:
        raise Unrealisable(f"no emulator answers at {endpoint_url}") from exc
    monitor = EmulatedMonitor(clients, deployment)
    where = {"aws:region": region, "aws:endpoints": [{"sts": endpoint_url}]}
    outputs = run(monitor, stack, {**where, **config}, program=program)
    deployment.finish()
    return Provisioned(outputs, deployment.tally)
