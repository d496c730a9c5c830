"""What `penstock doctor` examines, and what it says of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from penstock.bootstrap import Platform
from penstock.bootstrap.aws import AwsWorld
from penstock.entrypoints.cli.stack import Stack
from penstock.plugins import Registry
from penstock.settings import Settings


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What one check found.

    Attributes:
        todo: what to do; None when all is well.
    """

    check: str
    said: str
    todo: str | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is to be done."""
        return self.todo is None


@dataclass(frozen=True, slots=True)
class Patient:
    """The stack that is looked at."""

    stack: Stack
    world: AwsWorld = field(repr=False)
    registry: Registry = field(repr=False)

    @property
    def clients(self) -> Any:
        """boto3's."""
        return self.world.clients

    @property
    def served(self) -> bool:
        """Whether `penstock serve` does the work of the functions."""
        return self.stack.outputs["settings"].get("consumers") == "serve"

    def platform(self) -> Platform:
        """Its stages, for what plugins can be asked."""
        environ = self.stack.environ()
        profiles = self.stack.outputs.get("profile", {})
        return Platform(Settings.read(environ), environ, self.registry, self.world, profiles)


Check = Callable[[Patient], AsyncIterator[Finding]]
