"""
A stack looked at from outside: each finding is well, or says what to do.

A check that cannot be made is a finding too; none of them ends the others.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from penstock.adapters.aws.inbox import SqsInbox
from penstock.api import AwsError, Registered
from penstock.entrypoints.cli.ledger import ledger
from penstock.entrypoints.cli.patient import Check, Finding, Patient
from penstock.entrypoints.cli.reach import domain, health
from penstock.entrypoints.cli.secrets import PluginSecret
from penstock.entrypoints.cli.stack import Stack
from penstock.entrypoints.cli.told import alerts, endpoints, schedules, sinks
from penstock.entrypoints.cli.vault import Vault
from penstock.errors import PenstockError, PluginError, SettingsError
from penstock.plugins import Kind, load, read_settings
from penstock.settings import Settings

_OUTPUTS = (
    "stack",
    "region",
    "apiUrl",
    "ledgerTable",
    "deliveriesTopicArn",
    "eventsTopicArn",
    "secretsPrefix",
    "queues",
    "functions",
    "gateways",
    "sinks",
    "settings",
)
_SKEW_SECONDS = 60.0
"""AWS refuses signatures that are five minutes off."""
_WITHOUT_QUEUE = ("receive", "api", "merchant", "operate", "sweep", "gaps", "renew")
"""Called by API Gateway or by a schedule."""
_SWITCH = "aws lambda update-event-source-mapping --region {region} --uuid {id} --{what}"
_ENOUGH = 100
"""Functions side by side that one busy hour needs; a new account may have 10."""


async def examine(stack: Stack) -> list[Finding]:
    """Make every check; the first ones decide whether the others can be made at all."""
    absent = [name for name in _OUTPUTS if name not in stack.outputs]
    if absent:
        todo = f"deploy it again: make update STACK={stack.name}"
        return [Finding("outputs", f"lacks {', '.join(absent)}", todo)]
    found = [Finding("outputs", f"{len(_OUTPUTS)} are there")]
    try:
        registry = load(only=stack.plugins)
        world = stack.world()
    except (PluginError, SettingsError) as exc:
        return [*found, Finding("settings", str(exc), "install the plugin or mend the setting")]
    try:
        patient = Patient(stack, world, registry)
        for check in CHECKS:
            try:
                found += [finding async for finding in check(patient)]
            except (PenstockError, AwsError, OSError) as exc:
                why = f"AWS answered {exc.code}" if isinstance(exc, AwsError) else str(exc)
                found.append(Finding(check.__name__, why, "see to it that this can be looked at"))
    finally:
        await world.close()
    return found


async def settings(patient: Patient) -> AsyncIterator[Finding]:
    """Each plugin can read its settings, and alarms can read the logs."""
    environ = patient.stack.environ()
    for kind, names in ((Kind.gateway, "gateways"), (Kind.sink, "sinks")):
        for name in patient.stack.outputs[names]:
            label = f"settings of {name}"
            try:
                found = patient.registry.gateway if kind is Kind.gateway else patient.registry.sink
                read_settings(found(name), environ)
            except PluginError as exc:
                yield Finding(label, str(exc), "mend Pulumi.<stack>.yaml and deploy")
            else:
                yield Finding(label, "its plugin takes them")
    level = Settings.read(environ).log_level
    if level in ("DEBUG", "INFO"):
        yield Finding("log level", level)
    else:
        yield Finding("log level", level, "alarms count log events: penstock:logLevel INFO")


async def secrets(patient: Patient) -> AsyncIterator[Finding]:
    """Each plugin's secret has every field it declares."""
    shared = patient.stack.outputs.get("sharedSecrets", ())
    for one in patient.registry.configured:
        if not one.secrets:
            continue
        vault = Vault.of(patient.clients, patient.stack.secrets_of(one.name, one.secrets))
        values = [await _fields(part) for part in vault.parts]
        for part, has in zip(vault.parts, values, strict=True):
            missing = [name for name in part.declared if not has.get(name)]
            plugin = part.name.rpartition("/")[2]
            label = f"secret of {plugin}"
            if missing:
                # What the first one holds of it need not be given again.
                splits = part is not vault.parts[0] and all(map(values[0].get, missing))
                todo = f"split {one.name}" if splits else f"set {plugin}"
                yield Finding(label, f"lacks {', '.join(missing)}", _secrets(patient.stack, todo))
            else:
                yield Finding(label, f"has {', '.join(part.declared)}")
        if one.name in shared:
            todo = f"{_secrets(patient.stack, f'split {one.name}')}, then take {one.name} out of"
            todo += " penstock:sharedSecrets and deploy"
            yield Finding(f"secret of {one.name}", "verify may read all of it", todo)


async def _fields(secret: PluginSecret) -> Mapping[str, str]:
    version = await secret.read()
    return version.fields if version else dict[str, str]()


def _secrets(stack: Stack, what: str) -> str:
    meant = f" --confirm {stack.name}" if stack.protected else ""
    return f"penstock --stack {stack.name} secrets {what}{meant}"


async def quota(patient: Patient) -> AsyncIterator[Finding]:
    """The account lets enough functions run side by side."""
    answer = await patient.clients.call("lambda", "get_account_settings")
    limit = int(answer["AccountLimit"]["ConcurrentExecutions"])
    todo = None if limit >= _ENOUGH else "ask AWS for more: Service Quotas, Lambda, L-B99A9384"
    yield Finding("concurrency", f"{limit} functions may run side by side", todo)


async def mappings(patient: Patient) -> AsyncIterator[Finding]:
    """Every function that consumes a queue is fed, or none is, where `serve` does the work."""
    for name, physical in patient.stack.outputs["functions"].items():
        if name in _WITHOUT_QUEUE or name.startswith("mock-"):
            continue
        answer = await patient.clients.call(
            "lambda", "list_event_source_mappings", FunctionName=physical
        )
        yield _mapping(patient.stack, name, answer["EventSourceMappings"], patient.served)


def _mapping(stack: Stack, function: str, made: Sequence[Any], served: bool) -> Finding:
    """
    One that is enabled, or none that is.

    What was switched or deleted by hand Pulumi's state does not know of: deploying mends nothing.
    """
    label = f"mapping of {function}"
    if not made:
        todo = f"deleted by hand: make update STACK={stack.name} REFRESH=1"
        return Finding(label, "none", None if served else todo)
    state, enabled = str(made[0]["State"]), str(made[0]["State"]) == "Enabled"
    todo = _SWITCH.format(
        region=stack.outputs["region"],
        id=made[0]["UUID"],
        what="no-enabled" if served else "enabled",
    )
    if served:
        todo += ", or each message is worked on twice: `penstock serve` does the work"
    return Finding(label, state, None if enabled != served else todo)


async def log_of_serve(patient: Patient) -> AsyncIterator[Finding]:
    """Where `penstock serve` does the work its log arrives where alarms count it."""
    group = patient.stack.outputs.get("serveLogGroup")
    if group is None:
        return
    answer = await patient.clients.call(
        "logs", "describe_log_streams", logGroupName=group, limit=1
    )
    arrives = bool(answer["logStreams"])
    todo = None if arrives else f"send its output to {group}: docs/operating.md says how"
    yield Finding("log of serve", "arrives" if arrives else "nothing has arrived", todo)


async def dead_letters(patient: Patient) -> AsyncIterator[Finding]:
    """No message was parked."""
    for name, queue in patient.stack.queues.items():
        if queue.dead_letters is None:
            continue
        depth = await SqsInbox(patient.clients, queue.dead_letters).depth()
        parked = depth["visible"] + depth["in_flight"]
        look = f"penstock --stack {patient.stack.name} dlq list {name}"
        yield Finding(f"dead letters of {name}", f"{parked} parked", look if parked else None)


async def webhooks(patient: Patient) -> AsyncIterator[Finding]:
    """Gateways that can be asked send their webhooks to us."""
    for name, gateway in patient.platform().gateways.items():
        if isinstance(gateway, Registered):
            url = f"{patient.stack.api_url}/webhooks/{name}"
            todo = await gateway.unregistered(url)
            said = "not as it should be" if todo else f"goes to {url}"
            yield Finding(f"webhook of {name}", said, todo)


async def clock(patient: Patient) -> AsyncIterator[Finding]:
    """This machine's time is AWS's."""
    answer = await patient.clients.call("sts", "get_caller_identity")
    told = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    if told is None:
        yield Finding("clock", "AWS's answer has no date", "look at the time by other means")
        return
    off = skew(str(told), patient.world.clock.now())
    todo = "set this machine's clock" if off > _SKEW_SECONDS else None
    yield Finding("clock", f"{off:.0f} s from AWS's", todo)


def skew(date: str, now: datetime) -> float:
    """Seconds between an answer's Date header and now."""
    return abs((parsedate_to_datetime(date).astimezone(UTC) - now).total_seconds())


async def api(patient: Patient) -> AsyncIterator[Finding]:
    """The API answers, under a name and with a certificate that hold."""
    for check, said, todo in (
        *await domain(patient.stack.api_url, patient.world.clock.now()),
        await health(patient.world.http, patient.stack.api_url),
    ):
        yield Finding(check, said, todo)


CHECKS: tuple[Check, ...] = (
    settings,
    secrets,
    quota,
    mappings,
    schedules,
    ledger,
    log_of_serve,
    alerts,
    sinks,
    endpoints,
    dead_letters,
    webhooks,
    clock,
    api,
)
