"""`penstock <gateway> setup | check`: for each installed gateway whose account offers it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli.ready import Credentials, Gateway
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    StackName,
    session,
    table,
)
from penstock.entrypoints.cli.steps import lines, store, view, written_down
from penstock.errors import SettingsError

if TYPE_CHECKING:
    from penstock.api.account import Permitted, Step
    from penstock.bootstrap.aws import AwsWorld

Env = Annotated[
    str | None,
    typer.Option(
        "--env", metavar="sandbox|live", help="must be the environment of the stack's gateway"
    ),
]
Named = Annotated[
    str | None,
    typer.Option(
        "--gateway", metavar="NAME", help="the stack's gateway; needed if there are several"
    ),
]
Looked = Annotated[
    str | None,
    typer.Option(
        "--gateway",
        metavar="NAME",
        help="the stack's gateway; needed if there are several, none called as the plugin",
    ),
]


def group(plugin: str) -> typer.Typer:
    """The commands for the accounts of one plugin's gateways."""
    app = typer.Typer(no_args_is_help=True)

    @app.command("setup")
    def setup(
        context: typer.Context,
        file: Annotated[
            Path, typer.Option("--file", metavar="FILE", help="what to sell, in YAML")
        ],
        env: Env = None,
        gateway: Named = None,
        from_file: Annotated[
            Path | None,
            typer.Option(
                "--from-file", help="the credentials as a JSON object; - is standard input"
            ),
        ] = None,
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="only look: say what would be done")
        ] = False,
        stack: StackName = None,
        as_json: AsJson = False,
        confirmed: Confirm = None,
    ) -> None:
        """
        Make the account ready: products and plans, the webhook, and the stack's secret.

        What is there is found again, so a second run changes nothing. A plan whose price is
        another than the file's is reported and not changed.
        """
        from penstock.api.account import StepState
        from penstock.entrypoints.cli import wanted as files

        begun = session(context, stack, as_json, confirmed)
        document = files.read(file)
        if not dry_run:
            begun.guard(f"setting {gateway or plugin} up")
        mine = Gateway.of(begun, Gateway.named(begun, plugin, gateway, changes=True), env)
        done = _Done(dry_run)

        async def work(world: AwsWorld) -> None:
            await _set_up(mine, world, document, from_file, file, done)

        try:
            begun.run(work)
        finally:
            # Also of a run that broke off: what it did is there.
            if done.steps:
                begun.show(done.view(), done.lines)
        if differing := [one.what for one in done.steps if one.state is StepState.differs]:
            raise CommandError(f"a person has to decide: {', '.join(differing)}", Code.failed)

    @app.command("check")
    def check(
        context: typer.Context,
        env: Env = None,
        gateway: Looked = None,
        stack: StackName = None,
        as_json: AsJson = False,
    ) -> None:
        """Ask the gateway what the stack's credentials may do; nothing is changed."""
        from penstock.api.account import ChecksPermissions

        begun = session(context, stack, as_json)
        mine = Gateway.of(begun, Gateway.named(begun, plugin, gateway), env)

        async def ask(world: AwsWorld) -> list[Permitted]:
            given = await Credentials.read(mine, world)
            async with mine.account(given.fields, ChecksPermissions) as made:
                return list(await made.permissions())

        found = begun.run(ask)
        begun.show(
            [{"name": one.name, "granted": one.granted, "note": one.note} for one in found],
            lambda: table(
                ("permission", "granted", "what to do"),
                [(one.name, _WORDS[one.granted], one.note) for one in found],
            ),
        )
        if wrong := sum(one.granted is not True for one in found):
            verb = "is" if wrong == 1 else "are"
            raise CommandError(
                f"{wrong} of {len(found)} permissions {verb} not there", Code.failed
            )

    return app


_WORDS = {True: "yes", False: "no", None: "unknown"}


class _Done:
    """What a set-up has done so far."""

    def __init__(self, dry_run: bool) -> None:
        self.dry_run = dry_run
        self.steps: list[Step] = []
        self.left: list[str] = []

    def view(self) -> Mapping[str, Any]:
        """For programs."""
        return {"dry_run": self.dry_run, "steps": view(self.steps), "left": self.left}

    def lines(self) -> list[str]:
        """For people."""
        left = ["", "Left for you:", *(f"  * {one}" for one in self.left)] if self.left else []
        return [*lines(self.steps), *left]


async def _set_up(
    mine: Gateway,
    world: AwsWorld,
    document: Any,
    from_file: Path | None,
    file: Path,
    done: _Done,
) -> None:
    from penstock.api.account import ChecksPermissions, SetsUp

    # Read before any secret is asked for: a wrong file costs nothing.
    async with mine.account({}, SetsUp) as made:
        try:
            wanted = made.read_wanted(document)
        except SettingsError as exc:
            raise CommandError(f"{file}: {exc}", Code.usage) from None
    given, found = await Credentials.read(mine, world, from_file), dict[str, str]()
    command = f"{mine.plugin} setup"
    async with (
        mine.account(given.fields, SetsUp) as made,
        written_down(world, command, mine.name, done.steps, dry_run=done.dry_run),
    ):
        async for step in made.set_up(wanted, mine.webhook_url, dry_run=done.dry_run):
            done.steps.append(step)
            found |= step.secret
        done.steps.append(await store(given, found, dry_run=done.dry_run))
        asks: object = made
        if isinstance(asks, ChecksPermissions):
            missing = [one for one in await asks.permissions() if one.granted is not True]
            done.left += [f"{one.name}: {one.note}" for one in missing]
        done.left += made.left()
