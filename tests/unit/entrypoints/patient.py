"""A stack for `penstock doctor` to look at, in an AWS account that gives one answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from penstock.entrypoints.cli.patient import Patient
from penstock.entrypoints.cli.stack import Stack
from penstock.testing.clock import FrozenClock


@dataclass
class Told:
    """AWS, which answers any call with the same."""

    answer: Any
    clock: FrozenClock = field(default_factory=FrozenClock)

    @property
    def clients(self) -> Told:
        return self

    async def call(self, service: str, operation: str, **arguments: Any) -> Any:
        return self.answer


def patient(answer: Any, **outputs: Any) -> Patient:
    return Patient(Stack("dev", outputs), cast("Any", Told(answer)), cast("Any", None))
