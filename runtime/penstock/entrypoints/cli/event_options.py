"""The options that choose events."""

from __future__ import annotations

from typing import Annotated

import typer

from penstock.domain.events import EventType

Type = Annotated[EventType | None, typer.Option("--type", help="leave out the others")]
Subject = Annotated[
    str | None, typer.Option(help="events of this payment, dispute or subscription only")
]
Since = Annotated[
    str | None, typer.Option(help="leave out events before this time or date (RFC 3339, UTC)")
]
Until = Annotated[
    str | None, typer.Option(help="leave out events after this time or date (RFC 3339, UTC)")
]
