"""The contract's problems: the types are those of the code, and each has a page."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator

import pytest

from penstock.contracts import load
from penstock.entrypoints.http.documents import STYLE
from penstock.entrypoints.http.problem_page import kinds, problem_page
from penstock.problems import KINDS, Kind
from tests.unit.entrypoints.client import DOCUMENT
from tests.unit.entrypoints.hosts import HOSTS, Ask
from tests.unit.entrypoints.stand import Stand

CONTRACT = load()


@pytest.fixture(params=list(HOSTS))
async def ask(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    async with HOSTS[request.param](stand) as made:
        yield made


def test_the_contract_lists_every_kind_of_problem_as_it_is_answered():
    described = DOCUMENT["components"]["schemas"]["Problem"]["properties"]["type"]
    rows = re.findall(
        r"^\| ([a-z-]+) \| (\d{3}) \| (.+?) \| .+ \|$", described["description"], re.M
    )

    assert [(kind.name, str(kind.status), kind.title) for kind in KINDS] == rows
    assert len(KINDS) == len({kind.type for kind in KINDS}) == len({kind.title for kind in KINDS})
    assert all(re.fullmatch(described["pattern"], kind.type) for kind in KINDS)


def test_every_kind_of_problem_is_in_the_table():
    from penstock import problems

    kinds = {value for value in vars(problems).values() if isinstance(value, problems.Kind)}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_of_problem_has_a_page_that_says_what_to_do(kind: Kind):
    (explained,) = (one for one in kinds(CONTRACT) if one.name == kind.name)
    page = problem_page(CONTRACT, kind.name)

    assert explained.remedy.endswith(".")
    assert all(
        html.escape(text) in page.replace("&#39;", "&#x27;")
        for text in (kind.type, kind.title, explained.remedy)
    )


async def test_a_kind_of_problem_is_read_without_a_token(ask: Ask):
    known = await ask("GET", "/problems/key-reused", [], b"")
    unknown = await ask("GET", "/problems/no-such-kind", [], b"")

    assert (200, "text/html; charset=utf-8") == (known.status, known.media)
    assert (404, "urn:penstock:problem:no-such-path") == (unknown.status, unknown.json["type"])


def test_the_style_of_the_pages_has_a_rule_for_what_is_in_them_only():
    page = problem_page(CONTRACT, "key-reused")
    style, body = (
        STYLE.replace("@media (prefers-color-scheme: dark) {", ""),
        page.split("</style>")[1],
    )
    styled = {
        name.strip()
        for names in re.findall(r"([^{}]+)\{", style)
        for name in names.split(",")
        if name.strip()
    }

    assert {"body", "code", "a"} == styled
    assert [] == [name for name in styled if f"<{name}" not in body]
