"""The verb tree, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import importlib
import itertools
import os
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS, accounts
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
    session,
)
from penstock.entrypoints.cli.terminal import say
from penstock.errors import (
    CommandRefused,
    PenstockError,
    PluginError,
    QueryRefused,
    SettingsError,
    TransientError,
    UnknownPayment,
)

DEBUG = "PENSTOCK_DEBUG"
_GIVEN = "penstock.given"
_HELP = """
A self-hosted payments event platform: its server, its queues, its payments.

Exit codes: 0 done, 1 it did not work, 2 wrongly called, 3 no such stack or wrongly configured,
4 no such thing, 5 refused, 6 no answer (try again), 70 a bug of ours, 130 interrupted.
"""


class Reporting(TyperGroup):
    """
    Ends every command that failed with one line on standard error and its exit code.

    The names are the catalogue's and those of installed gateways that have commands. Help and
    completion see the names only; a command is imported when it is invoked.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The name with its line of help; not the command itself."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in (gateways := accounts()):
            return TyperGroup(name=cmd_name, help=gateways[cmd_name])
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        """The catalogue's, then the gateways'."""
        return [*super().list_commands(ctx), *accounts()]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command or group that the arguments begin with, imported."""
        name, named, rest = super().resolve_command(ctx, args)
        return name, _imported(named) if named else None, rest

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Read the command line as far as the command's name."""
        given = list(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except Exception as exc:
            raise _with_own_code(exc, given)  # noqa: B904 - the same exception
        context.meta[_GIVEN] = given
        return context

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader has stopped (`penstock … | head`): Typer ends quietly then.
            raise
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except Exception as exc:
            if _is_usage(exc):
                raise _with_own_code(exc, ctx.meta[_GIVEN])  # noqa: B904 - the same exception
            if os.environ.get(DEBUG):
                raise
            message, code = _told(exc)
        say(f"penstock: {message}", err=True)
        raise typer.Exit(code)


def _imported(named: Any) -> Any:
    """The command or group itself, with the line of help that the catalogue has for it."""
    name, package = str(named.name), f"{__package__}.commands"
    parent = typer.Typer(add_completion=False)
    parent.callback()(_nothing)
    if name in COMMANDS:
        parent.command(name)(getattr(importlib.import_module(f"{package}.{name}"), name))
    elif name in GROUPS:
        group = importlib.import_module(f"{package}.{name}").app
        group.callback()(_go_on)
        parent.add_typer(group, name=name, help=named.help)
    else:
        made = importlib.import_module(f"{package}.accounts").group(name)
        made.callback()(_go_on)
        parent.add_typer(made, name=name, help=named.help)
    whole: Any = typer.main.get_command(parent)
    return whole.commands[name]


def _nothing() -> None:
    """A group of one command stays a group."""


def _go_on(
    context: typer.Context,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Hand on what was said between a group and its command; a group of one stays a group."""
    context.obj = session(context, stack, as_json, confirmed)


def _told(exc: Exception) -> tuple[str, Code]:
    # Imported here: help needs no plugin interface.
    from penstock.api import AwsError

    match exc:
        case CommandError(code=code):
            return str(exc), code
        case UnknownPayment():
            return str(exc), Code.not_found
        case CommandRefused():
            return str(exc), Code.refused
        case QueryRefused(field=field, detail=detail):
            return f"--{field} {detail}", Code.usage
        case SettingsError() | PluginError():
            return str(exc), Code.configuration
        case TransientError():
            return f"{exc}; try again", Code.unavailable
        case AwsError(code=code):
            return f"AWS answered {code}", Code.unavailable
        case OSError(strerror=str(why), filename=name):
            return f"{name}: {why}" if name else why, Code.failed
        case PenstockError() | OSError():
            return str(exc), Code.failed
        case _:
            return f"a bug: {type(exc).__name__}; {DEBUG}=1 shows where", Code.bug


def _with_own_code(exc: Exception, given: list[str]) -> Exception:
    """The error; wrong usage of `webhooks check`, whose 1 and 2 are answers, ends with its own."""
    words = [one for one in given if not one.startswith("-")]
    if ("webhooks", "check") in itertools.pairwise(words) and _is_usage(exc):
        vars(exc)["exit_code"] = int(Code.check_usage)
    return exc


def _is_usage(exc: Exception) -> bool:
    """Whether it is typer's own error, which typer prints itself."""
    return hasattr(exc, "exit_code") and hasattr(exc, "show")


app = typer.Typer(
    name="penstock",
    cls=Reporting,
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:
    if wanted:
        # Imported here: it takes long, and nothing else needs it.
        from importlib.metadata import version

        say(f"penstock {version('penstock')}")
        raise typer.Exit


@app.callback()
def begin(
    context: typer.Context,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
    _: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="print the version"),
    ] = False,
) -> None:
    """Hand on what was said before the command."""
    context.obj = Session(stack or Session().stack_name, as_json, confirmed)


for _name, _help in {**COMMANDS, **GROUPS}.items():
    # Only the name and its help: see Reporting.resolve_command.
    app.add_typer(typer.Typer(), name=_name, help=_help)


def main() -> None:
    """The console script."""
    app()
