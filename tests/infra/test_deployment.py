"""Making an account what the program says, seen from what handlers are asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.emulated.deployment import Deployment
from infra.emulated.kind import Clients, Inputs, Kind
from infra.emulated.state import Row
from infra.graph.monitor import Declared, Made
from infra.graph.values import Archive, Secret, Unrealisable


class Memory:
    """A state in memory."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}

    def load(self) -> dict[str, Row]:
        return dict(self.rows)

    def save(self, row: Row) -> None:
        self.rows[row.urn] = row

    def forget(self, urn: str) -> None:
        del self.rows[urn]


class Account:
    """Things that have a name, a size and a shape, and who asked for what."""

    def __init__(self) -> None:
        self.state = Memory()
        self.asked: list[str] = []
        self.returns: tuple[str, ...] = ("arn",)
        properties = frozenset(["name", "size", "shape", "tags", "code"])
        kind = Kind(
            self._put,
            self._drop,
            properties,
            replacing=frozenset(["shape"]),
            computed=frozenset(["arn"]),
            kept=frozenset(["name"]),
        )
        self.table: Mapping[str, Kind] = {"thing": kind}

    def run(self, *declared: Declared) -> Deployment:
        self.asked.clear()
        clients = Clients("http://127.0.0.1:1", "us-east-1", "test", "test")
        deployment = Deployment(clients, self.state, self.table)
        for one in declared:
            deployment.register(one)
        deployment.finish()
        return deployment

    def _put(self, clients: Clients, inputs: Inputs, id_: str | None) -> Made:
        self.asked.append(f"put {inputs['name']} {id_ or '-'}")
        self.last = inputs
        return Made(f"id-{inputs['name']}", dict.fromkeys(self.returns, "arn:it"))

    def _drop(self, clients: Clients, id_: str, kept: Mapping[str, Any]) -> None:
        self.asked.append(f"drop {id_} {kept['name']}")


def thing(urn: str, protect: bool = False, type_: str = "thing", **inputs: Any) -> Declared:
    return Declared(urn, type_, urn, {"name": urn, **inputs}, "", True, protect, (), "here.py:1")


@pytest.fixture
def account() -> Account:
    return Account()


def test_what_did_not_change_is_not_touched(account: Account) -> None:
    account.run(thing("a", size=1), thing("b"))
    second = account.run(thing("a", size=1), thing("b"))

    assert [] == account.asked
    assert 2 == second.tally.same


def test_what_changed_is_put_with_the_id_it_has(account: Account) -> None:
    account.run(thing("a", size=1))
    account.run(thing("a", size=2))

    assert ["put a id-a"] == account.asked


def test_what_cannot_be_changed_is_replaced(account: Account) -> None:
    account.run(thing("a", shape="round"))
    account.run(thing("a", shape="flat"))

    assert ["drop id-a a", "put a -"] == account.asked


def test_what_the_program_names_no_more_is_dropped_last_and_latest_first(
    account: Account,
) -> None:
    account.run(thing("a"), thing("b"), thing("c"))
    account.run(thing("d"))

    assert ["put d -", "drop id-c c", "drop id-b b", "drop id-a a"] == account.asked


def test_a_thing_under_another_logical_name_is_not_dropped(account: Account) -> None:
    account.run(thing("a"))
    account.run(
        Declared("renamed", "thing", "renamed", {"name": "a"}, "", True, False, (), "here.py:1")
    )

    assert ["put a -"] == account.asked
    assert ["renamed"] == list(account.state.rows)


def test_what_is_protected_is_not_dropped(account: Account) -> None:
    account.run(thing("a", protect=True))
    with pytest.raises(Unrealisable, match="thing a is protected"):
        account.run()

    assert ["a"] == list(account.state.rows)


def test_an_unknown_type_is_refused_before_any_call(account: Account) -> None:
    with pytest.raises(Unrealisable, match=r"gizmo a \(here\.py:1\): no handler knows this type"):
        account.run(thing("a", type_="gizmo"))

    assert [] == account.asked


def test_an_unknown_property_is_refused_before_any_call(account: Account) -> None:
    with pytest.raises(Unrealisable, match="does not know the property colour"):
        account.run(thing("a", colour="red"))

    assert [] == account.asked


def test_a_handler_that_returns_less_than_it_says_is_found_out(account: Account) -> None:
    account.returns = ()
    with pytest.raises(Unrealisable, match="its handler returned no arn"):
        account.run(thing("a"))


def test_a_name_used_twice_is_refused(account: Account) -> None:
    with pytest.raises(Unrealisable, match="names it twice"):
        account.run(thing("a"), thing("a"))


def test_a_changed_zip_changes_its_function(account: Account, tmp_path: Path) -> None:
    code = tmp_path / "code.zip"
    code.write_bytes(b"one")
    account.run(thing("a", code=Archive(code)))
    code.write_bytes(b"two")
    account.run(thing("a", code=Archive(code)))

    assert ["put a id-a"] == account.asked


def test_a_secret_reaches_the_handler_and_not_the_state(account: Account) -> None:
    account.run(thing("a", size=Secret("hunter2")))

    assert "hunter2" == account.last["size"]
    assert "hunter2" not in repr(account.state.rows["a"].digests)
    assert account.state.rows["a"].digests["size"] is None


def test_the_providers_tags_are_merged_under_the_resources_own(account: Account) -> None:
    provider = {"defaultTags": '{"tags": {"project": "p", "stack": "s"}}'}
    account.run(
        Declared(
            "a",
            "thing",
            "a",
            {"name": "a", "tags": {"stack": "mine"}},
            "",
            True,
            False,
            (),
            "here.py:1",
            provider,
        )
    )

    assert {"project": "p", "stack": "mine"} == account.last["tags"]
