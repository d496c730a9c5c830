"""`penstock gateways`."""

from __future__ import annotations

import typer

from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli import restricting

app = typer.Typer(no_args_is_help=True)

restricting.add(app, RestrictionKind.gateway)
