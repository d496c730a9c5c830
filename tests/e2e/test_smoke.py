"""`penstock smoke` on the platform as it runs: two runs are two payments, each proved whole."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.e2e.world import World

pytestmark = [pytest.mark.emulator, pytest.mark.slow]


def smoke(world: World, *options: str) -> tuple[int, str, str]:
    ended = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "penstock.entrypoints.cli", "smoke", "--wait", "120", *options],
        cwd=world.platform.workspace.root,
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=220,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_a_smoke_test_proves_payment_and_rejection_and_says_what_is_open(world: World) -> None:
    code, said, wrong = smoke(world, "--json")

    assert 0 == code, said + wrong
    proofs: dict[str, Any] = {one["check"]: one for one in json.loads(said)}
    assert [] == [name for name, one in proofs.items() if one["ok"] is False]
    assert {"paypal", "people at slack", "people at email"} == {
        name for name, one in proofs.items() if one["ok"] is None
    }
    assert {"sink slack", "sink email", "log of charge", "log of verify"} <= proofs.keys()
    payment = proofs["payments.fifo"]["said"].split()[1].rstrip(",")
    assert [100] == [one["amount"] for one in world.charges(payment)]
    assert 1 == len(world.slack(payment, "payment.succeeded"))
    assert [] == world.waiting(world.queue("rejected"), payment)


def test_a_second_run_is_a_payment_of_its_own_and_both_are_in_the_audit_trail(
    world: World,
) -> None:
    code, said, wrong = smoke(world)

    assert 0 == code, said + wrong
    lines = said.splitlines()
    assert [] == [line for line in lines if len(line) > 80]
    assert {"ok", "open"} == {line.split()[0] for line in lines}
    audit = world.platform.client("dynamodb").scan(
        TableName=world.platform.outputs["ledgerTable"],
        FilterExpression="begins_with(pk, :audit) AND contains(command, :smoke)",
        ExpressionAttributeValues={":audit": {"S": "audit#"}, ":smoke": {"S": "smoke"}},
    )["Items"]
    assert len(audit) >= 2
