"""A key of the customer's encrypts all that is kept, and each role may use it for its own work."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.access.customer_key import key_policy
from infra.access.deployer import policy
from infra.config.project import ROOT, ConfigError
from infra.graph.capture import capture
from infra.graph.monitor import Declared
from infra.graph.program import stack_config
from infra.rules import broken
from infra.rules.view import of, statements

KEY = "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
KEEPING = ("dynamodb", "logs", "secretsmanager", "sns", "sqs")


@pytest.fixture(scope="module")
def keyed(bundles: Path) -> Sequence[Declared]:
    return capture("dev", {**stack_config("dev"), "bundles": str(bundles), "kmsKey": KEY})


def uses(graph: Sequence[Declared], role: str) -> Mapping[str, set[str]]:
    """What a role may do with the key, by the service that it goes through."""
    return {
        one["Condition"]["StringEquals"]["kms:ViaService"][0].partition(".")[0]: {
            action.removeprefix("kms:") for action in one["Action"]
        }
        for one in statements(of(graph, "RolePolicy")[role]["policy"])
        if one["Resource"] == [KEY]
    }


def test_all_that_is_kept_is_encrypted_by_it(keyed: Sequence[Declared]) -> None:
    for queue in of(keyed, "Queue").values():
        assert KEY == queue["kmsMasterKeyId"]
        assert "sqsManagedSseEnabled" not in queue
    for kind, name in (
        ("Topic", "kmsMasterKeyId"),
        ("Secret", "kmsKeyId"),
        ("LogGroup", "kmsKeyId"),
    ):
        assert {KEY} == {one[name] for one in of(keyed, kind).values()}, kind
    assert {"enabled": True, "kmsKeyArn": KEY} == of(keyed, "Table")["ledger"][
        "serverSideEncryption"
    ]
    assert {} == of(keyed, "Key")
    assert {} == broken(keyed)


def test_without_one_nothing_names_a_key(graphs: Mapping[str, Sequence[Declared]]) -> None:
    for one in graphs["prod"]:
        if one.custom and not one.type.endswith((":Topic", ":Key")):
            assert {"kmsMasterKeyId", "kmsKeyId", "serverSideEncryption"}.isdisjoint(one.inputs)


def test_a_role_may_use_it_through_the_services_of_its_own_work(keyed: Sequence[Declared]) -> None:
    sends, reads = {"Decrypt", "GenerateDataKey"}, {"Decrypt"}
    table = {*sends, "DescribeKey", "Encrypt", "ReEncryptFrom", "ReEncryptTo"}

    assert {"sns": sends} == uses(keyed, "receive")
    assert {"sqs": sends, "secretsmanager": reads} == uses(keyed, "verify")
    assert {"sqs": sends, "dynamodb": table} == uses(keyed, "api")
    assert {"sqs": sends, "sns": sends, "secretsmanager": reads, "dynamodb": table} == (
        uses(keyed, "charge")
    )
    assert {"sqs": sends, "dynamodb": table} == uses(keyed, "operator")


def test_the_deployer_may_give_it_to_what_it_makes(keyed: Sequence[Declared]) -> None:
    """
    Through the services that keep something, and to those services only.
    """
    found = [one for one in json.loads(policy(keyed))["Statement"] if [KEY] == one["Resource"]]
    (granting,) = [one for one in found if "kms:CreateGrant" in one["Action"]]
    (using,) = [one for one in found if one is not granting]

    assert ["kms:CreateGrant"] == granting["Action"]
    assert {"Bool": {"kms:GrantIsForAWSResource": ["true"]}} == granting["Condition"]
    assert {"kms:DescribeKey", "kms:Decrypt", "kms:GenerateDataKey"} <= {*using["Action"]}
    assert [f"{one}.us-east-1.amazonaws.com" for one in KEEPING] == (
        using["Condition"]["StringEquals"]["kms:ViaService"]
    )


def test_the_documents_have_the_policy_that_the_key_must_have() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    shown = page.partition("## A key of your own")[2].partition("```json\n")[2].partition("```")[0]

    assert json.loads(key_policy("123456789012", "us-east-1", "prod")) == json.loads(shown)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("alias/payments", "penstock:kmsKey: not the ARN of a key (an alias is none): write one"),
        (KEY.replace("us-east-1", "eu-west-1"), "penstock:kmsKey is of another Region than the"),
    ],
)
def test_a_wrong_key_is_refused_with_the_remedy(dev: dict[str, Any], key: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        capture("dev", {**dev, "kmsKey": key})

    assert said in str(caught.value)
