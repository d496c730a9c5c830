"""The client and the webhook that the simulator knows: made once, kept in its folder."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path

_LETTERS = string.ascii_uppercase + string.digits
CHOOSE: ContextVar[Callable[[str], str]] = ContextVar("choose", default=secrets.choice)
"""Chooses one of some letters; a simulation gives its own."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """One REST app with one webhook."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str

    @classmethod
    def kept(cls, folder: Path) -> Credentials:
        """The ones kept in the folder, or new ones."""
        file = folder / "credentials.json"
        try:
            return cls(**json.loads(file.read_bytes()))
        except (OSError, ValueError, TypeError):
            made = cls(f"A{token()}{token()}", secrets.token_urlsafe(40), token())
        folder.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(json.dumps(asdict(made)), "utf-8")
        return made


def token(length: int = 17) -> str:
    """An id as PayPal makes them: capital letters and digits."""
    choose = CHOOSE.get()
    return "".join(choose(_LETTERS) for _ in range(length))
