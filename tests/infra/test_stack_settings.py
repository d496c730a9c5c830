"""The stack's configuration is refused before anything is made, with its key and the remedy."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import yaml

from infra.config.coherence import UNDECIDED_SECONDS
from infra.config.load import load
from infra.config.project import PROJECT_FILE, ConfigError
from infra.config.settings import StackSettings
from infra.graph.program import defaults, stack_config
from penstock_paypal.webhooks.age import UNDECIDED


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
    assert 180 == settings.visibility_seconds


def test_every_key_but_the_objects_is_declared_with_type_and_default() -> None:
    declared = yaml.safe_load(PROJECT_FILE.read_text())["config"]
    keys = set(StackSettings.model_json_schema(by_alias=True)["properties"])

    objects = {
        "gateways",
        "sinks",
        "domain",
        "access",
        "pages",
        "reservedConcurrency",
        "roles",
        "tags",
    }
    assert keys - objects == set(declared)
    assert all(
        {"type", "default", "description"} == set(one) - {"items"} for one in declared.values()
    )


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_stacks_files_are_configurations(stack: str) -> None:
    config = stack_config(stack)
    own = {k.removeprefix("penstock:"): v for k, v in config.items() if k.startswith("penstock:")}

    assert {"slack", "email"} == set(load(stack, given(**own)).sinks)


def test_texts_as_the_cli_hands_them_out_are_read() -> None:
    settings = load(
        "dev",
        given(
            sqsMaxNumberOfMessages="10",
            tracing="false",
            logRetentionDays="14",
            gateways=json.dumps({"paypal": {}}),
            accounts=json.dumps(["123456789012"]),
            domain=json.dumps({"name": "pay.example.com", "zone": "example.com"}),
        ),
    )

    assert (10, False, 14, {"paypal": {}}, ["123456789012"]) == (
        settings.sqs_max_number_of_messages,
        settings.tracing,
        settings.log_retention_days,
        settings.gateways,
        settings.accounts,
    )
    assert settings.domain is not None
    assert "pay.example.com" == settings.domain.name


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
        ("logRetentionDays", 31),
        ("maximumConcurrency", 1),
        ("throttlingRate", 0),
        ("monthlyBudgetUsd", -1),
        ("tracing", "sometimes"),
        ("quietHours", 25),
        ("alertEmails", "nobody"),
    ],
)
def test_a_wrong_value_is_refused_by_its_key_and_kind(key: str, value: Any) -> None:
    message = refusal(**{key: value})

    assert f"penstock:{key} has a value of kind {type(value).__name__}" in message


@pytest.mark.parametrize("level", ["WARNING", "ERROR"])
def test_a_level_that_would_silence_alarms_is_refused_with_the_remedy(level: str) -> None:
    message = refusal(logLevel=level)

    assert f"penstock:logLevel is {level}" in message
    assert "set INFO or DEBUG" in message


@pytest.mark.parametrize("level", ["INFO", "DEBUG"])
def test_a_level_that_alarms_hear_is_taken(level: str) -> None:
    assert level == load("dev", given(logLevel=level)).log_level


def test_a_refused_value_is_not_repeated() -> None:
    assert "hunter2" not in refusal(logLevel="hunter2")


def test_an_item_that_does_not_fit_in_the_function_is_refused_with_the_remedy() -> None:
    message = refusal(itemTimeoutSeconds=25)

    assert "penstock:itemTimeoutSeconds is 25" in message
    assert "lower it to at most 24" in message


def test_an_item_that_just_fits_is_taken() -> None:
    assert 24 == load("dev", given(itemTimeoutSeconds=24)).item_timeout_seconds


def test_a_request_longer_than_its_item_is_refused() -> None:
    assert "penstock:requestTimeoutSeconds is 21" in refusal(requestTimeoutSeconds=21)


def test_a_base_above_the_cap_is_refused() -> None:
    assert "penstock:backoffBaseSeconds is 10" in refusal(
        backoffBaseSeconds=10, backoffCapSeconds=5
    )


@pytest.mark.parametrize("name", ["Slack", "my_sink", "my--sink", "a" * 31, "ünï", ""])
def test_a_name_that_cannot_name_a_queue_is_refused(name: str) -> None:
    assert "penstock:sinks" in refusal(sinks={name: {}})


@pytest.mark.parametrize("stack", ["Dev", "a" * 17, "1st", ""])
def test_a_stack_that_cannot_name_a_queue_is_refused(stack: str) -> None:
    with pytest.raises(ConfigError, match="stack"):
        load(stack, given())


@pytest.mark.parametrize(
    "name", ["Pay.example.com", "https://pay.example.com", "localhost", "a..b"]
)
def test_what_is_no_domain_is_refused_with_an_example(name: str) -> None:
    message = refusal(domain={"name": name, "zone": "example.com"})

    assert "penstock:domain.name: not a domain" in message
    assert "as in pay.example.com" in message


@pytest.mark.parametrize("zone", ["example.org", "ample.com"])
def test_a_domain_outside_its_zone_is_refused(zone: str) -> None:
    message = refusal(domain={"name": "pay.example.com", "zone": zone})

    assert "penstock:domain.name does not lie in domain.zone" in message


def test_an_unknown_key_within_the_domain_is_named() -> None:
    message = refusal(domain={"name": "a.example.com", "zone": "example.com", "ttl": 1})

    assert "penstock:domain.ttl is not a key" in message


def test_queues_that_hide_messages_for_too_short_are_refused_with_the_least() -> None:
    message = refusal(functionTimeoutSeconds=60, visibilityTimeoutSeconds=180)

    assert "penstock:visibilityTimeoutSeconds is 180" in message
    assert "raise it to at least 360" in message


@pytest.mark.parametrize("stack", ["prod", "live"])
def test_a_protected_stack_says_whom_to_tell_and_where_it_belongs(stack: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(stack, given(protect=True))

    assert ["penstock:alertEmails", "penstock:accounts"] == [
        problem.split()[0] for problem in caught.value.problems
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("accounts", ["12345"]),
        ("operators", ["arn:aws:iam::123456789012:user/me"]),
    ],
)
def test_an_entry_of_a_list_is_refused_by_its_key_and_place(key: str, value: Any) -> None:
    assert f"penstock:{key}.0 has a value" in refusal(**{key: value})


def test_a_share_for_no_function_is_refused_with_those_there_are() -> None:
    message = refusal(reservedConcurrency={"recieve": 5})

    assert "penstock:reservedConcurrency.recieve is no function" in message
    assert "receive" in message.partition("name one of")[2]


def test_a_share_smaller_than_what_its_queue_hands_out_is_refused() -> None:
    message = refusal(reservedConcurrency={"charge": 5}, maximumConcurrency=10)

    assert "penstock:reservedConcurrency.charge is 5" in message


def test_a_share_that_suffices_is_taken() -> None:
    load("dev", given(reservedConcurrency={"charge": 10, "api": 1}, maximumConcurrency=10))


def test_a_rate_at_which_undecided_webhooks_fill_their_queue_is_refused_with_the_most() -> None:
    message = refusal(throttlingRate=101)

    assert "penstock:throttlingRate is 101" in message
    assert "60,600 of them are more than the 60,000" in message
    assert "lower it to at most 100" in message


def test_a_rate_whose_undecided_webhooks_have_room_is_taken() -> None:
    assert 100 == load("dev", given(throttlingRate=100)).throttling_rate


def test_the_time_a_webhook_may_stay_undecided_is_the_plugins() -> None:
    assert timedelta(seconds=UNDECIDED_SECONDS) == UNDECIDED


def test_names_alone_are_enough_where_a_plugin_needs_no_settings() -> None:
    settings = load("dev", given(gateways=["paypal"], sinks=json.dumps(["slack", "email"])))

    assert {"paypal": {}} == settings.gateways
    assert {"slack": {}, "email": {}} == settings.sinks


def test_a_list_of_anything_but_names_is_refused() -> None:
    assert "penstock:gateways has a value of kind list" in refusal(gateways=[1])


def test_the_pages_of_buyers_are_configured_with_a_brand() -> None:
    pages = load("dev", given(pages=json.dumps({"brand": "Ada's Books"}))).pages

    assert pages is not None
    assert ("Ada's Books", "en", None) == (pages.brand, pages.language, pages.support_url)


@pytest.mark.parametrize(
    ("pages", "key"),
    [
        ({}, "penstock:pages.brand is missing"),
        ({"brand": "a\nb"}, "penstock:pages.brand: not a name"),
        ({"brand": "x" * 128}, "penstock:pages.brand has a value of kind str"),
        ({"brand": "A", "language": "de"}, "penstock:pages.language has a value of kind str"),
        ({"brand": "A", "supportUrl": "http://a.example"}, "penstock:pages.supportUrl: not a"),
        ({"brand": "A", "continueUrl": "javascript:x"}, "penstock:pages.continueUrl: not a"),
        ({"brand": "A", "colour": "red"}, "penstock:pages.colour is not a key"),
        ("A", "penstock:pages has a value of kind str that does not do: write {brand"),
    ],
)
def test_wrong_pages_are_refused_with_their_key(pages: object, key: str) -> None:
    assert key in refusal(pages=pages)
