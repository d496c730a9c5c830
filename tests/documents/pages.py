"""The project's documents, as the tests read them."""

from __future__ import annotations

import re
from functools import cache

from tests.documents.commands import ROOT, documents

CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def section(text: str, heading: str) -> str:
    """What is below a heading, to the next one of any level."""
    return re.split(r"^#+ ", text.partition(f"# {heading}\n")[2], maxsplit=1, flags=re.M)[0]


def first_cells(text: str) -> list[str]:
    """What the first cell of each row of a table has in backticks."""
    rows = re.findall(r"^\|([^|]*)\|", text, re.M)
    return [one for cell in rows for one in CODE.findall(cell)]


@cache
def spans() -> list[str]:
    """Everything that the documents have in backticks; the changelog names what is gone, too."""
    pages = [doc for doc in documents() if doc.name != "CHANGELOG.md"]
    return sorted({one for doc in pages for one in CODE.findall(doc.read_text("utf-8"))})
