"""A kind of problem as a page for people, from the table in the contract."""

from __future__ import annotations

import re
from dataclasses import dataclass

from penstock import problems
from penstock.contracts import Contract
from penstock.entrypoints.http.documents import written
from penstock.errors import RequestRefused

_ROW = re.compile(r"^\| ([a-z-]+) \| (\d{3}) \| (.+?) \| (.+?) \|$", re.MULTILINE)
_BODY = """<h1>{{ title }}</h1>
<p><code>{{ one.status }}</code> <code>urn:penstock:problem:{{ one.name }}</code></p>
<p>{{ one.remedy }}</p>
<p><a href="../docs#problems">All kinds of problem</a></p>
"""


@dataclass(frozen=True, slots=True)
class Explained:
    """
    One kind of problem.

    Attributes:
        name: the last part of its URN.
        remedy: what the sender of the request does about it.
    """

    name: str
    status: int
    title: str
    remedy: str


def kinds(contract: Contract) -> list[Explained]:
    """Each kind, in the order of the contract."""
    problem = contract.document["components"]["schemas"]["Problem"]
    rows = _ROW.findall(problem["properties"]["type"]["description"])
    return [Explained(name, int(status), title, remedy) for name, status, title, remedy in rows]


def problem_page(contract: Contract, name: str) -> str:
    """
    The page of one kind.

    Raises:
        RequestRefused: 404; there is no such kind.
    """
    found = next((one for one in kinds(contract) if one.name == name), None)
    if found is None:
        raise RequestRefused(problems.NO_SUCH_PATH, "GET /docs lists the kinds of problem")
    return written(_BODY, found.title, one=found)
