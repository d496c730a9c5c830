"""What nobody may deploy is refused before the first resource, with its key and the remedy."""

from __future__ import annotations

from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.config.tags import wrong_together
from infra.graph.capture import GraphMonitor
from infra.graph.program import run

EMULATOR = {"aws:endpoints": [{"sts": "http://127.0.0.1:1"}]}


def refusal(config: dict[str, Any]) -> str:
    monitor = GraphMonitor()
    with pytest.raises(ConfigError) as caught:
        run(monitor, "dev", config)

    assert () == monitor.graph, "something was made first"
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "remedy"),
    [
        ("aws:region", "", "aws:region is missing: set it"),
        ("aws:region", "cn-north-1", "aws:region is no region that this project knows: name one"),
        ("aws:region", "Frankfurt", "aws:region is no region that this project knows: name one"),
        ("aws:profil", "prod", "aws:profil reaches no provider here: did you mean aws:profile"),
        ("aws:color", "blue", "aws:color reaches no provider here: remove it; region, endpoints"),
        ("aws:secretKey", "hunter2", "aws:secretKey is a credential, which no file may hold"),
        ("aws:assumeRole", "{}", "aws:assumeRole.roleArn is missing, or no ARN of a role: set it"),
        ("aws:assumeRole", "role", "aws:assumeRole has a value of kind str: write {roleArn: arn"),
        (
            "aws:assumeRole",
            {"roleArn": "arn:aws:iam::1:role/a", "externalID": "x"},
            "aws:assumeRole.externalID is not known: did you mean externalId",
        ),
        ("aws:defaultTags", ["a"], "aws:defaultTags has a value of kind list: write {tags: {key"),
        (
            "aws:defaultTags",
            {"tags": {"aws:x": "y"}},
            "aws:defaultTags.tags.aws:x begins with aws:, which AWS keeps for itself",
        ),
        ("aws:allowedAccountIds", [1], "aws:allowedAccountIds has a value of kind list: write a"),
        ("penstok:sinks", "[]", "penstok:sinks is read by nothing here: did you mean penstock:si"),
        (
            "Penstock:tags",
            "{}",
            "Penstock:tags is read by nothing here: did you mean penstock:tag",
        ),
        ("penstock:tags", ["team"], "penstock:tags has a value of kind list that does not do: wr"),
        (
            "penstock:tags",
            {"team": 7},
            "penstock:tags.team has a value of kind int: write text, i",
        ),
        ("penstock:tags", {"Stack": "x"}, "penstock:tags: Stack is a tag that the stack sets its"),
        ("penstock:tags", {"AWS:a": "x"}, "penstock:tags.AWS:a begins with aws:, which AWS keeps"),
        (
            "penstock:tags",
            {" a": "x"},
            "penstock:tags. a is empty, or begins or ends with a blank",
        ),
        (
            "penstock:tags",
            {"a": "x" * 257},
            "penstock:tags.a has a value of 257 characters, and A",
        ),
        ("penstock:tags", {"a" * 129: "x"}, "has 129 characters, and AWS takes 128: shorten it"),
        (
            "penstock:tags",
            {"a": "x;hunter2"},
            "penstock:tags.a holds a character that AWS refuses",
        ),
        (
            "penstock:tags",
            {"a": "x", "A": "y"},
            "penstock:tags: the keys A and a differ by upper and lower case only: keep one",
        ),
        (
            "penstock:tags",
            {f"t{number}": "x" for number in range(48)},
            "penstock:tags has 48 tags, and AWS allows 47 besides the stack's own: remove some",
        ),
        ("penstock:gateways", {}, "penstock:gateways names none, and nothing could be paid"),
        (
            "penstock:gateways",
            {"paypal": {"environment": "local"}},
            "penstock:gateways.paypal.environment is one that its door does not know",
        ),
        (
            "penstock:gateways",
            {"paypal": {"environment": "sandbox", "client_secret": "hunter2"}},
            "penstock:gateways.paypal.client_secret is a secret, which no file may hold: remove",
        ),
        (
            "penstock:sinks",
            {"slack": {"webhook_url": "hunter2"}},
            "run `penstock secrets set slack`",
        ),
        (
            "penstock:sinks",
            {"email": {"recipients": ["a@example.com"], "sender": "b@example.com", "to": "c"}},
            "penstock:sinks.email.to is no setting of email: remove it; it has recipients, ",
        ),
        ("penstock:sinks", ["email"], "penstock:sinks.email.sender is missing: email needs it"),
        ("penstock:logRetentionDay", 7, "did you mean logRetentionDays"),
        ("penstock:log_retention_days", 7, "did you mean logRetentionDays"),
        ("penstock:sinks", "slack", "write {name: {setting: value}}, or [name]"),
        ("penstock:sinks", {"slack": None}, "penstock:sinks.slack has a value of kind NoneType"),
        ("penstock:domain", "pay.example.com", "write {name: pay.example.com, zone: example.com}"),
        ("penstock:domain", {"zone": "example.com"}, "name is missing: set it in penstock:domain"),
        ("penstock:domain", {"name": "a.b.example", "zome": "b.example"}, "did you mean zone"),
        ("penstock:accounts", [123456789012], "penstock:accounts.0 has a value of kind int"),
        ("penstock:accounts", ["1234"], "write the 12 digits of an account, in quotes"),
        ("penstock:alertEmails", ["nobody"], "write a bare one, as in oncall@example.com"),
    ],
)
def test_it_is_refused_with_its_key_and_the_remedy_and_nothing_is_made(
    dev: dict[str, Any], key: str, value: Any, remedy: str
) -> None:
    said = refusal({**dev, key: value})

    assert remedy in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("outside", "own", "remedy"),
    [
        (
            {f"o{number}": "x" for number in range(24)},
            {f"t{number}": "x" for number in range(24)},
            "aws:defaultTags and penstock:tags together have 48 tags, and AWS allows 47 besides",
        ),
        (
            {"Team": "x"},
            {"team": "y"},
            "aws:defaultTags and penstock:tags: the keys Team and team differ by upper and lower",
        ),
        (
            {"Stack": "x"},
            {},
            "aws:defaultTags: the keys Stack and stack differ by upper and lower case only, and",
        ),
    ],
)
def test_tags_of_both_settings_are_refused_together_as_aws_would(
    dev: dict[str, Any], outside: dict[str, str], own: dict[str, str], remedy: str
) -> None:
    config = {**dev, "aws:defaultTags": {"tags": outside}, "penstock:tags": own}

    assert remedy in refusal(config)


def test_the_most_tags_that_aws_allows_are_taken() -> None:
    """
    A tag of both settings counts once, and one that the stack sets itself is replaced by it.
    """
    outside = {"stack": "shared", "team": "x"} | {f"o{number}": "x" for number in range(23)}
    own = {"team": "y"} | {f"t{number}": "x" for number in range(23)}

    assert [] == [*wrong_together({"aws:defaultTags": outside, "penstock:tags": own})]


def test_a_gateway_of_this_machine_is_for_an_emulator(dev: dict[str, Any]) -> None:
    dev["penstock:gateways"] = {"paypal": {"environment": "local"}}
    monitor = GraphMonitor()

    run(monitor, "dev", {**dev, **EMULATOR})

    assert monitor.graph


def test_a_stack_without_sinks_keeps_its_events_in_the_ledger(dev: dict[str, Any]) -> None:
    monitor = GraphMonitor()

    run(monitor, "dev", {**dev, "penstock:sinks": []})

    assert [] == [one.name for one in monitor.graph if one.name.startswith("deliver-")]
