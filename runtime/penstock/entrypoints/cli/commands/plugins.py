"""`penstock plugins`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from penstock.entrypoints.cli.checking import checked
from penstock.entrypoints.cli.session import AsJson, Code, session, table
from penstock.entrypoints.cli.skeleton import write

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_plugins(context: typer.Context, as_json: AsJson = False) -> None:
    """List what is installed: what it can do and which variables configure it."""
    from penstock.plugins import load, variable

    found = [
        {
            "name": one.name,
            "kind": one.kind.value,
            "plugin": one.plugin,
            "capabilities": list(one.capabilities),
            "settings": [
                variable(one.kind, one.name, field) for field in one.settings.model_fields
            ],
            "secrets": list(one.secrets),
        }
        for one in load().registrations
    ]
    session(context, None, as_json).show(
        found,
        lambda: table(
            ("name", "kind", "plugin", "can", "settings"),
            [
                (
                    one["name"],
                    one["kind"],
                    one["plugin"],
                    ", ".join(one["capabilities"]),
                    " ".join(one["settings"]),
                )
                for one in found
            ],
        ),
    )


@app.command("new")
def new(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help="gateway or sink")],
    name: Annotated[str, typer.Argument(help="lower-case letters and digits, such as acmepay")],
    into: Annotated[
        Path, typer.Option("--into", help="where its folder is made", exists=True, file_okay=False)
    ] = Path(),
    as_json: AsJson = False,
) -> None:
    """Write the package of a new plugin: its code, simulator, tests and README."""
    from penstock.plugins import load

    made = write(kind, name, {one.name for one in load().registrations}, into)
    folder = into / f"penstock-{name}"
    session(context, None, as_json).show(
        {"folder": str(folder), "files": [str(one) for one in made]},
        lambda: [
            *(str(one) for one in made),
            "",
            f"pip install --no-deps -e {folder}",
            f"penstock plugins check {name}",
        ],
    )


@app.command("check")
def check(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="a gateway, a sink or a plugin that is installed")],
    tests: Annotated[
        Path | None,
        typer.Option(
            help="a file or folder with its tests", exists=True, show_default="its project's tests"
        ),
    ] = None,
    types: Annotated[bool, typer.Option("--types/--no-types", help="run pyright, too")] = True,
    as_json: AsJson = False,
) -> None:
    """Run the conformance kit on a plugin: 0 if it passes, 1 if it does not."""
    found = checked(name, tests, types=types)
    session(context, None, as_json).show(found.data(), found.lines)
    if not found.passed:
        raise typer.Exit(Code.failed)
