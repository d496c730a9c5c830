"""The contract's problems: the examples are real answers, the types are those of the code."""

from __future__ import annotations

import html
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from penstock.contracts import load
from penstock.domain.caller import Scope
from penstock.entrypoints.http.problem import MEDIA
from penstock.entrypoints.http.problem_page import kinds, problem_page
from penstock.problems import KINDS, Kind
from tests.unit.entrypoints.client import DOCUMENT, ORDER
from tests.unit.entrypoints.hosts import HOSTS, Ask, Headers, bearer
from tests.unit.entrypoints.stand import Stand

FILES = sorted((Path(__file__).parents[3] / "contracts/examples").glob("problem-*.json"))
EXAMPLES = {path.stem: json.loads(path.read_text("utf-8")) for path in FILES}
JSON = ("Content-Type", b"application/json")
KEY = ("Idempotency-Key", b"k")
CONTRACT = load()
Sent = tuple[Headers, bytes]


def body(**order: Any) -> bytes:
    return json.dumps({"provider": "acme", "order": {**ORDER, **order}}).encode()


def sent(token: tuple[str, bytes], reading: tuple[str, bytes]) -> dict[str, list[Sent]]:
    """For each example the `POST /payments` that lead to it, the last of them to the problem."""
    return {
        "problem-bad-request": [([token, JSON, KEY], body(amount="12.50"))],
        "problem-repeated-header": [([token, JSON, KEY, KEY], body())],
        "problem-key-reused": [
            ([token, JSON, KEY], body()),
            ([token, JSON, KEY], body(amount=1)),
        ],
        "problem-unauthorized": [([JSON, KEY], body())],
        "problem-scope-missing": [([reading, JSON, KEY], body())],
    }


@pytest.fixture(params=list(HOSTS))
async def ask(stand: Stand, request: pytest.FixtureRequest) -> AsyncIterator[Ask]:
    async with HOSTS[request.param](stand) as made:
        yield made


@pytest.mark.parametrize("name", EXAMPLES)
async def test_every_problem_example_is_what_both_hosts_answer(ask: Ask, stand: Stand, name: str):
    reading = await bearer(stand, frozenset({Scope.read}))
    requests = sent(await bearer(stand), reading)[name]
    answers = [await ask("POST", "/payments", headers, data) for headers, data in requests]

    example = EXAMPLES[name]
    assert (example, example["status"], MEDIA) == (
        answers[-1].json,
        answers[-1].status,
        answers[-1].media,
    )


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
