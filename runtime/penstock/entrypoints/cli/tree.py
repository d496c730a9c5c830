"""The verb tree, and the one place where errors become a line and an exit code."""

from __future__ import annotations

import os
from typing import Any

import typer
from typer.core import TyperGroup

from penstock.api import AwsError
from penstock.entrypoints.cli.commands import (
    accounts,
    audit,
    dlq,
    doctor,
    events,
    invoices,
    listen,
    payments,
    plans,
    plugins,
    queue,
    rejected,
    secrets,
    serve,
    subscriptions,
    tokens,
    trigger,
    webhooks,
)
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Session,
    StackName,
)
from penstock.entrypoints.cli.terminal import harmless
from penstock.errors import (
    CommandRefused,
    PenstockError,
    PluginError,
    QueryRefused,
    SettingsError,
    TransientError,
    UnknownPayment,
)
from penstock.plugins import load

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

    A name that is none of the tree's own may be an installed gateway's, which has commands of its
    own then.
    """

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command or group of that name; plugins are loaded only for a name we do not have."""
        found = super().get_command(ctx, cmd_name)
        if found is None and cmd_name in _gateways():
            return typer.main.get_command(accounts.group(cmd_name))
        return found

    def list_commands(self, ctx: Any) -> list[str]:
        """The tree's own, then the gateways'."""
        return [*super().list_commands(ctx), *_gateways()]

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
        except (PenstockError, AwsError, CommandError, OSError) as exc:
            if os.environ.get(DEBUG):
                raise
            message, code = _told(exc)
        except (typer.Exit, typer.Abort, KeyboardInterrupt):
            raise
        except Exception as exc:
            if _is_usage(exc):
                raise _with_own_code(exc, ctx.meta[_GIVEN])  # noqa: B904 - the same exception
            if os.environ.get(DEBUG):
                raise
            message = f"a bug: {type(exc).__name__}; {DEBUG}=1 shows where"
            code = Code.bug
        typer.echo(f"penstock: {harmless(message)}", err=True)
        raise typer.Exit(code)


def _told(exc: Exception) -> tuple[str, Code]:
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
        case _:
            return str(exc), Code.failed


def _with_own_code(exc: Exception, given: list[str]) -> Exception:
    """The error; wrong usage of a command that has a code of its own for it ends with that."""
    code = webhooks.usage_code(given)
    if code is not None and _is_usage(exc):
        vars(exc)["exit_code"] = code
    return exc


def _gateways() -> list[str]:
    """The gateways with commands of their own; none while a plugin is broken."""
    try:
        return sorted(one.name for one in load().accounts)
    except PluginError:
        return []


def _is_usage(exc: Exception) -> bool:
    """Whether it is typer's own error, which typer prints itself."""
    return hasattr(exc, "exit_code") and hasattr(exc, "show")


app = typer.Typer(
    name="penstock",
    cls=Reporting,
    help=_HELP,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def begin(
    context: typer.Context,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Hand on what was said before the command."""
    context.obj = Session(stack or Session().stack_name, as_json, confirmed)


app.command("serve")(serve.serve)
app.command("doctor")(doctor.doctor)
app.command("listen")(listen.listen)
app.command("trigger")(trigger.trigger)
app.add_typer(payments.app, name="payments")
app.add_typer(plans.app, name="plans")
app.add_typer(subscriptions.app, name="subscriptions")
app.add_typer(invoices.app, name="invoices")
app.add_typer(events.app, name="events")
app.add_typer(queue.app, name="queue")
app.add_typer(dlq.app, name="dlq")
app.add_typer(rejected.app, name="rejected")
app.add_typer(audit.app, name="audit")
app.add_typer(tokens.app, name="tokens")
app.add_typer(secrets.app, name="secrets")
app.add_typer(plugins.app, name="plugins")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """The console script."""
    app()
