"""A stack as its outputs describe it: addresses, settings, and the environment they make."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.errors import SettingsError
from penstock.variables import PLUGIN

# The platform and the plugins are imported where a stack is used: help needs neither.
if TYPE_CHECKING:
    from penstock.bootstrap import Platform
    from penstock.bootstrap.aws import Addresses, AwsWorld

LOCAL = "local"
STACK_FILE = Path(".penstock/local/stack.json")
_PULUMI_SECONDS = 120
_SETTINGS = {
    "sqsMaxNumberOfMessages": "SQS_MAX_NUMBER_OF_MESSAGES",
    "backoffBaseSeconds": "PENSTOCK_BACKOFF_BASE_SECONDS",
    "backoffCapSeconds": "PENSTOCK_BACKOFF_CAP_SECONDS",
    "unknownAfterSeconds": "PENSTOCK_UNKNOWN_AFTER_SECONDS",
    "itemTimeoutSeconds": "PENSTOCK_ITEM_TIMEOUT_SECONDS",
    "requestTimeoutSeconds": "PENSTOCK_REQUEST_TIMEOUT_SECONDS",
    "logLevel": "LOG_LEVEL",
    "operationsApi": "PENSTOCK_OPERATIONS_API",
}


class StackMissing(SettingsError):
    """The stack cannot be found; says what to do."""


@dataclass(frozen=True, slots=True)
class Stack:
    """What a stack exports."""

    name: str
    outputs: Mapping[str, Any] = field(repr=False)

    @property
    def api_url(self) -> str:
        """Where its API answers."""
        return str(self.outputs["apiUrl"]).rstrip("/")

    @property
    def protected(self) -> bool:
        """
        Whether what cannot be undone needs its name first: `penstock:protect` of its deployment.

        A stack that does not say, because older code deployed it, counts as protected.
        """
        return self.outputs.get("protected") is not False

    @property
    def queues(self) -> Mapping[str, Addresses]:
        """Its queues, by logical name."""
        from penstock.bootstrap.aws import Addresses

        return {
            name: Addresses(one["url"], one.get("dlqUrl"))
            for name, one in self.outputs["queues"].items()
        }

    @property
    def sinks(self) -> list[str]:
        """Its sinks, by name."""
        return list(self.outputs["sinks"])

    @property
    def plugins(self) -> dict[str, str]:
        """What each of its gateways and sinks is an instance of, by its name."""
        used = {**self.outputs["gateways"], **self.outputs["sinks"]}
        return {name: own.get(PLUGIN, name) for name, own in used.items()}

    def instances(self, plugin: str) -> list[str]:
        """Its gateways that are instances of a plugin, by name."""
        named = self.plugins
        return [name for name in self.outputs["gateways"] if named[name] == plugin]

    def selection(self, sink: str) -> list[str] | None:
        """
        The event types that a sink gets; None for all.

        Raises:
            StackMissing: the stack has no such sink; names those it has.
        """
        if sink not in self.sinks:
            there = ", ".join(self.sinks) or "none"
            raise StackMissing(f"the stack {self.name} has no sink {sink}; it has {there}")
        events = self.outputs["sinks"][sink].get("events", "all")
        return None if events == "all" else list(events)

    def secrets_of(self, plugin: str, fields: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """
        A plugin's secrets by name, each with its fields.

        Args:
            fields: all that it declares, for a stack of a version that kept them in one secret.
        """
        prefix = self.outputs["secretsPrefix"]
        kept = self.outputs.get("secrets", {}).get(plugin, {plugin: fields})
        return {f"{prefix}/{name}": own for name, own in kept.items()}

    def environ(self) -> dict[str, str]:
        """The variables that its functions are given, all of them together."""
        from penstock.plugins import Kind, as_text, plugin_variables

        out = self.outputs
        variables = {
            "PENSTOCK_STACK": str(out["stack"]),
            "PENSTOCK_API_URL": self.api_url,
            "PENSTOCK_LEDGER_TABLE": str(out["ledgerTable"]),
            "PENSTOCK_DELIVERIES_TOPIC_ARN": str(out["deliveriesTopicArn"]),
            "PENSTOCK_EVENTS_TOPIC_ARN": str(out["eventsTopicArn"]),
            "PENSTOCK_SECRETS_PREFIX": str(out["secretsPrefix"]),
            "PENSTOCK_GATEWAYS": ",".join(out["gateways"]),
            "PENSTOCK_SINKS": ",".join(out["sinks"]),
            **{
                f"PENSTOCK_{name.upper()}_QUEUE_URL": self.queues[name].url
                for name in ("deliveries", "verified", "rejected", "payments")
                if name in self.queues
            },
            "PENSTOCK_DEAD_LETTER_QUEUES": json.dumps(
                {name: one.dead_letters for name, one in self.queues.items() if one.dead_letters}
            ),
            **{
                _SETTINGS[name]: as_text(value)
                for name, value in out["settings"].items()
                if name in _SETTINGS
            },
            **out.get("variables", {}),
        }
        for kind, plural in ((Kind.gateway, "gateways"), (Kind.sink, "sinks")):
            for name, settings in out[plural].items():
                variables |= plugin_variables(kind, name, settings)
        return variables

    def enter(self, environ: MutableMapping[str, str]) -> None:
        """
        Point boto3 at the stack's own region and, for the local one, endpoint and operator.

        boto3 reads its own environment; of a stack on AWS only the Region is ours to say.
        """
        aws = self.outputs.get("aws")
        if aws is None:
            environ.setdefault("AWS_DEFAULT_REGION", str(self.outputs["region"]))
            return
        environ.pop("AWS_PROFILE", None)
        environ.pop("AWS_SESSION_TOKEN", None)
        environ.update(
            AWS_ENDPOINT_URL=aws["endpoint_url"],
            AWS_REGION=aws["region"],
            AWS_DEFAULT_REGION=aws["region"],
            AWS_ACCESS_KEY_ID=aws["access_key_id"],
            AWS_SECRET_ACCESS_KEY=aws["secret_access_key"],
        )

    def world(self) -> AwsWorld:
        """Its adapters, for every queue it has."""
        from penstock.bootstrap.aws import AwsWorld
        from penstock.settings import Settings

        return AwsWorld(Settings.read(self.environ()), self.queues)

    def platform(self, world: AwsWorld | None = None) -> Platform:
        """
        All its stages in one process.

        Args:
            world: its adapters; left out, they are made.

        Raises:
            PluginError: names the plugin that is broken.
        """
        from penstock.bootstrap import Platform
        from penstock.plugins import load
        from penstock.settings import Settings

        environ = self.environ()
        registry = load(only=self.plugins)
        profiles = self.outputs.get("profile", {})
        return Platform(Settings.read(environ), environ, registry, world or self.world(), profiles)


def find(name: str, start: Path | None = None) -> Stack:
    """
    Find a stack by its name.

    Args:
        start: the folder to look from; left out, the working directory.

    Raises:
        StackMissing: it is not there; says what to do.
    """
    start = start or Path.cwd()
    return _local(start) if name == LOCAL else _pulumi(name, start)


def _local(start: Path) -> Stack:
    for folder in (start, *start.parents):
        path = folder / STACK_FILE
        if path.is_file():
            try:
                return Stack(LOCAL, json.loads(path.read_bytes()))
            except ValueError as exc:
                raise StackMissing(f"{STACK_FILE} is no JSON: run `make run` again") from exc
    raise StackMissing("the local platform is not running here: start it with `make run`")


def _pulumi(name: str, start: Path) -> Stack:
    outputs = pulumi_outputs(name, start)
    if "queues" not in outputs:
        raise StackMissing(f"the stack {name} is not deployed: run `make update STACK={name}`")
    return Stack(name, outputs)


def pulumi_outputs(name: str, folder: Path) -> Mapping[str, Any]:
    """
    What Pulumi has of a stack's outputs; nothing before it was deployed.

    Raises:
        StackMissing: Pulumi is not there, or does not show the stack.
    """
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise StackMissing(f"pulumi is not installed; it knows the stack {name}")
    try:
        shown = subprocess.run(  # noqa: S603 - pulumi, with a name that it checks itself
            [pulumi, "stack", "output", "--json", "--stack", name],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
            timeout=_PULUMI_SECONDS,
        )
        return json.loads(shown.stdout)
    except subprocess.CalledProcessError as exc:
        said = str(exc.stderr).strip().splitlines()
        raise StackMissing(
            f"pulumi does not show the stack {name}: {said[-1] if said else 'no reason given'}"
        ) from exc
    except (subprocess.TimeoutExpired, ValueError) as exc:
        raise StackMissing(f"pulumi gave no readable outputs of the stack {name}") from exc
