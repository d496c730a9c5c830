"""Alarms go to mailboxes, https endpoints and existing topics."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.load import load
from infra.config.project import ConfigError
from infra.graph.capture import capture
from infra.graph.values import Secret
from infra.rules import broken
from infra.rules.view import of
from tests.infra.test_stack_settings import given

ENDPOINT = "https://events.example.com/alarms?key=hunter2"
TOPIC = "arn:aws:sns:us-east-1:123456789012:oncall"
OWN = "${Topic/alerts.arn}"


def test_an_endpoint_is_subscribed_and_its_address_is_a_secret(dev: dict[str, Any]) -> None:
    """
    Such an address often holds a key: it is in no name and encrypted in the state.
    """
    graph = capture("dev", {**dev, "alertEndpoints": [ENDPOINT]})
    (name,) = (n for n, s in of(graph, "TopicSubscription").items() if s["protocol"] == "https")
    made = of(graph, "TopicSubscription")[name]

    assert Secret(ENDPOINT) == made["endpoint"]
    assert OWN == made["topic"]
    assert "example" not in name
    assert {} == broken(graph)


def test_each_alarm_goes_to_the_named_topics_besides_our_own(dev: dict[str, Any]) -> None:
    graph = capture("dev", {**dev, "alertTopics": [TOPIC]})

    for alarm in of(graph, "MetricAlarm").values():
        assert [OWN, TOPIC] == alarm["alarmActions"] == alarm["okActions"]
    assert {} == broken(graph)


@pytest.mark.parametrize(
    ("emails", "told"), [([], TOPIC), (["a@example.com"], OWN)], ids=["nobody", "people"]
)
def test_the_budget_tells_another_topic_only_if_ours_tells_nobody(
    dev: dict[str, Any], emails: list[str], told: str
) -> None:
    """
    AWS takes one topic for each of a budget's notices.
    """
    config = {**dev, "alertTopics": [TOPIC], "alertEmails": emails, "monthlyBudgetUsd": 5}
    graph = capture("dev", config)
    notices = of(graph, "Budget")["budget"]["notifications"]

    assert {(told,)} == {tuple(one["subscriberSnsTopicArns"]) for one in notices}
    assert {} == broken(graph)


@pytest.mark.parametrize(
    "told", [{"alertEndpoints": [ENDPOINT]}, {"alertTopics": [TOPIC]}], ids=["endpoint", "topic"]
)
def test_a_protected_stack_may_tell_an_endpoint_or_a_topic_alone(told: dict[str, Any]) -> None:
    load("prod", given(protect=True, accounts=["123456789012"], **told))


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        (
            "alertEndpoints",
            ["http://a.example"],
            "penstock:alertEndpoints.0: not an https address",
        ),
        (
            "alertEndpoints",
            ["https://user:hunter2@a.example/alarms"],
            "penstock:alertEndpoints.0: an address with a user or password in it: give the endp",
        ),
        (
            "alertEndpoints",
            ["https://hunter2@a.example"],
            "penstock:alertEndpoints.0: an address with a user or password in it",
        ),
        ("alertEndpoints", [ENDPOINT, ENDPOINT], "penstock:alertEndpoints: one is named twice"),
        ("alertEndpoints", [7], "penstock:alertEndpoints.0 has a value of kind int"),
        (
            "alertTopics",
            ["oncall"],
            "penstock:alertTopics.0: not the ARN of a topic: write one as",
        ),
        (
            "alertTopics",
            [f"{TOPIC}.fifo"],
            "penstock:alertTopics.0: a FIFO topic, which CloudWatc",
        ),
        (
            "alertTopics",
            [f"{TOPIC}{n}" for n in range(5)],
            "penstock:alertTopics has a value of k",
        ),
    ],
)
def test_wrong_destinations_are_refused_with_their_key_and_the_remedy(
    key: str, value: Any, said: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load("dev", given(**{key: value}))

    assert said in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_topic_of_another_region_is_refused(dev: dict[str, Any]) -> None:
    elsewhere = TOPIC.replace("us-east-1", "eu-west-1")
    with pytest.raises(ConfigError, match=r"penstock:alertTopics\.0 is of another Region"):
        capture("dev", {**dev, "alertTopics": [elsewhere]})
