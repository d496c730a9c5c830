"""405, 408, 413 and 500: documented for each operation, and answered where they can happen."""

from __future__ import annotations

import asyncio
from typing import Any

import jsonschema_rs
import pytest

from penstock.bootstrap.memory import MemoryWorld
from penstock.entrypoints.http.listener import listening
from penstock.entrypoints.http.problem import MEDIA
from penstock.entrypoints.http.web import BODY_SECONDS, application
from penstock.problems import BODY_TOO_LARGE, INTERNAL_ERROR, METHOD_NOT_ALLOWED, Kind
from tests.contract.shown.documents import API, example, operations
from tests.contract.shown.house import House, visiting
from tests.unit.entrypoints.hosts import HOSTS, Told, raw

OPERATIONS = operations()
GIVEN = {
    "gateway": "paypal",
    "id": "paypal-I-1",
    "token": "guessed",
    "name": "key-reused",
}
SECRET = "hunter2"  # noqa: S105 - stands for what a fault's message quotes
NO_PORT = {"getHealth", "getContract", "getDocs", "getProblem"}
"""Operations that use no port: only a fault in their own code would be 500."""


def path(name: str) -> str:
    return OPERATIONS[name]["path"].format_map(GIVEN)


def is_a(kind: Kind, told: Told, name: str) -> None:
    """The answer is that problem, and the operation documents its status."""
    assert (kind.status, MEDIA, kind.type) == (told.status, told.media, told.json["type"])
    schema = {"$ref": "#/components/schemas/Problem", "components": API["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(told.json)
    assert MEDIA in OPERATIONS[name]["responses"][str(kind.status)]["content"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_documents_what_each_request_may_be_answered(name: str):
    documented = set(OPERATIONS[name]["responses"])

    assert {"405", "408", "413", "500", "503"} <= documented
    if OPERATIONS[name]["security"]:
        assert {"400", "401", "403"} <= documented


@pytest.mark.parametrize("host", HOSTS)
async def test_a_method_that_a_path_does_not_take_is_405_and_names_those_it_takes(host: str):
    async with visiting(host) as visit:
        for name, described in OPERATIONS.items():
            told = await visit("PATCH", path(name))

            is_a(METHOD_NOT_ALLOWED, told, name)
            methods = sorted(method.upper() for method in API["paths"][described["path"]])
            assert ", ".join(methods) == told.headers["allow"]
        assert example("problem-method-not-allowed") == (await visit("PATCH", "/payments")).json


@pytest.mark.parametrize("host", HOSTS)
async def test_a_body_above_the_limit_is_413_for_each_operation(host: str):
    async with visiting(host) as visit:
        for name, described in OPERATIONS.items():
            told = await visit(described["method"], path(name), "x" * 160 * 1024)

            is_a(BODY_TOO_LARGE, told, name)
        long = await visit("POST", "/payments", "x" * 70_000)
        assert example("problem-body-too-large") == long.json


@pytest.mark.parametrize("host", HOSTS)
async def test_a_page_is_refused_with_a_page_by_both_hosts(host: str):
    async with visiting(host) as visit:
        told = await visit("GET", "/returns/guessed", "x" * 70_000, Accept="text/html")

    assert (413, "text/html; charset=utf-8") == (told.status, told.media)


class Fault:
    """A port with a fault: each call of it raises an error that quotes a secret."""

    def __getattr__(self, name: str) -> Any:
        async def fail(*_: Any, **__: Any) -> Any:
            raise ValueError(SECRET)

        return fail


class Faulty(MemoryWorld):
    """A world whose ports have faults."""

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.ledger: Any = Fault()
        self.tokens: Any = Fault()

    def channel(self, name: str) -> Any:
        return Fault()


@pytest.mark.parametrize("host", HOSTS)
async def test_a_fault_of_our_own_is_500_and_says_nothing(host: str):
    async with HOSTS[host](House(world_of=Faulty)) as ask:
        for name in sorted(OPERATIONS.keys() - NO_PORT):
            described = OPERATIONS[name]
            headers = [("Authorization", b"Bearer pst_%s_%s" % (b"0" * 16, b"0" * 64))]
            headers += [
                (one["name"], next(iter(one["examples"].values()))["value"].encode())
                for one in described.get("parameters", ())
                if one["in"] == "header"
            ]
            given = {**GIVEN, "token": f"{'0' * 32}-{'0' * 32}"}
            where = described["path"].format_map(given)
            told = await ask(described["method"], where, headers, b"{}")

            is_a(INTERNAL_ERROR, told, name)
            assert example("problem-internal-error") == told.json
            assert SECRET.encode() not in told.body


async def test_serve_answers_408_to_a_body_that_does_not_come():
    """
    On AWS, API Gateway reads the body: no function sees a request without it.
    """
    house = House()
    made = application(house.platform, body_seconds=0.01)
    async with visiting("functions", house) as visit, listening(made, "127.0.0.1", 0) as url:
        told = await asyncio.gather(
            *(
                raw(
                    url,
                    f"{OPERATIONS[name]['method']} {path(name)} HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: Bearer {visit.token}\r\n"
                    "Content-Length: 2\r\n\r\n{".encode(),
                )
                for name in OPERATIONS
            )
        )
    shown = example("problem-body-too-slow")

    assert f"{BODY_SECONDS:g} s" in shown["detail"]
    shown["detail"] = shown["detail"].replace(f"{BODY_SECONDS:g} s", "0.01 s")
    for answer in told:
        assert (408, shown) == (answer.status, answer.json)
