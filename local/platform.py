"""The platform on this machine: simulators, zips, emulator, the stack, its secrets and tokens."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from infra import bundle, emulated
from infra.config.configured import PLUGIN
from local.aws import OPERATOR, client
from local.emulator import REGION, Emulator, require_free
from local.simulators import Running, simulators
from local.workspace import Workspace
from penstock.bootstrap.trial import problems
from penstock.errors import PluginError
from penstock.plugins import Kind, plugin_variables

STACK = "local"
KINDS = ("gateways", "sinks")
SETTINGS = Path(__file__).resolve().with_name("stack.yaml")


@dataclass(frozen=True, slots=True)
class Platform:
    """
    A platform that runs.

    Attributes:
        simulators: those of the configured gateways and sinks, by name.
        gateways: settings of each configured gateway, by its name.
        sinks: settings of each configured sink, by its name.
        outputs: what the stack exports, with the addresses of the simulators and the emulator.
    """

    workspace: Workspace
    emulator: Emulator
    simulators: Mapping[str, Running] = field(repr=False)
    outputs: Mapping[str, Any] = field(repr=False)
    gateways: Mapping[str, Mapping[str, Any]] = field(repr=False)
    sinks: Mapping[str, Mapping[str, Any]] = field(repr=False)

    def client(self, service: str) -> Any:
        """A boto3 client of the emulator, with every right."""
        return client(service, self.emulator.url)

    def instances(self, plugin: str) -> list[str]:
        """The gateways and sinks that are instances of a plugin, by name."""
        used = plugins({"gateways": self.gateways, "sinks": self.sinks})
        return [name for name, one in used.items() if one == plugin]

    @property
    def api_url(self) -> str:
        """Where the stack's API answers."""
        return str(self.outputs["apiUrl"]).rstrip("/")


def settings(path: Path = SETTINGS) -> dict[str, Any]:
    """The stack's configuration as it is written down."""
    return dict(yaml.safe_load(path.read_text()))


@asynccontextmanager
async def platform(
    workspace: Workspace, config: Mapping[str, Any], *, consumers: str = "functions"
) -> AsyncIterator[Platform]:
    """
    Start all of it; on the way out everything that was started is stopped.

    Args:
        config: the stack's configuration, without what the simulators will add.
        consumers: who works on the queues, "functions" or "serve".

    Raises:
        EmulatorError: a port is taken, or the emulator does not come up.
        PluginError: a configured plugin cannot be built; names each, and nothing was started.
    """
    port = workspace.port("emulator")
    require_free(port, "the emulator")
    named = _by_name(config)
    async with simulators(workspace, simulated(config)) as running:
        complete: dict[str, Any] = {**_with_simulators(named, running), "consumers": consumers}
        profile = {name: dict(one.told.profile) for name, one in running.items()}
        _refuse_what_cannot_be_built(complete, profile)
        written = workspace.write_private(workspace.folder / "profile.json", profile)
        zips = workspace.part("zips")
        emulator, _ = await asyncio.gather(
            asyncio.to_thread(Emulator.start, workspace.folder / "emulator", port=port),
            asyncio.to_thread(bundle.build, "local", zips, written),
        )
        try:
            complete["bundles"] = str(zips)
            outputs = await asyncio.to_thread(
                emulated.provision, STACK, complete, emulator.url, REGION
            )
            outputs = dict(outputs) | _surroundings(emulator, running, profile)
            await asyncio.to_thread(_fill_in, emulator, outputs, complete, running)
            workspace.write_private(workspace.stack_file, outputs)
            gateways, sinks = (complete[kind] for kind in KINDS)
            yield Platform(workspace, emulator, running, outputs, gateways, sinks)
        finally:
            workspace.stack_file.unlink(missing_ok=True)
            await asyncio.to_thread(emulator.stop)


def _refuse_what_cannot_be_built(
    config: Mapping[str, Any], profile: Mapping[str, Mapping[str, Any]]
) -> None:
    """Build each configured plugin once: in a function that fails, nobody would see it."""
    environ = {
        variable: text
        for kind, key in ((Kind.gateway, "gateways"), (Kind.sink, "sinks"))
        for name, own in config[key].items()
        for variable, text in plugin_variables(kind, name, own or {}).items()
    }
    if found := problems(environ, config["gateways"], config["sinks"], profiles=profile):
        raise PluginError("\n".join(found))


def simulated(config: Mapping[str, Any]) -> Mapping[str, str]:
    """
    What to simulate, each name with its plugin: the gateways and sinks that are configured, for
    any other has no secret in the stack, and that are in no environment but `local`. With
    `sandbox` the sandbox itself is asked.
    """
    named = _by_name(config)
    return {
        name: plugin
        for name, plugin in plugins(named).items()
        if any(
            (named[kind][name] or {}).get("environment", "local") == "local"
            for kind in KINDS
            if name in named[kind]
        )
    }


def plugins(named: Mapping[str, Any]) -> Mapping[str, str]:
    """What each gateway and sink is an instance of, by its name."""
    return {
        name: (own or {}).get(PLUGIN, name) for kind in KINDS for name, own in named[kind].items()
    }


def _by_name(config: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration with gateways and sinks by name, also where a list or nothing is given."""
    named = {kind: config.get(kind) or {} for kind in KINDS}
    return dict(config) | {
        kind: {name: {} for name in given} if isinstance(given, list) else given
        for kind, given in named.items()
    }


def _with_simulators(config: Mapping[str, Any], running: Mapping[str, Running]) -> dict[str, Any]:
    """The configuration with the simulators' addresses; what is written down goes first."""
    complete = json.loads(json.dumps(config))
    for name, one in running.items():
        for kind in KINDS:
            if name in complete[kind]:
                complete[kind][name] = {**one.told.settings, **complete[kind][name]}
    return complete


def _surroundings(
    emulator: Emulator, running: Mapping[str, Running], profile: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "aws": {"endpoint_url": emulator.url, "region": REGION, **OPERATOR},
        "simulators": {name: one.url for name, one in running.items()},
        "profile": profile,
        "mailbox": f"{emulator.url}/_ministack/ses/messages",
    }


def register(simulator: Running, url: str) -> None:
    """Have a simulated provider send its webhooks to us, as people do at the real one."""
    request = urllib.request.Request(  # noqa: S310 - our own simulator
        f"{simulator.url}{simulator.told.registration}",
        method="PUT",
        data=json.dumps({"url": url}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - the same
        pass


def secret_values(
    outputs: Mapping[str, Any], plugin: str, fields: Mapping[str, str]
) -> Mapping[str, Mapping[str, str]]:
    """What each secret of a plugin in a stack gets of its fields, by the secret's name."""
    kept: Mapping[str, list[str]] = outputs["secrets"].get(plugin, {})
    return {
        f"{outputs['secretsPrefix']}/{name}": {one: fields[one] for one in own if one in fields}
        for name, own in kept.items()
        if any(one in fields for one in own)
    }


def _fill_in(
    emulator: Emulator,
    outputs: Mapping[str, Any],
    config: Mapping[str, Any],
    running: Mapping[str, Running],
) -> None:
    """What the stack leaves to people: secrets' values, the webhook, the verified sender."""
    secrets = client("secretsmanager", emulator.url)
    for name, one in running.items():
        for secret, value in secret_values(outputs, name, one.told.secret).items():
            secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(value))
    api = str(outputs["apiUrl"]).rstrip("/")
    named = plugins(config)
    for name in config["gateways"]:
        if name in running and running[name].told.registration:
            register(running[name], f"{api}/webhooks/{name}")
    mail = (own for name, own in config["sinks"].items() if named[name] == "email")
    for sender in sorted({own["sender"] for own in mail if "sender" in own}):
        client("sesv2", emulator.url).create_email_identity(EmailIdentity=sender)
