"""Each entry of the runbook is worked through on the local platform: its commands do something."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pytest

from tests.documents.commands import ROOT
from tests.e2e.world import World, until

pytestmark = [pytest.mark.emulator, pytest.mark.slow, pytest.mark.timeout(300)]

_ENTRY = re.compile(r"^## (.+)$", re.M)
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)
_PROD = re.compile(r" --(stack|confirm) prod")
CODES = {
    "doctor": {0, 1},  # 1: it names what needs a person, such as the letters of this test
    "webhooks check": {0, 1, 2},  # its answers
    "secrets rotate": {3},  # the value that is there is given: nothing is to be rotated
}
"""How a command may end, where that is not 0."""


def entries() -> dict[str, list[str]]:
    """The commands of each entry; those before the first belong to all."""
    parts = _ENTRY.split((ROOT / "docs/runbook.md").read_text())
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    return {"": _commands(parts[0]), **{name: _commands(body) for name, body in bodies.items()}}


def _commands(text: str) -> list[str]:
    return [line for block in _BLOCK.findall(text) for line in block.splitlines() if line]


@dataclass
class Night:
    """
    What the commands of the runbook are tried on.

    Attributes:
        letter: the id of a dead letter of payments on which no command has decided yet.
        ran: the lines that ran; several entries begin with the same ones.
    """

    world: World
    letter: str | None = None
    payment: str | None = None
    ran: set[str] = field(default_factory=set[str])

    @cached_property
    def root(self) -> Path:
        return self.world.platform.workspace.root

    def run(self, line: str) -> None:
        """Run one line as an operator of the local platform would, the first time it is seen."""
        if line in self.ran:
            return
        self.ran.add(line)
        # The local platform has no endpoint of webhooks; Slack's queue is worked on alike.
        words = shlex.split(_PROD.sub("", line).replace("sink-webhook", "sink-slack"))
        if words[0] == "aws":
            self.tail(words)
            return
        assert "penstock" == words[0], line
        given = {"LETTER_ID": self.parked, "PAYMENT_ID": self.known}
        words = [given[one]() if one in given else one for one in words[1:]]
        ended = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "penstock.entrypoints.cli", *words],
            cwd=self.root,
            input=self.secret() if words[:2] == ["secrets", "rotate"] else "",
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
        expected = CODES.get(" ".join(words[:2]), CODES.get(words[0], {0}))
        assert ended.returncode in expected, f"{line}\n{ended.stdout}{ended.stderr}"
        if self.letter in words and words[1] != "show":
            self.letter = None

    def tail(self, words: list[str]) -> None:
        """Ask the emulator what `aws logs tail` would: the group is there, the filter is read."""
        pattern = words[words.index("--filter-pattern") + 1] if "--filter-pattern" in words else ""
        self.world.platform.client("logs").filter_log_events(
            logGroupName=words[3].replace("penstock-prod-", "penstock-local-"),
            filterPattern=pattern,
        )

    def parked(self) -> str:
        """The id of a dead letter of payments that nobody has decided on."""
        if self.letter is None:
            self.world.fault("example", path="/charges$", method="POST", status=500)
            self.payment = self.world.send_payment()
            dlq = self.world.dlq("payments")
            (letter,) = until(lambda: self.world.waiting(dlq, str(self.payment)), what="parking")
            self.world.heal()
            self.letter = str(letter["MessageId"])
        return self.letter

    def known(self) -> str:
        """The id of a payment that the ledger holds."""
        if self.payment is None:
            self.parked()
        return str(self.payment)

    def secret(self) -> str:
        """The webhook's id as it is."""
        outputs = self.world.platform.outputs
        parts = outputs["secrets"]["paypal"].items()
        (part,) = [name for name, fields in parts if "webhook_id" in fields]
        name = f"{outputs['secretsPrefix']}/{part}"
        held = self.world.platform.client("secretsmanager").get_secret_value(SecretId=name)
        return str(json.loads(held["SecretString"])["webhook_id"])


@pytest.fixture(scope="module")
def night(_one_world: World) -> Night:
    night = Night(_one_world)
    kept = json.loads((ROOT / "tests/events/receive.json").read_text())
    (night.root / "headers.json").write_text(json.dumps(kept["headers"]))
    (night.root / "body.json").write_text(kept["body"])
    return night


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("heading", sorted(entries()))
def test_the_commands_of_an_entry_run(night: Night, heading: str) -> None:
    for line in entries()[heading]:
        night.run(line)
