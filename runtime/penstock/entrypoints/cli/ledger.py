"""What `penstock doctor` says of the ledger's table; a restored one lacks some settings."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

from penstock.entrypoints.cli.patient import Finding, Patient

_VARIABLE = "PENSTOCK_LEDGER_TABLE"
_EXPIRES = "expires_at"
_INDEXES = frozenset({"due", "events", "by_reference", "by_subscription", "by_day"})
_ON = ("ENABLED", "ENABLING")


async def ledger(patient: Patient) -> AsyncIterator[Finding]:
    """
    Functions use the table that the stack names, and it is kept as the stack declares it.

    [aws] A restored table has the items, the keys and the indexes. Time to live, point-in-time
    recovery, deletion protection and tags are not restored ("Restoring a table").
    """
    name = str(patient.stack.outputs["ledgerTable"])
    yield await _used(patient, name)
    table = (await patient.clients.call("dynamodb", "describe_table", TableName=name))["Table"]
    yield await _recovery(patient, name)
    yield await _expiry(patient, name)
    yield _indexes(table, name)
    if patient.stack.protected:
        on = table.get("DeletionProtectionEnabled") is True
        todo = _aws(patient, f"update-table --table-name {name} --deletion-protection-enabled")
        said = "protected from deletion" if on else "may be deleted"
        yield Finding("ledger protection", said, None if on else todo)


async def _used(patient: Patient, name: str) -> Finding:
    """Whether each function that has a ledger has this one."""
    others: list[str] = []
    users = 0
    for function, physical in patient.stack.outputs["functions"].items():
        found = await patient.clients.call(
            "lambda", "get_function_configuration", FunctionName=physical
        )
        table = found.get("Environment", {}).get("Variables", {}).get(_VARIABLE)
        users += table is not None
        if table not in (None, name):
            others.append(f"{function} uses {table}")
    todo = f"deploy again: make update STACK={patient.stack.name}" if others else None
    said = "; ".join(others) or f"{name}, in {users} functions"
    return Finding("ledger", said, todo)


async def _recovery(patient: Patient, name: str) -> Finding:
    answer = await patient.clients.call("dynamodb", "describe_continuous_backups", TableName=name)
    told: Mapping[str, Any] = answer["ContinuousBackupsDescription"].get(
        "PointInTimeRecoveryDescription", {}
    )
    on = told.get("PointInTimeRecoveryStatus") == "ENABLED"
    todo = _aws(
        patient,
        f"update-continuous-backups --table-name {name} "
        "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true",
    )
    said = "can be restored to any second" if on else "cannot be restored to a point in time"
    return Finding("ledger recovery", said, None if on else todo)


async def _expiry(patient: Patient, name: str) -> Finding:
    answer = await patient.clients.call("dynamodb", "describe_time_to_live", TableName=name)
    told = answer["TimeToLiveDescription"]
    on = told.get("TimeToLiveStatus") in _ON and told.get("AttributeName") == _EXPIRES
    todo = _aws(
        patient,
        f"update-time-to-live --table-name {name} "
        f"--time-to-live-specification Enabled=true,AttributeName={_EXPIRES}",
    )
    said = f"items end at {_EXPIRES}" if on else "items never end"
    return Finding("ledger expiry", said, None if on else todo)


def _indexes(table: Mapping[str, Any], name: str) -> Finding:
    """Whether each index is there and can be asked; one that is being filled misses entities."""
    states = {
        one["IndexName"]: one.get("IndexStatus", "ACTIVE")
        for one in table.get("GlobalSecondaryIndexes", [])
    }
    lacking = sorted(_INDEXES - states.keys())
    filling = sorted(index for index in _INDEXES & states.keys() if states[index] != "ACTIVE")
    if lacking:
        said, todo = f"lacks {', '.join(lacking)}", f"restore {name} again, with its indexes"
    elif filling:
        said, todo = f"{', '.join(filling)}: not active yet", "wait until they are"
    else:
        said, todo = f"{len(_INDEXES)} are active", None
    return Finding("ledger indexes", said, todo)


def _aws(patient: Patient, words: str) -> str:
    return f"aws dynamodb {words} --region {patient.stack.outputs['region']}"
