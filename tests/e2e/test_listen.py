"""`penstock listen` as a process of its own: no webhook comes, and the events arrive."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def test_an_event_whose_webhook_was_lost_is_printed_and_becomes_an_invoice(world: World) -> None:
    root = world.platform.workspace.stack_file.parents[2]
    options = ["listen", "--json", "--every=1", "--back=2"]
    command = [sys.executable, "-m", "penstock.entrypoints.cli", *options]
    world.lose_webhooks()
    listening = subprocess.Popen(  # noqa: S603 - our own program
        command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        sent = world.send_webhook()
        assert listening.stdout is not None
        lines = map(json.loads, listening.stdout)
        printed = next(one for one in lines if one["id"] == sent.event_id)
        until(lambda: world.slack(sent.payment, "invoice.paid"), what="the invoice")
    finally:
        os.kill(listening.pid, signal.SIGINT)
        _, said = listening.communicate(timeout=120)

    listed = [*command[:3], "audit", "list", "--json", "--limit", "1"]
    told = subprocess.run(listed, cwd=root, capture_output=True, check=True)  # noqa: S603 - likewise
    (entry,) = json.loads(told.stdout)["entries"]
    assert ("listen", "done", True) == (
        entry["command"],
        entry["state"],
        entry["effect"].endswith("notifications fed in"),
    )
    assert ([], True) == (sent.answers, printed["fed_in"])
    assert (0, "") == (listening.returncode, said)
