"""What a team configures from outside: tags, accounts, who deploys, and other projects' keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.emulated.table import TABLE
from infra.graph.capture import capture
from infra.rules import broken
from infra.rules.view import of

ROLE = {"roleArn": "arn:aws:iam::123456789012:role/deployer", "externalId": "x"}


def provider(config: Mapping[str, Any]) -> Mapping[str, Any]:
    return of(capture("dev", config), "aws")["aws"]


def tags_of(config: Mapping[str, Any]) -> Mapping[str, str]:
    return json.loads(provider(config)["defaultTags"])["tags"]


def test_tags_reach_each_resource_that_takes_any(dev: dict[str, Any]) -> None:
    """
    By the provider of ours, which makes all of them and merges its tags into each.
    """
    graph = capture("dev", {**dev, "tags": {"team": "payments", "cost center": "4711"}})
    taking = [one for one in graph if one.type in TABLE and "tags" in TABLE[one.type].properties]

    assert 90 < len(taking)
    for one in taking:
        tags = json.loads(one.provider["defaultTags"])["tags"]
        assert {"team": "payments", "cost center": "4711"}.items() <= tags.items(), one.name
    assert {} == broken(graph)


def test_tags_of_a_shared_environment_are_kept_and_ours_go_first(dev: dict[str, Any]) -> None:
    outside = {"tags": {"team": "platform", "owner": "ops", "stack": "shared"}}
    config = {**dev, "aws:defaultTags": outside, "penstock:tags": {"team": "payments"}}

    assert {"team": "payments", "owner": "ops", "stack": "dev", "project": "penstock"} == (
        tags_of(config)
    )


def test_without_tags_the_provider_is_what_it_was(dev: dict[str, Any]) -> None:
    given = provider(dev)

    assert '{"tags": {"project": "penstock", "stack": "dev"}}' == given["defaultTags"]
    assert {"profile", "assumeRoles", "allowedAccountIds", "maxRetries"}.isdisjoint(given)


def test_who_deploys_is_handed_on_to_the_provider(dev: dict[str, Any]) -> None:
    given = provider(
        {**dev, "aws:profile": "payments", "aws:assumeRole": ROLE, "aws:maxRetries": 5}
    )

    assert "payments" == given["profile"]
    assert [ROLE] == json.loads(given["assumeRoles"])
    assert "5" == given["maxRetries"]
    assert [ROLE] == json.loads(provider({**dev, "aws:assumeRoles": [ROLE]})["assumeRoles"])


@pytest.mark.parametrize(
    ("own", "outside", "both"),
    [
        ([], ["111111111111"], ["111111111111"]),
        (["111111111111"], [], ["111111111111"]),
        (["111111111111", "222222222222"], ["333333333333", "222222222222"], ["222222222222"]),
    ],
)
def test_an_account_is_allowed_where_the_stack_and_the_environment_allow_it(
    dev: dict[str, Any], own: list[str], outside: list[str], both: list[str]
) -> None:
    given = provider({**dev, "accounts": own, "aws:allowedAccountIds": outside})

    assert both == json.loads(given["allowedAccountIds"])


def test_accounts_that_exclude_each_other_are_refused(dev: dict[str, Any]) -> None:
    config = {**dev, "accounts": ["111111111111"], "aws:allowedAccountIds": ["222222222222"]}
    with pytest.raises(ConfigError, match="have no account in common"):
        capture("dev", config)


def test_keys_of_other_projects_and_providers_are_left_alone(dev: dict[str, Any]) -> None:
    others = ("cloudflare:apiToken", "other-project:sinks", "aws-native:region")

    assert tags_of(dev) == tags_of({**dev, **dict.fromkeys(others, "x")})
