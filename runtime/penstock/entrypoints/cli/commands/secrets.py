"""`penstock secrets`: values in, never out."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.secrets import PREVIOUS, SecretRefused, parse
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
    table,
)
from penstock.entrypoints.cli.vault import Kept, Vault

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.entrypoints.cli.secrets import PluginSecret
    from penstock.entrypoints.cli.stack import Stack

app = typer.Typer(no_args_is_help=True)
Plugin = Annotated[
    str, typer.Argument(help="the gateway or sink, or one secret of it: paypal, slack")
]
Field = Annotated[
    str | None, typer.Option("--field", help="this field only; the others stay as they are")
]
FromFile = Annotated[
    Path | None, typer.Option("--from-file", help="a JSON object of fields; - is standard input")
]
Untested = Annotated[
    bool, typer.Option("--untested", help="do not ask the gateway whether the value works")
]


_SET = """
Write a secret, asked for field by field; the values before stop being accepted.

From a pipe a JSON object of all fields is read, or with --field that field's bare text. A
gateway that can be asked is asked first; what it does not take is not written.
"""
_ROTATE = "Write a secret's next value; the one before stays good until the next rotation."


def _add_write(action: str, about: str, *, rotating: bool) -> None:
    """A command that writes a secret."""

    @app.command(action, help=about)
    def write(
        context: typer.Context,
        plugin: Plugin,
        one: Field = None,
        from_file: FromFile = None,
        untested: Untested = False,
        stack: StackName = None,
        confirmed: Confirm = None,
    ) -> None:
        begun = session(context, stack, False, confirmed)
        begun.guard("rotating a secret" if rotating else "writing a secret")
        _write(begun, plugin, one, from_file, untested, rotating=rotating)


_add_write("set", _SET, rotating=False)
_add_write("rotate", _ROTATE, rotating=True)


@app.command("rollback")
def rollback(
    context: typer.Context,
    plugin: Plugin,
    untested: Untested = False,
    stack: StackName = None,
    confirmed: Confirm = None,
) -> None:
    """
    Make the value before the last write the only good one; run it again to undo that.

    A gateway that can be asked is asked first whether that value still works.
    """
    begun = session(context, stack, False, confirmed)
    begun.guard("rolling a secret back")
    kept = _kept(begun, plugin)
    name = next(iter(kept))

    async def bring_back(world: AwsWorld) -> str:
        secret = _named(Vault.of(world.clients, kept), plugin)
        fields = (await secret.before()).fields
        said = await _tested(begun, plugin, fields, untested)
        async with (await audited(world))("secrets rollback", [f"secret#{plugin}"]) as trail:
            await secret.rollback()
            trail.effect = "the value before is the only good one"
        return said

    said = begun.run(bring_back)
    done = f"{name} has the value from before; no other value is good"
    begun.show({}, lambda: [f"{done}; functions know it within 5 minutes", said])


@app.command("list")
def list_secrets(context: typer.Context, stack: StackName = None, as_json: AsJson = False) -> None:
    """Show which fields each secret has and how old they are; no values."""
    begun = session(context, stack, as_json)
    declared = declarations(begun.stack())

    async def read(world: AwsWorld) -> list[Mapping[str, Any]]:
        now = world.clock.now()
        return [
            await _view(part, now)
            for kept in declared.values()
            for part in Vault.of(world.clients, kept).parts
        ]

    found = begun.run(read)
    columns = ("plugin", "present", "missing", "age", "previous")
    begun.show(found, lambda: table(columns, [[_cell(one[c]) for c in columns] for one in found]))


@app.command("split")
def split(
    context: typer.Context,
    plugin: Plugin,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """
    Copy what authenticates webhooks from a gateway's one secret into a secret of its own.

    For a stack of an earlier version; a second run changes nothing. Once it is done, take the
    gateway out of penstock:sharedSecrets and deploy: then `verify` cannot read the other fields.
    """
    begun = session(context, stack, as_json, confirmed)
    begun.guard("splitting a secret")
    kept = _kept(begun, plugin)
    if len(kept) < 2:
        raise CommandError(
            f"{next(iter(kept))} is the only secret of {plugin} in the stack: deploy a version"
            " that has a second one, or there is nothing to split",
            Code.refused,
        )

    async def divide(world: AwsWorld) -> bool:
        vault = Vault.of(world.clients, kept)
        async with (await audited(world))("secrets split", [f"secret#{plugin}"]) as trail:
            done = await vault.split()
            trail.effect = "split" if done else "nothing to split"
        return done

    done, (_, second) = begun.run(divide), kept
    said = "has what authenticates webhooks" if done else "has a value already, or none is known"
    todo = f"take {plugin} out of penstock:sharedSecrets, if it is there, and deploy"
    begun.show({"secret": second, "split": done}, lambda: [f"{second} {said}", todo])


def declarations(stack: Stack) -> Mapping[str, Kept]:
    """For each plugin of the stack that has secrets: their names there, and their fields."""
    from penstock.plugins import load

    return {
        one.name: stack.secrets_of(one.name, one.secrets)
        for one in load(only=stack.plugins).configured
        if one.secrets
    }


def _write(
    begun: Session,
    plugin: str,
    one: str | None,
    from_file: Path | None,
    untested: bool,
    *,
    rotating: bool,
) -> None:
    kept = _kept(begun, plugin)
    name, declared = next(iter(kept)), [field for fields in kept.values() for field in fields]
    if one is not None and one not in declared:
        raise CommandError(f"{name} has the fields {', '.join(declared)}", Code.usage)
    fields = _given([one] if one else declared, one, from_file)

    async def put(world: AwsWorld) -> tuple[Sequence[str], str]:
        secret = Vault.of(world.clients, kept)
        said = await _tested(begun, plugin, await secret.completed(fields), untested)
        write: Callable[[Mapping[str, str]], Awaitable[Sequence[str]]]
        write = secret.rotate if rotating else secret.set
        command = f"secrets {'rotate' if rotating else 'set'}"
        async with (await audited(world))(command, [f"secret#{plugin}"]) as trail:
            written = await write(fields)
            trail.effect = f"written: {', '.join(sorted(fields))}"
        return written, said

    written, said = begun.run(put)
    before = "the value before stays good" if rotating else "no other value is good"
    is_ = "is" if len(written) == 1 else "are"
    done = f"{' and '.join(written)} {is_} written; {before}; functions know it within 5 minutes"
    back = [
        f"to undo it: {begun.command(f'secrets rollback {_short(one)}', changes=True)}"
        for one in written
    ]
    begun.show({}, lambda: [done, said, *back])


async def _tested(begun: Session, plugin: str, fields: Mapping[str, str], untested: bool) -> str:
    """
    What is known of a value before it is written, in words.

    Raises:
        CommandError: its gateway does not take it, or gives no answer.
    """
    from penstock.entrypoints.cli.trying import tried

    return "not tested, as asked for" if untested else await tried(begun, plugin, fields)


def _kept(begun: Session, plugin: str) -> Kept:
    """The secrets of a plugin, or the one of that name: `paypal`, `paypal-webhooks`."""
    declared = declarations(begun.stack())
    if plugin in declared:
        return declared[plugin]
    for kept in declared.values():
        if one := {name: own for name, own in kept.items() if _short(name) == plugin}:
            return one
    raise CommandError(
        f"no plugin {plugin} with a secret; there are {', '.join(declared) or 'none'}",
        Code.not_found,
    )


def _named(vault: Vault, plugin: str) -> PluginSecret:
    """The secret of that name."""
    return next(one for one in vault.parts if _short(one.name) == plugin)


def _short(name: str) -> str:
    """What commands call a secret: its name without the stack's."""
    return name.rpartition("/")[2]


def _given(wanted: Sequence[str], one: str | None, from_file: Path | None) -> Mapping[str, str]:
    """The fields, from wherever they come; never from the command line, which others can read."""
    if from_file is None and sys.stdin.isatty():
        return {name: typer.prompt(name, hide_input=True).strip() for name in wanted}
    text = _read(from_file)
    if text is None:
        raise SecretRefused("the value must be text in UTF-8")
    return {one: text.strip()} if one is not None else parse(text)


def _read(from_file: Path | None) -> str | None:
    """What a file or the pipe says, if it is text."""
    try:
        if from_file is None or str(from_file) == "-":
            return sys.stdin.read()
        return from_file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return None


async def _view(secret: PluginSecret, now: datetime) -> Mapping[str, Any]:
    current, previous = await secret.read(), await secret.read(PREVIOUS)
    present = [name for name in secret.declared if current and current.fields.get(name)]
    return {
        "plugin": _short(secret.name),
        "present": present,
        "missing": [name for name in secret.declared if name not in present],
        "age": _age(current and current.written_at, now),
        "previous": _age(previous and previous.written_at, now),
    }


def _age(since: datetime | None, now: datetime) -> str | None:
    return None if since is None else f"{max(0, (now - since).days)} d"


def _cell(value: Any) -> Any:
    return ", ".join(cast("list[str]", value)) if isinstance(value, list) else value
