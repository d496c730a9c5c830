"""
The links lead somewhere: schemathesis' stateful phase follows them on a live port of each host.

Those of the contract, and those that schemathesis finds by itself. `pytest -rP` prints what it
says of each run; `make contract-deep` follows them from other seeds.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock import contracts
from tests.contract.deep.targets import host
from tests.contract.deep.trying import tried
from tests.contract.deep.walked import Walked
from tests.depth import LONG

LEAST = 0.85
"""The share of the links that a few walks follow."""


def of_the_contract() -> set[str]:
    """The contract's own links, as schemathesis names them."""
    paths = contracts.load().published["paths"]
    where = {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    return {
        f"{where[operation['operationId']]} -> [{status}] {name} -> {where[link['operationId']]}"
        for methods in paths.values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for name, link in answer.get("links", {}).items()
    }


def followed(name: str, folder: Path, walks: int) -> Walked:
    """The links that walks with a fixed seed follow at one host."""
    with host(name, folder, walks) as target:
        run = tried(target, folder, 1, walks, phases="stateful", mode="positive")
    for link, statuses in sorted(run.links.answers.items()):
        print(link, sorted(statuses))
    assert run.good
    return run.links


def test_schemathesis_follows_most_links_in_a_few_walks(tmp_path: Path):
    links = followed("serve", tmp_path, 4)

    assert links.total > len(of_the_contract())
    assert LEAST <= links.share


@LONG
@pytest.mark.parametrize("name", ["serve", "functions"])
def test_every_link_of_the_contract_leads_to_an_answer(name: str, tmp_path: Path):
    links = followed(name, tmp_path, 30)

    assert set() == of_the_contract() - links.done
    assert 1.0 == links.share
