"""The names of what the ledger keeps."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntityKind(StrEnum):
    """The kinds there are; `<kind>#<id>` is an entity's partition key and its IAM leading key."""

    payment = "payment"
    subscription = "subscription"
    dispute = "dispute"
    signup = "signup"
    notification = "notification"


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one entity."""

    kind: EntityKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind.value}#{self.id}"

    @classmethod
    def parse(cls, text: str) -> Ref:
        """
        Read `<kind>#<id>`.

        Raises:
            ValueError: no such kind.
        """
        kind, _, identity = text.partition("#")
        return cls(EntityKind(kind), identity)
