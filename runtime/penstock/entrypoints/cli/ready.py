"""What commands at a gateway's account share: the stack's gateway and its credentials."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from penstock.entrypoints.cli.secrets import Version, parse
from penstock.entrypoints.cli.session import Code, CommandError, Session
from penstock.entrypoints.cli.vault import Kept, Vault
from penstock.variables import PLUGIN

# Plugins are imported where a gateway is used: help needs none.
if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.plugins import Registry


@dataclass(frozen=True, slots=True)
class Gateway:
    """
    One gateway of a stack.

    Attributes:
        plugin: what it is an instance of.
        settings: its own, as the stack was deployed with them.
        kept: its secrets in Secrets Manager, each with its fields.
        webhook_url: where its webhooks must go.
    """

    name: str
    plugin: str
    registry: Registry
    settings: Mapping[str, Any]
    profile: Mapping[str, Any] = field(repr=False)
    kept: Kept
    webhook_url: str

    @classmethod
    def of(cls, begun: Session, name: str, env: str | None) -> Gateway:
        """
        The stack's gateway of that name.

        Args:
            env: the environment that the command was told, if it was.

        Raises:
            StackMissing: the stack cannot be found.
            CommandError: the stack has no such gateway, or it is in another environment.
        """
        from penstock.plugins import load

        stack = begun.stack()
        configured = stack.outputs["gateways"]
        if name not in configured:
            raise CommandError(
                f"the stack {stack.name} has no gateway {name}: add it to penstock:gateways in"
                f" Pulumi.{stack.name}.yaml and deploy",
                Code.configuration,
            )
        settings = {field: one for field, one in configured[name].items() if field != PLUGIN}
        own = settings.get("environment")
        if env is not None and env != own:
            raise CommandError(
                f"--env says {env}, and {name} of the stack {stack.name} is set to {own}"
                f" (penstock:gateways, {name}, environment): use another stack, or correct one of"
                " the two; nothing was done",
                Code.configuration,
            )
        registry = load(only=stack.plugins)
        return cls(
            name,
            stack.plugins[name],
            registry,
            settings,
            stack.outputs.get("profile", {}).get(name, {}),
            stack.secrets_of(name, registry.gateway(name).secrets),
            f"{stack.api_url}/webhooks/{name}",
        )

    @classmethod
    def named(cls, begun: Session, plugin: str, name: str | None, *, changes: bool = False) -> str:
        """
        The stack's gateway that a command for a plugin's accounts means.

        Args:
            name: what the command was told, if it was.
            changes: it writes at the account: no gateway is then meant by being called as its
                plugin is.

        Raises:
            StackMissing: the stack cannot be found.
            CommandError: it is no instance of the plugin, or several could be meant.
        """
        stack = begun.stack()
        there = stack.instances(plugin)
        if name is None and len(there) > 1 and (changes or plugin not in there):
            raise CommandError(
                f"the stack {stack.name} has several gateways of {plugin}: name one with"
                f" --gateway: {', '.join(there)}",
                Code.usage,
            )
        if name is not None and name not in there:
            raise CommandError(
                f"--gateway: the stack {stack.name} has no gateway {name} of the plugin {plugin};"
                f" it has {', '.join(there) or 'none'}",
                Code.not_found,
            )
        return name or (there[0] if len(there) == 1 else plugin)

    @asynccontextmanager
    async def account(self, secret: Mapping[str, str], protocol: type) -> AsyncGenerator[Any]:
        """
        Its account, with these secret values.

        Raises:
            CommandError: its plugin does not offer what `protocol` says.
            PluginError: its plugin offers nothing for commands.
            SettingsError: it does not take the stack's settings.
        """
        from penstock.bootstrap.account import account

        async with account(self.registry, self.name, self.settings, secret, self.profile) as made:
            if not isinstance(made, protocol):
                raise CommandError(f"{self.name} has no such command", Code.usage)
            yield made


@dataclass(frozen=True, slots=True)
class Credentials:
    """
    A gateway's secret in a stack, and what a command works with.

    Attributes:
        stored: what the stack has; None before there is a value.
        fields: the values to use.
    """

    secret: Vault
    stored: Version | None
    fields: Mapping[str, str] = field(repr=False)

    @classmethod
    async def read(
        cls, gateway: Gateway, world: AwsWorld, from_file: Path | None = None
    ) -> Credentials:
        """
        Those given in the file, else those stored, else typed at the terminal.

        Values never come from the command line, which others can read. What set-up finds itself
        nobody has to give.

        Raises:
            CommandError: a field is missing and nobody can type it, or the file cannot be read.
            SecretRefused: what was given is no JSON object of texts.
            AwsError: AWS refused.
        """
        from penstock.api.account import Finds

        async with gateway.account({}, Finds) as made:
            finds = list(made.finds)
        secret = Vault.of(world.clients, gateway.kept)
        asked = [name for name in secret.declared if name not in finds]
        stored = await secret.read()
        known: Mapping[str, str] = stored.fields if stored else {}
        return cls(secret, stored, _completed(known, asked, from_file))


def _completed(
    stored: Mapping[str, str], asked: Sequence[str], from_file: Path | None
) -> Mapping[str, str]:
    known = dict(stored)
    if from_file is not None:
        given = parse(_text(from_file))
        unknown = sorted(given.keys() - set(asked))
        if unknown:
            raise CommandError(
                f"--from-file: {', '.join(unknown)}: no such field here; give {', '.join(asked)}",
                Code.usage,
            )
        known |= given
    missing = [name for name in asked if not known.get(name)]
    if missing and sys.stdin.isatty():
        known |= {name: typer.prompt(name, hide_input=True).strip() for name in missing}
    elif missing:
        raise CommandError(
            f"{', '.join(missing)}: the stack's secret has no value yet; run it at a terminal, or"
            " give a JSON object of them with --from-file (- is standard input)",
            Code.configuration,
        )
    return known


def _text(path: Path) -> str:
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{path}: the file must be text in UTF-8", Code.usage) from None
