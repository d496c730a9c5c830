"""`penstock audit`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from penstock.entrypoints.cli.session import AsJson, Cursor, Limit, StackName, session

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.queries.audit import AuditPage

app = typer.Typer(no_args_is_help=True)
_MINUTE = len("2026-11-02T12:00")
_INDENT = " " * 4
_PATH = re.compile("[/:]")


@app.command("list")
def list_audit(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(
            help="leave out what began before this time or date (RFC 3339, UTC)",
            show_default="30 days ago",
        ),
    ] = None,
    subject: Annotated[
        str | None, typer.Option(help="<kind>#<id> or the id: payment#pay-1, queue#payments")
    ] = None,
    who: Annotated[
        str | None, typer.Option(help="a part of the caller's ARN, or a token's id")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List operators' commands, newest first: who, what, why, and the effect."""
    from penstock.entrypoints.http.audit_view import audit_view
    from penstock.queries.audit import AuditQuery, ListAudit

    query = AuditQuery(since, subject, who, limit, cursor)

    async def read(world: AwsWorld) -> AuditPage:
        return await ListAudit(world.audit, world.clock)(query)

    begun = session(context, stack, as_json)
    page = begun.run(read)
    entries = [audit_view(one) for one in page.entries]
    begun.show(
        {"entries": entries, "cursor": page.cursor},
        lambda: [
            *(line for one in entries for line in lines(one)),
            *([] if entries else ["no commands in this time"]),
            *([f"more: --cursor {page.cursor}"] if page.cursor else []),
        ],
    )


def lines(entry: Mapping[str, Any]) -> list[str]:
    """One entry for people, in 80 columns; `--json` has all of it."""
    at = str(entry["at"])[:_MINUTE].replace("T", " ")
    who = _PATH.split(str(entry["actor"]))[-1]
    told = [
        f"because {entry['reason']}" if "reason" in entry else "",
        f"{entry['state']}: {entry['effect']}" if "effect" in entry else "not finished",
    ]
    head = f"{at}Z  {who}  {entry['command']} {' '.join(entry['subjects'])}"
    return [*_wrapped(head, ""), *(row for one in told if one for row in _wrapped(one, _INDENT))]


def _wrapped(text: str, first: str) -> list[str]:
    return textwrap.wrap(text, 80, initial_indent=first, subsequent_indent=_INDENT)
