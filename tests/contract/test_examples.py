"""
Every example of the contract is executed: its request is sent to both hosts, and both answer it
with the documented answer, value by value. Time, ids and gateways come in through the ports.

After a change, `make contracts` writes the answers anew; read what changed before you commit it.
"""

from __future__ import annotations

import jsonschema_rs
import pytest

from tests.contract.shown.documents import API, example, named, operations
from tests.contract.shown.house import visiting
from tests.contract.shown.scenes import SCENES, Scene, run
from tests.unit.entrypoints.hosts import HOSTS

OPERATIONS = operations()
ELSEWHERE = {
    # A body that does not come is answered by `penstock serve` alone, and a fault by neither
    # unless one is put in: both in test_statuses.py.
    "problem-body-too-slow",
    "problem-internal-error",
    "problem-body-too-large",
    "problem-method-not-allowed",
}


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
async def test_an_example_is_answered_as_documented(scene: Scene, host: str):
    described = OPERATIONS[scene.operation]["responses"][str(scene.status)]
    async with visiting(host) as visit:
        told = await run(scene, visit)

    assert scene.status == told.status, told.body
    media = told.media.partition(";")[0]
    schema = {**described["content"][media]["schema"], "components": API["components"]}
    jsonschema_rs.validator_for(schema, validate_formats=True).validate(told.json)
    if scene.answer:
        assert example(named(described)[scene.answer]) == told.json


@pytest.mark.parametrize("scene", [one for one in SCENES if not one.answer], ids=lambda s: s.name)
async def test_both_hosts_give_an_example_without_a_documented_answer_the_same(scene: Scene):
    told = []
    for host in HOSTS:
        async with visiting(host) as visit:
            answer = await run(scene, visit)
            told.append((answer.status, answer.json))

    assert told[0] == told[1]


def test_every_example_of_a_request_and_of_an_answer_is_executed():
    requests = {(one.operation, one.body) for one in SCENES if one.body}
    answers = {(one.operation, str(one.status), one.answer) for one in SCENES if one.answer}
    executed = {
        named(OPERATIONS[operation]["responses"][status])[key]
        for operation, status, key in answers
    }
    for name, described in OPERATIONS.items():
        for key in named(described.get("requestBody", {})):
            assert (name, key) in requests
        for status, answer in described["responses"].items():
            for key, file in named(answer).items():
                # An answer that operations share is executed for one of them.
                assert (name, status, key) in answers or (
                    status >= "400" and file in executed | ELSEWHERE
                )
