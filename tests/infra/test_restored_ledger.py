"""After a restore the functions use another table, and neither table is ever deleted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from infra.config.project import ConfigError
from infra.emulated import provision_counted
from infra.emulated.kind import Clients
from infra.graph.capture import capture
from infra.graph.program import stack_config
from infra.graph.values import Unrealisable
from infra.rules.view import of
from local.emulator import Emulator

OWN, RESTORED = "penstock-restored-ledger", "penstock-restored-ledger-20261128"


def test_functions_use_the_restored_table_and_the_first_one_stays(dev: dict[str, Any]) -> None:
    name = "penstock-dev-ledger-20261128"
    graph = capture("dev", {**dev, "penstock:ledgerTable": name})

    assert {"penstock-dev-ledger", name} == {one["name"] for one in of(graph, "Table").values()}
    used = {
        one["environment"]["variables"].get("PENSTOCK_LEDGER_TABLE")
        for one in of(graph, "Function").values()
    }
    assert {name, None} == used
    adopted = {
        one.name: (one.adopts, one.retained) for one in graph if one.type.endswith(":Table")
    }
    assert {"ledger": ("", False), name: (name, True)} == adopted


@pytest.mark.parametrize(
    "name", ["penstock-prod-ledger-1", "penstock-dev-ledger", "orders", "penstock-dev-ledger-A"]
)
def test_a_table_that_is_not_of_the_stacks_name_is_refused(dev: dict[str, Any], name: str) -> None:
    with pytest.raises(ConfigError, match=r"ledgerTable is no table of stack dev: restore into"):
        capture("dev", {**dev, "penstock:ledgerTable": name})


@pytest.mark.emulator
@pytest.mark.slow
def test_switching_over_and_back_keeps_both_tables(emulator: Emulator, bundles: Path) -> None:
    """
    The emulator has no restore: the new table is made as AWS makes it, without time to live,
    point-in-time recovery and tags.
    """
    config = {**stack_config("dev"), "bundles": str(bundles)}
    aws = Clients(emulator.url, "us-east-1", "000000000000", "test")
    dynamodb = aws("dynamodb")

    def deployed(**more: Any) -> Mapping[str, Any]:
        return provision_counted("restored", {**config, **more}, emulator.url).outputs

    first = deployed()
    dynamodb.put_item(TableName=OWN, Item={"pk": {"S": "payment#p-1"}, "sk": {"S": "state"}})
    with pytest.raises(Unrealisable, match=f"there is no {RESTORED}: restore into it first"):
        deployed(ledgerTable=RESTORED)
    _restored(dynamodb)
    second = deployed(ledgerTable=RESTORED)

    assert (OWN, RESTORED) == (first["ledgerTable"], second["ledgerTable"])
    charge = aws("lambda").get_function_configuration(FunctionName="penstock-restored-charge")
    assert RESTORED == charge["Environment"]["Variables"]["PENSTOCK_LEDGER_TABLE"]
    lives = dynamodb.describe_time_to_live(TableName=RESTORED)["TimeToLiveDescription"]
    assert "DISABLED" != lives["TimeToLiveStatus"]
    assert OWN == deployed()["ledgerTable"]
    assert [1, 1] == [dynamodb.scan(TableName=one)["Count"] for one in (OWN, RESTORED)]


def _restored(dynamodb: Any) -> None:
    """A table with the keys, the indexes and the items of the stack's own."""
    own = dynamodb.describe_table(TableName=OWN)["Table"]
    indexes = [
        {key: one[key] for key in ("IndexName", "KeySchema", "Projection")}
        for one in own["GlobalSecondaryIndexes"]
    ]
    dynamodb.create_table(
        TableName=RESTORED,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=own["KeySchema"],
        AttributeDefinitions=own["AttributeDefinitions"],
        GlobalSecondaryIndexes=indexes,
    )
    for item in dynamodb.scan(TableName=OWN)["Items"]:
        dynamodb.put_item(TableName=RESTORED, Item=item)
