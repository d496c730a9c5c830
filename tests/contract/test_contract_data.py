"""The contracts as data: schemas are schemas, examples hold, and the domain keeps to them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
import yaml

from penstock.domain.dispute import DisputeOutcome
from penstock.domain.events import Event, EventType
from penstock.domain.operation import OperationState
from penstock.domain.payment import PaymentStatus
from penstock.domain.record import Became
from penstock.domain.rules.buyer import Standpoint
from penstock.entrypoints.http.views import SHOWN
from penstock.errors import MalformedMessage
from penstock.pipeline.orders import load_message
from penstock.testing.builders import event, least_event

CONTRACTS = Path(__file__).parents[2] / "contracts"
EXAMPLES = CONTRACTS / "examples"
SCHEMAS = sorted([*CONTRACTS.glob("events/**/*.json"), *CONTRACTS.glob("messages/*.json")])
OPEN = {
    "receiveWebhook",
    "receiveWebhookOld",
    "getHealth",
    "getContract",
    "getDocs",
    "getProblem",
    "showReturn",
    "getReturnState",
    "showCancelledReturn",
}


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def part(name: str) -> dict[str, Any]:
    return read(CONTRACTS / f"events/parts/{name}.json")["properties"]


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    return yaml.load((CONTRACTS / "api.yaml").read_text("utf-8"), yaml.CSafeLoader)


@pytest.fixture(scope="module")
def registry() -> jsonschema_rs.Registry:
    return jsonschema_rs.Registry([(read(path)["$id"], read(path)) for path in SCHEMAS])


def operations(api: dict[str, Any]) -> list[dict[str, Any]]:
    return [operation for path in api["paths"].values() for operation in path.values()]


def media_types(api: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every media type object of the contract, with the name of where it stands."""
    found = [(name, body) for name, body in api["components"]["responses"].items()]
    for operation in operations(api):
        name = operation["operationId"]
        found += [(name, operation["requestBody"])] if "requestBody" in operation else []
        found += [(name, answer) for answer in operation["responses"].values()]
    return [(name, media) for name, body in found for media in body.get("content", {}).values()]


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_schema_is_one(path: Path):
    jsonschema_rs.meta.validate(read(path))


def test_the_api_is_a_valid_openapi_document(api: dict[str, Any]):
    # Schemathesis takes absolute addresses only; the standard allows relative ones (4.8.19).
    text = re.sub(r'"externalValue": "(examples/[^"]+)"', r'"value": "\1"', json.dumps(api))

    schemathesis.openapi.from_dict(json.loads(text)).validate()


def test_every_operation_declares_its_security_its_function_and_a_unique_id(api: dict[str, Any]):
    ids = [operation["operationId"] for operation in operations(api)]

    assert len(ids) == len(set(ids))
    for operation in operations(api):
        assert "security" in operation, operation["operationId"]
        assert operation["x-penstock-function"] in {"receive", "api", "merchant", "operate"}


def test_exactly_webhooks_health_and_documents_need_no_token(api: dict[str, Any]):
    without = {op["operationId"] for op in operations(api) if op["security"] == []}

    assert OPEN == without
    assert all(op["security"] == [{"bearer": []}] for op in operations(api) if op["security"])


def test_every_error_answer_is_a_problem(api: dict[str, Any]):
    for operation in operations(api):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                name = answer["$ref"].rpartition("/")[2]
                content = api["components"]["responses"][name]["content"]

                # Buyers get a page.
                shown = operation["responses"].get("200", {}).get("content", {})
                buyers = "text/html" in shown and operation["tags"] != ["service"]
                # No page is asked for by a method that its path does not take.
                page = ["text/html"] if buyers and status != "405" else []
                assert ["application/problem+json", *page] == list(content)
                problem = {"$ref": "#/components/schemas/Problem"}
                assert problem == content["application/problem+json"]["schema"]


def test_every_example_of_the_api_validates_under_its_schema(api: dict[str, Any]):
    checked = 0
    for name, media in media_types(api):
        schema = {"allOf": [media["schema"]], "components": api["components"]}
        validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        for example in media.get("examples", {}).values():
            validator.validate(read(CONTRACTS / example["externalValue"]))
            checked += 1
        assert "example" not in media, name

    assert checked >= 10


def test_no_example_lies_around_unused(api: dict[str, Any]):
    used = {
        e["externalValue"] for _, m in media_types(api) for e in m.get("examples", {}).values()
    }
    names = {f"examples/{path.name}" for path in EXAMPLES.glob("*.json")}
    others = {name for name in names if "/event-" in name or "/message-" in name}

    assert names - others <= used


def test_the_message_and_the_api_have_one_order(api: dict[str, Any]):
    described = dict(api["components"]["schemas"]["Order"])
    del described["$comment"]

    assert described == read(CONTRACTS / "messages/payment.json")["$defs"]["order"]


def test_the_contract_names_the_words_of_the_domain(api: dict[str, Any]):
    schemas = api["components"]["schemas"]
    operation = schemas["Operation"]["properties"]
    statuses = part("payment")["status"]["enum"]

    assert {status.value for status in PaymentStatus} == set(schemas["PaymentStatus"]["enum"])
    assert {status.value for status in PaymentStatus} == set(statuses)
    assert {kind.value for kind in SHOWN} == set(operation["kind"]["enum"])
    assert {state.value for state in OperationState} == set(operation["state"]["enum"])
    assert {kind.value for kind in EventType} == set(
        schemas["Event"]["properties"]["type"]["enum"]
    )
    assert {outcome.value for outcome in DisputeOutcome} == set(part("dispute")["outcome"]["enum"])
    states = schemas["ReturnState"]["properties"]["state"]["enum"]
    assert {standpoint.value for standpoint in Standpoint} == set(states)
    assert {became.value for became in Became} == set(part("notification")["became"]["enum"])


@pytest.mark.parametrize(
    "name",
    ["message-payment", "message-payment-least", "message-payment-refund", "message-collect"],
)
def test_every_message_example_holds_under_schema_and_model(name: str):
    example = read(EXAMPLES / f"{name}.json")
    jsonschema_rs.validate(read(CONTRACTS / "messages/payment.json"), example)

    assert example == json.loads(load_message(json.dumps(example)).dumps())


@pytest.mark.parametrize(
    "broken",
    [
        {"id": None},
        {"id": "/etc"},
        {"id": "a\n"},
        {"provider": "Example"},
        {"order": {"currency": "USD"}},
        {"order": {"amount": 0, "currency": "USD"}},
        {"order": {"amount": "1", "currency": "USD"}},
        {"order": {"amount": 10**15 + 1, "currency": "USD"}},
        {"order": {"amount": 1, "currency": "usd"}},
        {"order": {"amount": 1, "currency": "USD", "reference": ""}},
        {"order": {"amount": 1, "currency": "USD", "payer": {"mail": "a@b"}}},
        {"order": {"amount": 1, "currency": "USD", "metadata": {"a": 1}}},
        {"also": 1},
        {"action": "steal"},
        {"action": "refund", "operation": "op-1"},
        {"operation": "op-1"},
    ],
    ids=str,
)
def test_schema_and_model_refuse_the_same_messages(broken: dict[str, Any]):
    message = {**read(EXAMPLES / "message-payment-least.json"), **broken}

    assert not jsonschema_rs.is_valid(read(CONTRACTS / "messages/payment.json"), message)
    with pytest.raises(MalformedMessage):
        load_message(json.dumps(message))


def test_every_event_type_has_a_schema_and_an_example_and_no_other_has():
    types = {kind.value for kind in EventType}

    assert types == {path.stem for path in CONTRACTS.glob("events/*.json")}
    assert types == {path.stem.removeprefix("event-") for path in EXAMPLES.glob("event-*.json")}


@pytest.mark.parametrize("kind", list(EventType), ids=str)
def test_every_event_example_holds_under_schema_and_model(
    kind: EventType, registry: jsonschema_rs.Registry
):
    example = read(EXAMPLES / f"event-{kind.value}.json")
    schema = read(CONTRACTS / f"events/{kind.value}.json")
    jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True).validate(example)
    back = Event.loads(json.dumps(example)).cloud_event()

    assert {**example, "time": back["time"]} == back


@pytest.mark.parametrize("made", [event, least_event])
@pytest.mark.parametrize("kind", list(EventType), ids=str)
def test_every_sample_that_sinks_are_tested_with_holds_under_its_schema(
    kind: EventType, made: Callable[[str], Event], registry: jsonschema_rs.Registry
):
    schema = read(CONTRACTS / f"events/{kind.value}.json")
    validator = jsonschema_rs.validator_for(schema, registry=registry, validate_formats=True)

    validator.validate(made(kind).cloud_event())


def test_no_key_of_a_contract_is_written_twice() -> None:
    """YAML's readers differ in which one they take; PyYAML takes the last and says nothing."""

    class Strict(yaml.CSafeLoader):
        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
            keys = [key.value for key, _ in node.value]
            twice = {key for key in keys if keys.count(key) > 1}
            assert not twice, f"{node.start_mark}: {twice}"
            return super().construct_mapping(node, deep=deep)

    for path in sorted(CONTRACTS.rglob("*.yaml")):
        yaml.load(path.read_text("utf-8"), Strict)  # noqa: S506 - a SafeLoader
