"""Running the stack's program in this process: the same file that `pulumi up` runs."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pulumi.runtime import mocks, settings, stack
from pulumi.runtime.config import set_all_config

from infra.config.project import PROJECT, PROJECT_FILE, ROOT, ConfigError
from infra.config.yaml_file import read_yaml
from infra.graph.monitor import ProgramMonitor

MAIN = ROOT / "__main__.py"
LIMIT_SECONDS = 120.0


def main_program() -> None:
    """Run `__main__.py`, as Pulumi's language host does."""
    runpy.run_path(str(MAIN), run_name="__main__")


def run(
    monitor: ProgramMonitor,
    stack_name: str,
    config: Mapping[str, Any],
    *,
    program: Callable[[], None] = main_program,
    limit: float = LIMIT_SECONDS,
) -> Mapping[str, Any]:
    """
    Run a program and return what it exports.

    Blocks; a program that has a loop running calls it in a thread.

    Args:
        config: the stack's keys; one without a namespace is the project's own. Values may be
            objects.
        limit: seconds it may take.

    Raises:
        Unrealisable: a resource cannot be made.
        ConfigError: the configuration is wrong.
        TimeoutError: it took too long.
    """
    # Pulumi's settings are context variables: in a context of our own they change nobody else's.
    context = contextvars.copy_context()
    context.run(_run, monitor, stack_name, _complete(config), program, limit)
    return monitor.exports


def _run(
    monitor: ProgramMonitor,
    stack_name: str,
    config: dict[str, str],
    program: Callable[[], None],
    limit: float,
) -> None:
    settings.reset_options(project=PROJECT, stack=stack_name, preview=False)
    settings.configure(
        settings.Settings(
            project=PROJECT,
            stack=stack_name,
            monitor=monitor,
            engine=mocks.MockEngine(None),
            dry_run=False,
            organization="local",
            root_directory=str(ROOT),
        )
    )
    set_all_config(config)
    with asyncio.Runner() as runner:
        # One resource that fails fails all that depend on it; the first failure is raised, the
        # others would be printed as "exception was never retrieved", thousands of lines of it.
        runner.get_loop().set_exception_handler(lambda loop, context: None)
        runner.run(_within(limit, stack.run_in_stack(partial(_settled, program))))


async def _settled(program: Callable[[], None]) -> None:
    """
    Run the program, and wait until all its outputs are there or one of them failed.

    Pulumi waits for them itself, after this. But it looks at all of them each time that one is
    there, and there are thousands: that was half of the program's time.
    """
    program()
    tasks: set[asyncio.Task[Any]] = getattr(settings.SETTINGS, "outputs")  # noqa: B009 - untyped
    while waiting := list(tasks):
        # One that is there takes itself out; one that failed stays, and Pulumi raises it.
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        except asyncio.CancelledError:
            # It took too long. Pulumi would go on waiting for them.
            for one in waiting:
                one.cancel()
            raise
        if any(one.cancelled() or one.exception() for one in done):
            return
        await asyncio.sleep(0)


async def _within(limit: float, work: Any) -> None:
    async with asyncio.timeout(limit):
        await work


def _complete(config: Mapping[str, Any]) -> dict[str, str]:
    """The keys with their namespace and as text, the project file's defaults filled in."""
    given = {key if ":" in key else f"{PROJECT}:{key}": value for key, value in config.items()}
    return {key: _text(value) for key, value in {**defaults(), **given}.items()}


def defaults(file: Path = PROJECT_FILE) -> dict[str, Any]:
    """What the project file declares for keys that a stack does not set."""
    document: dict[str, Any] = read_yaml(file)
    declared: dict[str, Any] = document.get("config", {})
    return {
        f"{PROJECT}:{key}": one["default"] for key, one in declared.items() if "default" in one
    }


def stack_config(stack_name: str) -> dict[str, Any]:
    """
    The keys in a stack's file, `Pulumi.<stack>.yaml`.

    Raises:
        ConfigError: there is no such file.
    """
    file = ROOT / f"Pulumi.{stack_name}.yaml"
    if not file.is_file():
        raise ConfigError(f"stack {stack_name}: there is no {file.name}; copy one of the others")
    document: dict[str, Any] = read_yaml(file)
    return dict(document["config"])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
