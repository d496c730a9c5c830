"""Secrets written with the command line, while the functions run."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
from typing import Any

import pytest

from local.platform import Platform
from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]
COMMAND = [sys.executable, "-m", "penstock.entrypoints.cli", "secrets"]


def _read(platform: Platform) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in platform.outputs["secrets"]["paypal"]:
        secret = f"{platform.outputs['secretsPrefix']}/{name}"
        answer = platform.client("secretsmanager").get_secret_value(SecretId=secret)
        fields |= json.loads(answer["SecretString"])
    return fields


def _write(platform: Platform, verb: str, fields: dict[str, Any]) -> None:
    subprocess.run(  # noqa: S603 - our own program
        [*COMMAND, verb, "paypal"],
        cwd=platform.workspace.root,
        input=json.dumps(fields),
        text=True,
        check=True,
        capture_output=True,
    )


def _forget(world: World, function: str) -> int:
    """End the function's sandboxes, so that the next one has kept nothing of the secret."""
    # What a sandbox works on would stay hidden once it is killed: for longer than a test waits.
    world.settle()
    pids = world.platform.emulator.workers(f"penstock-local-{function}")
    for pid in pids:
        process = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
        # The emulator hands the next batch to a sandbox that has not ended yet, and the batch
        # then stays hidden for as long as the queue hides it: longer than a test waits.
        select.select([process], [], [])
        os.close(process)
    return len(pids)


@pytest.mark.timeout(600)
def test_a_rotation_needs_no_deployment_and_the_old_value_stays_good(world: World) -> None:
    """
    PayPal still signs for the old webhook id, and the functions know both.
    """
    platform = world.platform
    old = _read(platform)
    first = world.send_webhook()
    until(lambda: world.slack(first.payment, "invoice.paid"), what="the sale before")
    try:
        _write(platform, "rotate", {**old, "webhook_id": "WH-NEXT"})
        assert _forget(world, "verify") * _forget(world, "process") > 0
        second = world.send_webhook()
        until(lambda: world.slack(second.payment, "invoice.paid"), what="the sale after")

        # Set, not rotated: what PayPal signs for is good no longer.
        _write(platform, "set", {**old, "webhook_id": "WH-OTHER"})
        _forget(world, "verify")
        third = world.send_webhook()
        until(lambda: world.rejected(third), what="the rejection")
    finally:
        _write(platform, "set", old)
        _forget(world, "verify")
        _forget(world, "process")

    assert [] == world.rejected(second)
    assert old == _read(platform)


def test_a_value_typed_at_the_prompt_is_shown_nowhere(world: World) -> None:
    platform = world.platform
    old = _read(platform)
    ours, theirs = pty.openpty()
    prompting = subprocess.Popen(  # noqa: S603 - our own program
        [*COMMAND, "set", "paypal"],
        cwd=platform.workspace.root,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.close(theirs)
    assert prompting.stdout is not None
    shown = b""
    for field in ("client_id", "client_secret", "webhook_id"):
        # What is typed before the prompt is there would be thrown away.
        while not shown.endswith(f"{field}: ".encode()):
            said = os.read(prompting.stdout.fileno(), 1024)
            assert said, f"it ended before it asked for {field}: {shown!r}"
            shown += said
        os.write(ours, f"{old[field]}\n".encode())
    rest, _ = prompting.communicate(timeout=60)
    shown += rest
    os.close(ours)

    assert (0, old) == (prompting.returncode, _read(platform))
    assert not any(value.encode() in shown for value in old.values())
