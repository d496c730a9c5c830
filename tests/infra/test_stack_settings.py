"""The stack's configuration is refused before anything is made, with its key and the remedy."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from infra.program import defaults, stack_config
from infra.settings import PROJECT_FILE, ConfigError, StackSettings, load


def given(**changes: Any) -> dict[str, Any]:
    declared = {key.removeprefix("penstock:"): value for key, value in defaults().items()}
    return {**declared, **changes}


def refusal(**changes: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load("dev", given(**changes))
    return str(caught.value)


def test_the_project_files_defaults_are_a_configuration() -> None:
    settings = load("dev", given())

    assert 1 == settings.sqs_max_number_of_messages
    assert 180 == settings.visibility_timeout_seconds


def test_every_key_but_the_objects_is_declared_with_type_and_default() -> None:
    declared = yaml.safe_load(PROJECT_FILE.read_text())["config"]
    keys = set(StackSettings.model_json_schema(by_alias=True)["properties"])

    assert keys - {"gateways", "sinks"} == set(declared)
    assert all({"type", "default", "description"} == set(one) for one in declared.values())


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stacks_files_are_configurations(stack: str) -> None:
    config = stack_config(stack)
    own = {k.removeprefix("penstock:"): v for k, v in config.items() if k.startswith("penstock:")}

    assert {"slack", "email"} == set(load(stack, given(**own)).sinks)


def test_texts_as_the_cli_hands_them_out_are_read() -> None:
    settings = load(
        "dev",
        given(sqsMaxNumberOfMessages="10", protect="true", gateways=json.dumps({"paypal": {}})),
    )

    assert (10, True, {"paypal": {}}) == (
        settings.sqs_max_number_of_messages,
        settings.protect,
        settings.gateways,
    )


def test_an_unknown_key_is_named() -> None:
    assert "penstock:gatways is not a key" in refusal(gatways={})


def test_a_missing_key_is_named() -> None:
    values = given()
    del values["logLevel"]
    with pytest.raises(ConfigError, match="penstock:logLevel is missing"):
        load("dev", values)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("sqsMaxNumberOfMessages", 11),
        ("sqsMaxNumberOfMessages", 0),
        ("sqsMaxNumberOfMessages", "many"),
        ("logLevel", "LOUD"),
        ("consumers", "both"),
        ("protect", "perhaps"),
        ("sweepMinutes", 0),
        ("functionTimeoutSeconds", 901),
    ],
)
def test_a_wrong_value_is_refused_by_its_key_and_kind(key: str, value: Any) -> None:
    message = refusal(**{key: value})

    assert f"penstock:{key} has a value of kind {type(value).__name__}" in message


def test_a_refused_value_is_not_repeated() -> None:
    assert "hunter2" not in refusal(logLevel="hunter2")


def test_an_item_that_does_not_fit_in_the_function_is_refused_with_the_remedy() -> None:
    message = refusal(itemTimeoutSeconds=26)

    assert "penstock:itemTimeoutSeconds is 26" in message
    assert "lower it to at most 25" in message


def test_an_item_that_just_fits_is_taken() -> None:
    assert 25 == load("dev", given(itemTimeoutSeconds=25)).item_timeout_seconds


def test_a_request_longer_than_its_item_is_refused() -> None:
    assert "penstock:requestTimeoutSeconds is 21" in refusal(requestTimeoutSeconds=21)


def test_a_base_above_the_cap_is_refused() -> None:
    assert "penstock:backoffBaseSeconds is 10" in refusal(
        backoffBaseSeconds=10, backoffCapSeconds=5
    )


@pytest.mark.parametrize("name", ["Slack", "my-sink", "a" * 31, "ünï", ""])
def test_a_name_that_cannot_name_a_queue_is_refused(name: str) -> None:
    assert "penstock:sinks" in refusal(sinks={name: {}})


@pytest.mark.parametrize("stack", ["Dev", "a" * 17, "1st", ""])
def test_a_stack_that_cannot_name_a_queue_is_refused(stack: str) -> None:
    with pytest.raises(ConfigError, match="stack"):
        load(stack, given())
