"""The whole stack on a real emulator."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from infra.config.project import ConfigError
from infra.emulated import Provisioned, provision, provision_counted
from infra.emulated.provision import ROOT_KEY
from infra.graph.program import stack_config
from infra.graph.values import Unrealisable
from local.emulator import Emulator

pytestmark = pytest.mark.emulator


def counted(emulator: Emulator, config: Mapping[str, Any]) -> Provisioned:
    return provision_counted("local", config, emulator.url)


def client(emulator: Emulator, service: str) -> Any:
    session = boto3.Session(ROOT_KEY, ROOT_KEY, region_name="us-east-1")
    return session.client(service, endpoint_url=emulator.url)  # pyright: ignore[reportArgumentType] - by name


def names(emulator: Emulator) -> dict[str, set[str]]:
    """What there is, by kind."""
    queues = client(emulator, "sqs").list_queues().get("QueueUrls", [])
    functions = client(emulator, "lambda").list_functions()["Functions"]
    return {
        "queues": {url.rsplit("/", 1)[1] for url in queues},
        "functions": {one["FunctionName"] for one in functions},
        "mappings": {
            one["FunctionArn"].rsplit(":", 1)[1]
            for one in client(emulator, "lambda").list_event_source_mappings()[
                "EventSourceMappings"
            ]
        },
        "subscriptions": {
            one["Endpoint"].rsplit(":", 1)[1]
            for one in client(emulator, "sns").list_subscriptions()["Subscriptions"]
        },
        "roles": {one["RoleName"] for one in client(emulator, "iam").list_roles()["Roles"]},
        "secrets": {
            one["Name"] for one in client(emulator, "secretsmanager").list_secrets()["SecretList"]
        },
    }


@dataclass
class Standing:
    """
    The stack dev, standing; a test changes it, and the next one to want it has it put back.

    Attributes:
        first: what the run that made it said; None while it does not stand.
        changed: whether it is not as its file says.
    """

    emulator: Emulator
    first: Provisioned | None = None
    changed: bool = False

    def reset(self) -> None:
        """Forget it with everything else."""
        self.emulator.reset()
        self.first, self.changed = None, False


@pytest.fixture(scope="module")
def held(emulator: Emulator) -> Standing:
    return Standing(emulator)


@pytest.fixture
def empty(held: Standing) -> Emulator:
    """An emulator that holds nothing."""
    held.reset()
    return held.emulator


@pytest.fixture
def stands(held: Standing, dev: Mapping[str, Any]) -> Provisioned:
    """The stack dev as its file says; what the run that made it said."""
    if held.first is None:
        held.reset()
        held.first = counted(held.emulator, dev)
    elif held.changed:
        counted(held.emulator, dev)
    held.changed = False
    return held.first


@pytest.fixture
def changes(held: Standing, stands: Provisioned) -> Provisioned:
    """The same, for a test that changes it."""
    held.changed = True
    return stands


@pytest.mark.slow
def test_a_second_run_changes_nothing(
    emulator: Emulator, stands: Provisioned, dev: Mapping[str, Any]
) -> None:
    second = counted(emulator, dev)

    assert stands.outputs == second.outputs
    assert (stands.tally.made, 0, 0, 0) == (
        second.tally.same,
        second.tally.made,
        second.tally.changed,
        second.tally.dropped,
    )


@pytest.mark.slow
def test_a_ledger_from_before_the_look_up_indexes_gets_them_and_keeps_its_items(
    empty: Emulator, dev: Mapping[str, Any]
) -> None:
    api, name = client(empty, "dynamodb"), "penstock-local-ledger"
    keys = ("pk", "sk", "due_pk", "due_at", "events_pk", "events_sk")
    api.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=_keys("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": k, "AttributeType": "S"} for k in keys],
        GlobalSecondaryIndexes=[
            {"IndexName": "due", "KeySchema": _keys("due_pk", "due_at"), "Projection": _ONLY_KEYS},
            {
                "IndexName": "events",
                "KeySchema": _keys("events_pk", "events_sk"),
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    )
    item = {"pk": "payment#p-1", "sk": "state", "reference": "order-7", "created_at": "2026-11-02"}
    api.put_item(TableName=name, Item={k: {"S": v} for k, v in item.items()})
    provision("local", dev, empty.url)
    found = api.query(
        TableName=name,
        IndexName="by_reference",
        # Both `reference` and `day` are reserved words.
        KeyConditionExpression="#r = :r",
        ExpressionAttributeNames={"#r": "reference"},
        ExpressionAttributeValues={":r": {"S": "order-7"}},
    )

    assert [{"S": "payment#p-1"}] == [one["pk"] for one in found["Items"]]


_ONLY_KEYS = {"ProjectionType": "KEYS_ONLY"}


def _keys(partition: str, sort: str) -> list[Any]:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]


@pytest.mark.slow
@pytest.mark.usefixtures("changes")
def test_a_sink_that_is_removed_takes_its_parts_with_it_and_no_others(
    emulator: Emulator, dev: dict[str, Any]
) -> None:
    before = names(emulator)
    del dev["penstock:sinks"]["slack"]
    tally = counted(emulator, dev).tally
    after = names(emulator)

    assert {
        "queues": {"penstock-local-sink-slack.fifo", "penstock-local-sink-slack-dlq.fifo"},
        "functions": {"penstock-local-deliver-slack"},
        "mappings": {"penstock-local-deliver-slack"},
        "subscriptions": {"penstock-local-sink-slack.fifo"},
        "roles": {"penstock-local-deliver-slack"},
        "secrets": {"penstock-local/slack"},
    } == {kind: before[kind] - after[kind] for kind in before}
    # The dashboard shows one queue less; the renewal, its role and the operators' know one less.
    assert (0, 4, 0) == (tally.made, tally.changed, tally.replaced)


@pytest.mark.slow
@pytest.mark.usefixtures("changes")
def test_a_changed_setting_changes_what_reads_it_only(
    emulator: Emulator, dev: dict[str, Any]
) -> None:
    tally = counted(emulator, {**dev, "sqsMaxNumberOfMessages": 5}).tally

    # The function and its mapping.
    assert (2, 0, 0, 0) == (tally.changed, tally.made, tally.replaced, tally.dropped)


@pytest.mark.slow
@pytest.mark.usefixtures("changes")
def test_a_changed_zip_is_what_the_functions_run(
    emulator: Emulator, dev: dict[str, Any], bundles: Path, tmp_path: Path
) -> None:
    shutil.copytree(bundles, tmp_path, dirs_exist_ok=True)
    dev["bundles"] = str(tmp_path)
    with zipfile.ZipFile(tmp_path / "receive.zip", "w") as archive:
        archive.writestr(
            "penstock/entrypoints/functions/receive.py", "def handler(e, c): return 'anew'"
        )
    tally = counted(emulator, dev).tally
    answer = client(emulator, "lambda").invoke(
        FunctionName="penstock-local-receive", Payload=b"{}"
    )

    assert (1, 0, 0) == (tally.changed, tally.made, tally.replaced)
    assert b'"anew"' == answer["Payload"].read()


@pytest.mark.slow
def test_an_emulator_that_was_reset_is_made_again(
    held: Standing, stands: Provisioned, dev: Mapping[str, Any]
) -> None:
    held.reset()
    second = counted(held.emulator, dev)
    held.first = second

    assert (stands.tally.made, 0) == (second.tally.made, second.tally.same)


@pytest.mark.slow
def test_a_run_that_was_killed_before_it_remembered_is_completed(
    emulator: Emulator, stands: Provisioned, dev: Mapping[str, Any]
) -> None:
    before = names(emulator)
    client(emulator, "dynamodb").delete_table(TableName="emulated-state-local")
    again = counted(emulator, dev)

    assert stands.outputs == again.outputs
    assert before == names(emulator)


@pytest.mark.slow
@pytest.mark.usefixtures("stands")
def test_two_stacks_keep_out_of_each_others_way(
    emulator: Emulator, dev: Mapping[str, Any]
) -> None:
    provision("two", dev, emulator.url)

    assert 0 == counted(emulator, dev).tally.dropped
    assert {"penstock-local-api", "penstock-two-api"} <= names(emulator)["functions"]


def test_a_wrong_configuration_makes_nothing(empty: Emulator, dev: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="penstock:itemTimeoutSeconds"):
        provision("local", {**dev, "itemTimeoutSeconds": 30}, empty.url)

    assert set() == names(empty)["queues"]


def test_zips_that_are_not_there_are_named_with_the_command(
    empty: Emulator, dev: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=r"worker\.zip|receive\.zip"):
        provision("local", {**dev, "bundles": "/nowhere"}, empty.url)


def test_an_emulator_that_is_not_there_is_an_error_not_a_wait(dev: Mapping[str, Any]) -> None:
    with pytest.raises(Unrealisable, match="no emulator answers at"):
        provision("local", dev, "http://127.0.0.1:9")


@pytest.mark.slow
def test_another_account_than_the_stacks_own_is_left_alone(
    empty: Emulator, dev: dict[str, Any]
) -> None:
    with pytest.raises(Unrealisable, match="and penstock:accounts allows 123456789012 only"):
        provision("local", {**dev, "accounts": ["123456789012"]}, empty.url)

    assert set() == names(empty)["queues"]


@pytest.mark.slow
def test_prod_stands_too_and_leaves_nothing_when_its_domain_goes(
    empty: Emulator, bundles: Path
) -> None:
    client(empty, "route53").create_hosted_zone(Name="example.com", CallerReference="1")
    account = client(empty, "sts").get_caller_identity()["Account"]
    config = {**stack_config("prod"), "bundles": str(bundles), "penstock:accounts": [account]}
    first = counted(empty, config)
    second = counted(empty, config)
    zone = client(empty, "route53").list_hosted_zones()["HostedZones"][0]["Id"]

    def records() -> list[str]:
        found = client(empty, "route53").list_resource_record_sets(HostedZoneId=zone)
        return sorted(one["Type"] for one in found["ResourceRecordSets"])

    assert "https://pay.example.com" == first.outputs["apiUrl"]
    assert (first.tally.made, 0) == (second.tally.same, second.tally.changed)
    assert ["A", "AAAA", "CNAME", "NS", "SOA"] == records()

    with pytest.raises(Unrealisable, match="DomainName api is protected"):
        counted(empty, {k: v for k, v in config.items() if k != "penstock:domain"})
