"""New ids."""

from __future__ import annotations

import uuid


class RandomIds:
    """Random UUIDs as 32 hexadecimal digits: 122 random bits."""

    def new(self) -> str:
        """An id that was never used before."""
        return uuid.uuid4().hex
