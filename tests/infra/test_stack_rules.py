"""Rules hold of what is deployed, of whatever settings allow, and each is broken by some graph."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.access.policies import UNSCOPED
from infra.config.project import ROOT
from infra.graph.capture import capture
from infra.rules import RULES, broken
from tests.depth import LONG, examples
from tests.infra.breaking import Graph, changed
from tests.infra.broken_stacks import BREAKS


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_what_is_deployed_breaks_no_rule(graphs: Mapping[str, Graph], stack: str) -> None:
    assert {} == broken(graphs[stack])


def test_prod_has_every_kind_of_resource_that_dev_has(graphs: Mapping[str, Graph]) -> None:
    """
    So `tests/engine` renames and repairs on prod only.
    """
    kinds = {name: {one.type for one in graph if one.custom} for name, graph in graphs.items()}

    assert set() == kinds["dev"] - kinds["prod"]


def test_every_rule_has_a_graph_that_breaks_it() -> None:
    assert RULES.keys() == BREAKS.keys()


@pytest.mark.parametrize(
    ("rule", "place"),
    [(rule, place) for rule, all_ in BREAKS.items() for place in range(len(all_))],
)
def test_a_rule_is_broken_by_its_graph(graphs: Mapping[str, Graph], rule: str, place: int) -> None:
    assert rule in broken(BREAKS[rule][place](graphs["prod"]))


def test_what_a_broken_rule_says_names_the_resource(graphs: Mapping[str, Graph]) -> None:
    graph = changed("Queue", "rejected", sqsManagedSseEnabled=False)(graphs["dev"])

    assert {"queues_are_encrypted": ["queue rejected is not encrypted"]} == broken(graph)


EMAIL = {"sender": "a@example.com", "recipients": ["b@example.com"]}
GATEWAYS = {"paypal": {"environment": "live"}, "example": {"request_uri": "https://a.b/c"}}
ROLE = "arn:aws:iam::123456789012:role/somebody"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/12345678"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/12345678-1234-1234-1234-123456789012"
CONFIGS = st.fixed_dictionaries(
    {
        "penstock:gateways": st.sets(st.sampled_from(sorted(GATEWAYS)), min_size=1).map(
            lambda names: {name: GATEWAYS[name] for name in sorted(names)}
        ),
    },
    optional={
        "penstock:sinks": st.sampled_from(
            [{}, {"slack": {}}, {"slack": {"events": ["payment.succeeded"]}, "email": EMAIL}]
        ),
        "reservedConcurrency": st.dictionaries(
            st.sampled_from(["receive", "api", "verify", "process", "charge", "sweep"]),
            st.just(1000),
        ),
        "operators": st.sampled_from([[], [ROLE]]),
        "roles": st.sampled_from(
            [
                {},
                {"existing": ["operator"]},
                {"path": "/p/", "permissionsBoundary": "arn:aws:iam::123456789012:policy/b"},
                {"operatorTrusts": [ROLE], "serveTrusts": [ROLE, "ec2.amazonaws.com"]},
            ]
        ),
        "kmsKey": st.sampled_from(["", KEY]),
        "alertEndpoints": st.sampled_from([[], ["https://a.example.com/alarms"]]),
        "alertTopics": st.sampled_from([[], ["arn:aws:sns:eu-west-1:123456789012:oncall"]]),
        "protectDomain": st.booleans(),
        "tags": st.sampled_from([{}, {"team": "payments", "cost center": "4711"}]),
        "logLevel": st.sampled_from(["INFO", "DEBUG"]),
        "sweepMinutes": st.integers(1, 60),
        "throttlingBurst": st.integers(1, 5_000),
        "functionTimeoutSeconds": st.integers(26, 900),
        "visibilityTimeoutSeconds": st.sampled_from([0, 5400, 43_200]),
        "sqsMaxNumberOfMessages": st.integers(1, 10),
        "consumers": st.sampled_from(["functions", "serve"]),
        "protect": st.booleans(),
        "protectSinks": st.booleans(),
        "tracing": st.booleans(),
        "operationsApi": st.booleans(),
        "maximumConcurrency": st.integers(2, 1000),
        "throttlingRate": st.integers(1, 100),
        "logRetentionDays": st.sampled_from([1, 30, 3653]),
        "monthlyBudgetUsd": st.integers(0, 10_000),
        "quietHours": st.integers(1, 24),
        "domain": st.sampled_from(
            [
                {"name": "example.com", "zone": "example.com"},
                {"name": "pay.eu.example.com", "zone": "example.com"},
                {"name": "pay.example.com"},
                {"name": "pay.example.com", "issued": True},
                {"name": "pay.example.com", "certificate": CERTIFICATE},
            ]
        ),
    },
)


@LONG
@settings(
    max_examples=examples(25, 500),
    deadline=None,
    # The zips are the same for every example.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(CONFIGS)
def test_no_valid_settings_give_a_stack_that_breaks_a_rule(
    bundles: Path, config: Mapping[str, Any]
) -> None:
    needed = {
        "aws:region": "eu-west-1",
        "bundles": str(bundles),
        "alertEmails": ["a@example.com"],
        "accounts": ["123456789012"],
    }

    assert {} == broken(capture("any", {**needed, **config}))


def test_the_documents_name_every_rule_and_every_call_that_cannot_be_narrowed() -> None:
    page = (ROOT / "docs" / "stack.md").read_text()
    narrowed = page.partition("## Calls")[2].partition("## What it costs")[0]

    assert [] == [rule for rule in RULES if f"`{rule}`" not in page]
    assert UNSCOPED == set(re.findall(r"^\| `(\w+:\w+)`", narrowed, re.MULTILINE))
