"""
Rows for people, as wide as the terminal: as a table, or row by row where a table does not fit.

An id, an amount or a time is there to be read and copied, so no word of up to 40 characters is
ever broken: texts wrap between words, and if that is not enough each row becomes a block of
`name  value` lines. Strangers' text is shown harmlessly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.table import Table

from penstock.entrypoints.cli.terminal import harmless

WHOLE = 40
"""Cells of a word that is never broken; what is longer (an ARN, JSON) may be."""
_GAP = 2


@dataclass(frozen=True, slots=True)
class Listing:
    """The head of each column, and the rows; all of it harmless text."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]

    @classmethod
    def of(cls, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Listing:
        """A listing of anything; None is shown as nothing."""
        cells = [["" if cell is None else harmless(str(cell)) for cell in row] for row in rows]
        return cls([harmless(column) for column in columns], cells)

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        """What rich prints."""
        widths = self._widths(options.max_width)
        if widths is not None:
            yield _table(self.columns, self.rows, widths)
            return
        for place, row in enumerate(self.rows):
            if place:
                yield ""
            names = max(map(cell_len, self.columns))
            facts = [fact for fact in zip(self.columns, row, strict=True) if fact[1]]
            yield _table(("", ""), facts, (names, options.max_width - names - _GAP))

    def _widths(self, most: int) -> Sequence[int] | None:
        """A width for each column, so that all fit and no word breaks; None if they cannot."""
        columns = list(zip(self.columns, *self.rows, strict=True))
        widths = [max(map(cell_len, cells)) for cells in columns]
        least = [max(map(_longest_word, cells)) for cells in columns]
        over = sum(widths) + _GAP * (len(widths) - 1) - most
        while over > 0:
            # The column that can give most gives first: none is squeezed while another is wide.
            spare = [width - word for width, word in zip(widths, least, strict=True)]
            widest = spare.index(max(spare))
            if spare[widest] <= 0:
                return None
            widths[widest] -= 1
            over -= 1
        return widths


def _longest_word(text: str) -> int:
    return min(WHOLE, max(map(cell_len, text.split()), default=0))


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Table:
    head = any(columns)
    made = Table(box=None, pad_edge=False, header_style="bold", show_header=head)
    for column, width in zip(columns, widths, strict=True):
        made.add_column(column, overflow="fold", width=width)
    for row in rows:
        made.add_row(*row)
    return made
