"""Checks of `penstock doctor` on what keeps people informed: schedules, alarms' readers, mail."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from penstock.api import AwsError, Reaches
from penstock.entrypoints.cli.patient import Finding, Patient

_RUNS = 3
"""Of a schedule, within which one at least must be in the log."""
_PAGES = 10
"""[aws] A page of a log group may be empty and not the last."""


async def schedules(patient: Patient) -> AsyncIterator[Finding]:
    """What runs by a schedule is enabled, and has run; where `serve` works, `serve` has run it."""
    made: Mapping[str, Mapping[str, Any]] = patient.stack.outputs.get("schedules", {})
    for name, one in made.items():
        label = f"schedule of {name}"
        state = await _state(patient, str(one["rule"]))
        if state is None:
            todo = f"deleted by hand: make update STACK={patient.stack.name} REFRESH=1"
            yield Finding(label, "none", None if patient.served else todo)
            continue
        enabled = state == "ENABLED"
        if enabled == patient.served:
            verb = "disable" if patient.served else "enable"
            region = patient.stack.outputs["region"]
            todo = f"aws events {verb}-rule --region {region} --name {one['rule']}"
            yield Finding(label, state.lower(), todo)
            continue
        yield await _last_run(patient, name, label, int(one["minutes"]))


async def _state(patient: Patient, rule: str) -> str | None:
    try:
        return str((await patient.clients.call("events", "describe_rule", Name=rule))["State"])
    except AwsError as exc:
        if exc.code != "ResourceNotFoundException":
            raise
        return None


async def _last_run(patient: Patient, name: str, label: str, minutes: int) -> Finding:
    outputs, within = patient.stack.outputs, _RUNS * minutes
    group = outputs.get("serveLogGroup") if patient.served else None
    group = group or f"/aws/lambda/{outputs['functions'][name]}"
    since = patient.world.clock.now() - timedelta(minutes=within)
    if await _logged(patient, group, since, f'"{name}.finished"'):
        return Finding(label, f"finished a run within the last {within} minutes")
    if await _deployed(patient, name) > since:
        return Finding(label, "no run yet since it was deployed")
    told = f"no run has finished for {within} minutes"
    return Finding(label, told, f"look why: aws logs tail {group} --since {within}m")


async def _deployed(patient: Patient, name: str) -> datetime:
    """When the function was deployed last."""
    physical = patient.stack.outputs["functions"][name]
    found = await patient.clients.call(
        "lambda", "get_function_configuration", FunctionName=physical
    )
    return datetime.fromisoformat(str(found["LastModified"]))


async def _logged(patient: Patient, group: str, since: datetime, pattern: str) -> bool:
    asked: dict[str, Any] = {
        "logGroupName": group,
        "startTime": int(since.timestamp() * 1000),
        "filterPattern": pattern,
    }
    for _ in range(_PAGES):
        page = await patient.clients.call("logs", "filter_log_events", **asked)
        if page["events"]:
            return True
        if not page.get("nextToken"):
            return False
        asked["nextToken"] = page["nextToken"]
    return False


async def alerts(patient: Patient) -> AsyncIterator[Finding]:
    """Each address that the stack names is subscribed to the alarms and has confirmed it."""
    outputs = patient.stack.outputs
    topic = outputs.get("alertsTopicArn")
    if topic is None:
        return
    answer = await patient.clients.call("sns", "list_subscriptions_by_topic", TopicArn=topic)
    confirmed = {
        digest(str(one["Endpoint"])): str(one["SubscriptionArn"]).startswith("arn:")
        for one in answer["Subscriptions"]
        if one["Protocol"] in ("email", "https")
    }
    # Without their digests, of a stack that older code deployed, those subscribed are those named.
    named = outputs.get("alertAddresses")
    wanted = set(confirmed) if named is None else set(named)
    heard = sum(confirmed.get(one, False) for one in wanted)
    others = len(set(confirmed) - wanted)
    settings = "penstock:alertEmails names"
    if any(one["Protocol"] == "https" for one in answer["Subscriptions"]):
        settings = "penstock:alertEmails and alertEndpoints name"
    said = f"{heard} of {len(wanted)} that {settings}"
    if others:
        said += f", and {others} that it does not name"
    todo = None
    if not wanted <= confirmed.keys():
        todo = (
            "an address was unsubscribed: put it back with "
            f"make update STACK={patient.stack.name} REFRESH=1"
        )
    elif heard < len(wanted):
        todo = (
            "open the link that AWS mailed, or that it sent to the endpoint; SNS's console sends"
        )
        todo += " it again"
    yield Finding("alarms tell", said, todo)


def digest(address: str) -> str:
    """How the stack's outputs name an address, so that nothing that is printed holds one."""
    return hashlib.sha256(address.casefold().encode()).hexdigest()[:12]


async def endpoints(patient: Patient) -> AsyncIterator[Finding]:
    """Endpoints of sinks take events; one that was disabled says how it is enabled again."""
    stack = patient.stack
    for name in stack.sinks:
        trouble = await patient.world.attempts.trouble(name)
        if trouble is None:
            continue
        since = trouble.disabled_at or trouble.since
        said = f"has taken nothing since {since:%Y-%m-%d %H:%M} UTC"
        todo = "see that it answers 2xx; nothing is lost, events are tried for three days"
        if trouble.disabled_at is not None:
            said = f"disabled since {since:%Y-%m-%d %H:%M} UTC: {trouble.because}"
            meant = f" --confirm {stack.name}" if stack.protected else ""
            todo = (
                "put the endpoint right, then send its letters back, which enables it: penstock "
                f'--stack {stack.name} dlq redrive sink-{name} --all --because "…"{meant}'
            )
        yield Finding(f"endpoint of {name}", said, todo)


async def sinks(patient: Patient) -> AsyncIterator[Finding]:
    """What sinks send arrives, as far as the service they use can say (SES: sandbox, sender)."""
    if "aws" in patient.stack.outputs:
        # The emulator's own SES takes whatever is sent.
        return
    platform = patient.platform()
    for name in patient.stack.sinks:
        sink = platform.deliver(name).sink
        if isinstance(sink, Reaches):
            todo = await sink.unreachable()
            yield Finding(f"sink {name}", "not as it should be" if todo else "is taken", todo)
