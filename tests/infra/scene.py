"""What a scene is: a function that runs, and what must be counted of its log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

Counts = Mapping[str, int]


@dataclass(frozen=True)
class Scene:
    """
    Which function runs, what happens, and what must be counted of all it logs.

    Attributes:
        items: whether it says how long items took.
    """

    function: str
    play: Callable[[], Awaitable[None]]
    expected: Counts
    items: bool = True

    @property
    def id(self) -> str:
        return f"{self.function}-{self.play.__name__}"
