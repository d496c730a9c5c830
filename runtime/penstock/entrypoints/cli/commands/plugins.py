"""`penstock plugins`."""

from __future__ import annotations

import typer

from penstock.entrypoints.cli.session import AsJson, session, table

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
