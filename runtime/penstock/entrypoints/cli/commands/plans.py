"""`penstock plans`."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import typer

from penstock.entrypoints.cli.calling import call_api
from penstock.entrypoints.cli.session import AsJson, StackName, session, table

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_plans(
    context: typer.Context,
    provider: Annotated[str | None, typer.Option(help="only the plans of this gateway")] = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List the plans of the gateways, with their prices."""
    begun = session(context, stack, as_json)
    query = f"?{urlencode({'provider': provider})}" if provider else ""
    told = call_api(begun, "GET", f"/plans{query}")
    rows = [
        (one["provider"], one["id"], one["name"], one["status"], _prices(one["cycles"]))
        for one in told["plans"]
    ]
    missing = [f"{one} could not be asked: its plans are missing" for one in told["unavailable"]]
    heads = ("provider", "plan", "name", "status", "price")
    begun.show(told, lambda: [table(heads, rows), *missing])


def _prices(cycles: list[dict[str, Any]]) -> str:
    """A plan's cycles in words: "free for 14 days, then 9.90 EUR a month"."""
    return ", then ".join(_price(one) for one in cycles)


def _price(cycle: dict[str, Any]) -> str:
    unit, count = cycle["interval"]["unit"], cycle["interval"]["count"]
    price = cycle.get("price")
    if price is None:
        much = "unknown price"
    else:
        much = f"{price['value']} {price['currency']}" if price["minor"] else "free"
    times = f" ({cycle['cycles']} times)" if cycle["cycles"] else ""
    return f"{much} {'a ' + unit if count == 1 else f'every {count} {unit}s'}{times}"
