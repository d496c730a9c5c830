"""Names nobody has had before."""

from __future__ import annotations

import uuid


class RandomIds:
    """Random UUIDs as 32 hexadecimal digits: 122 random bits."""

    def new(self) -> str:
        """A name nobody has had before."""
        return uuid.uuid4().hex
