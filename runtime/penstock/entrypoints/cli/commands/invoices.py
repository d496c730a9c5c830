"""`penstock invoices`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from penstock.entrypoints.cli.acting import DryRun
from penstock.entrypoints.cli.auditing import audited
from penstock.entrypoints.cli.commands.payments import lines
from penstock.entrypoints.cli.session import AsJson, Confirm, StackName, session

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.operators.invoices import InvoiceReserved

app = typer.Typer(no_args_is_help=True)


@app.command("make")
def make(
    context: typer.Context,
    payment_id: Annotated[str, typer.Argument(help="the payment's id")],
    because: Annotated[str, typer.Option("--because", help="why; it is kept with the payment")],
    new_number: Annotated[
        bool, typer.Option("--new-number", help="take the next invoice number")
    ] = False,
    dry_run: DryRun = False,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Have the invoice of a payment made that was withheld; the next sweep makes it."""
    from penstock.entrypoints.http.views import payment_view
    from penstock.operators.invoices import MakeInvoice

    begun = session(context, stack, as_json, confirmed)
    if not dry_run:
        begun.guard("making an invoice")

    async def reserve(world: AwsWorld) -> InvoiceReserved:
        command = MakeInvoice(world.ledger, world.clock, world.ids, await audited(world))
        return await command(payment_id, because, new_number=new_number, dry_run=dry_run)

    done = begun.run(reserve)
    view = payment_view(done.payment, f"payments/{done.payment.id}")
    effect = {
        "invoice": done.number,
        "dry_run": dry_run,
        "already": done.already,
        "asks_for_address_first": done.asks_first,
    }
    look = begun.command(f"payments show {done.payment.id}")
    told = _would(done) if dry_run else _told(done, look)
    begun.show({**effect, "payment": view}, lambda: [told, *lines(view)])


def _would(done: InvoiceReserved) -> str:
    return f"would reserve invoice {done.number}" if not done.already else done.effect


def _told(done: InvoiceReserved, look: str) -> str:
    first = "asks the gateway for the payer's e-mail address and " if done.asks_first else ""
    return (
        f"invoice {done.number} is reserved: the next sweep {first}makes it, within "
        f"penstock:sweepMinutes minutes; `{look}` then shows what became of it"
    )
