"""People at night: they restrict, release, redrive and replay with the command line."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from tests.soak.chaos import Going
from tests.soak.hosts import Hosts

_WHY = ("--because", "the soak")
_REFUSED, _UNAVAILABLE, _NOT_FOUND = 5, 6, 4
"""Exit codes: the work is done already; try again; it has gone meanwhile."""
_TRIES = 10
_KILLED = 0.1
"""The share of commands that are killed while they run; each is then run again."""


@dataclass(slots=True)
class Operators:
    """
    Who runs commands; each is repeated until it has ended well, as the pages say.

    Attributes:
        did: how often each command ended well.
        restricted: kind and value of every restriction that was ever put.
        replayed: events that a replay said it sent, by sink.
    """

    hosts: Hosts
    random: Random
    did: dict[str, int] = field(default_factory=dict[str, int])
    restricted: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    replayed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list[str]))

    async def night(self, going: Going) -> None:
        """One command after the other."""
        while going():
            act = self.random.choice((self._restrict, self._restrict, self._replay, self._redrive))
            await act()

    async def release(self) -> None:
        """Lift all restrictions once more: a host may have held something at the last moment."""
        for group, value in dict.fromkeys(self.restricted):
            await self._run(group, "release", value, *_WHY)

    async def redrive(self, queue: str) -> None:
        """Send the dead letters of a queue back; those that are refused are done: drop them."""
        done = await self._run("dlq", "redrive", queue, "--all", *_WHY)
        refused = [one["id"] for one in done.get("letters", ()) if one.get("became") == "refused"]
        if refused:
            await self._run("dlq", "drop", queue, *refused, *_WHY)

    async def _restrict(self) -> None:
        payment = await self._some_payment()
        gateway = self.random.choice(("paypal", "example"))
        chosen = [("gateways", gateway)] + ([("payments", payment)] * 2 if payment else [])
        group, value = self.random.choice(chosen)
        self.restricted.append((group, value))
        await self._run(group, "restrict", value, *_WHY)
        await asyncio.sleep(self.random.uniform(0.5, 4.0))
        await self._run(group, "release", value, *_WHY)

    async def _replay(self) -> None:
        listed = await self._run("events", "list", "--limit", "20")
        events = [one["id"] for one in listed.get("events", ())] if listed else []
        if not events:
            return
        chosen = self.random.sample(events, min(3, len(events)))
        done = await self._run(
            "events", "replay", *chosen, "--all", "--since", "2020-01-01", *_WHY
        )
        for one in done["sinks"]:
            self.replayed[one["sink"]] += one["sent"]

    async def _redrive(self) -> None:
        await self.redrive(self.random.choice(("payments", "sink-slack")))

    async def _some_payment(self) -> str | None:
        listed = await self._run("payments", "list", "--limit", "20")
        found = [one["id"] for one in listed["payments"]]
        return self.random.choice(found) if found else None

    async def _run(self, *words: str) -> Any:
        """Run a command until it ends well; what it said."""
        for _ in range(_TRIES):
            code, said = await self._once(words)
            if code in (0, _REFUSED, _NOT_FOUND):
                name = " ".join(words[:2])
                self.did[name] = self.did.get(name, 0) + 1
                return json.loads(said) if said.strip() else {}
            assert code < 0 or code == _UNAVAILABLE, (words, code, said)
        raise AssertionError(f"{words} never ended well")

    async def _once(self, words: tuple[str, ...]) -> tuple[int, str]:
        penstock = Path(sys.executable).with_name("penstock")
        process = await asyncio.create_subprocess_exec(
            penstock,
            "--stack",
            "local",
            "--json",
            *words,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.hosts.platform.workspace.root,
            env={**os.environ, "COLUMNS": "200"},
        )
        if self.random.random() < _KILLED and words[1] != "list":
            await asyncio.sleep(self.random.uniform(0.8, 2.0))
            if process.returncode is None:
                process.kill()
                self.did["killed"] = self.did.get("killed", 0) + 1
        out, err = await process.communicate()
        code = process.returncode or 0
        return code, (out or (b"" if code in (0, _REFUSED, _NOT_FOUND) else err)).decode()
