"""`penstock payments`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from penstock.domain.payment import Payment, PaymentStatus
from penstock.domain.ref import EntityKind
from penstock.domain.restriction import RestrictionKind
from penstock.entrypoints.cli import repairing, restricting
from penstock.entrypoints.cli.amounts import Amount, Currency, named_amount
from penstock.entrypoints.cli.calling import call_api
from penstock.entrypoints.cli.session import (
    AsJson,
    Code,
    CommandError,
    Confirm,
    Cursor,
    Limit,
    StackName,
    session,
    table,
)

if TYPE_CHECKING:
    from penstock.bootstrap.aws import AwsWorld
    from penstock.queries.payments import PaymentPage
    from penstock.queries.timeline import Timeline

app = typer.Typer(no_args_is_help=True)
_WENT = {"refund": "refunded", "reversal": "reversed"}


@app.command("list")
def list_payments(
    context: typer.Context,
    reference: Annotated[str | None, typer.Option(help="your own name for the order")] = None,
    subscription: Annotated[
        str | None, typer.Option(help="the subscription's id: paypal-I-BW452GLLEP1G")
    ] = None,
    status: Annotated[PaymentStatus | None, typer.Option(help="leave out the others")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="leave out payments first seen before this time or date (RFC 3339, UTC)",
            show_default="today, without a reference or subscription",
        ),
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """List payments, newest first: by reference, by subscription, or of the last days."""
    from penstock.entrypoints.http.views import payment_view
    from penstock.queries.payments import ListPayments, PaymentQuery

    query = PaymentQuery(reference, subscription, status, since, limit, cursor)

    async def read(world: AwsWorld) -> PaymentPage:
        return await ListPayments(world.ledger, world.clock)(query)

    begun = session(context, stack, as_json)
    page = begun.run(read)
    views = [payment_view(payment, f"payments/{payment.id}") for payment in page.payments]
    begun.show(
        {"payments": views, "cursor": page.cursor},
        lambda: [
            _listed(views),
            *([f"more: --cursor {page.cursor}"] if page.cursor else []),
        ],
    )


@app.command("show")
def show(
    context: typer.Context,
    payment_id: Annotated[str, typer.Argument(help="the payment's id")],
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Show a payment: its status and money, its operations, and all that happened to it."""
    from penstock.entrypoints.cli import timeline
    from penstock.entrypoints.http.views import payment_view

    begun = session(context, stack, as_json)

    async def read(world: AwsWorld) -> Timeline | None:
        return await timeline.read(world, begun.stack(), payment_id)

    found = begun.run(read)
    if found is None:
        raise CommandError("there is no payment of that id", Code.not_found)
    payment = found.payment
    view = payment_view(payment, f"payments/{payment.id}")
    told = timeline.view(found)
    begun.show({**view, "timeline": told}, lambda: [*lines(view), *timeline.lines(told)])


@app.command("find")
def find(
    context: typer.Context,
    words: Annotated[
        str,
        typer.Argument(
            metavar="WORDS",
            help="an id of ours or the gateway's, a reference, a subscription's id, or a day",
        ),
    ],
    status: Annotated[PaymentStatus | None, typer.Option(help="leave out the others")] = None,
    limit: Limit = 20,
    stack: StackName = None,
    as_json: AsJson = False,
) -> None:
    """Find payments by whatever you have in hand, newest first."""
    from penstock.entrypoints.http.views import payment_view
    from penstock.queries.finding import FindPayments

    begun = session(context, stack, as_json)
    gateways = list(begun.stack().outputs["gateways"])

    async def read(world: AwsWorld) -> tuple[Payment, ...]:
        return await FindPayments(world.ledger, gateways)(words, status, limit)

    found = begun.run(read)
    if not found:
        raise CommandError(f"no payment has {words} as its id, reference or day", Code.not_found)
    views = [payment_view(one, f"payments/{one.id}") for one in found]
    begun.show({"payments": views}, lambda: _listed(views))


@app.command("refund")
def refund(
    context: typer.Context,
    payment_id: Annotated[str, typer.Argument(help="the payment's id")],
    because: Annotated[
        str, typer.Option("--because", help="why, for your own records; not sent to the gateway")
    ],
    key: Annotated[
        str, typer.Option(help="the Idempotency-Key: after a failure, give the same again")
    ],
    amount: Amount = None,
    currency: Currency = None,
    note: Annotated[str | None, typer.Option(help="what the gateway tells the payer")] = None,
    stack: StackName = None,
    as_json: AsJson = False,
    confirmed: Confirm = None,
) -> None:
    """Send a payment's money back, all that is left or a part."""
    asked = named_amount(amount, currency) | {"reason": because} | ({"note": note} if note else {})
    begun = session(context, stack, as_json, confirmed)
    begun.guard("refunding a payment")
    path = f"/payments/{quote(payment_id, safe='')}/refunds"
    told = call_api(begun, "POST", path, asked, {"idempotency-key": key})
    begun.show(
        told,
        lambda: [
            f"refund {told['id']}: {_money(told['amount'])}, {told['status']}",
            begun.command(f"payments show {told['payment']}"),
        ],
    )


restricting.add(app, RestrictionKind.payment)
repairing.add_resolve(app, EntityKind.payment)
repairing.add_reprocess(app)


def lines(view: dict[str, Any]) -> list[Any]:
    """A payment for people: one fact a line, as `payment_view` holds it."""
    facts = [
        ("payment", view["id"]),
        ("provider", view["provider"]),
        ("status", view["status"]),
        ("reason", view.get("reason")),
        ("amount", _money(view["amount"])),
        ("sent back", _part(view, view.get("refunded"))),
        ("on hold", view.get("hold")),
        ("fee", _money(view.get("fee"))),
        ("net", _money(view.get("net"))),
        ("reference", view.get("reference")),
        ("subscription", view.get("subscription")),
        ("plan", view.get("plan", {}).get("name") or view.get("plan", {}).get("id")),
        ("payer", view.get("payer", {}).get("name") or view.get("payer", {}).get("reference")),
        *((one["kind"], _transaction(view, one)) for one in view["transactions"]),
        *(("refund asked", _refund(one)) for one in view.get("refunds", ())),
        *((f"{one['kind']} operation", _operation(one)) for one in view["operations"]),
        ("invoice", view.get("invoice", {}).get("number")),
        ("no invoice", view.get("invoice", {}).get("withheld")),
        ("created", view["created_at"]),
        ("updated", view["updated_at"]),
        *view["links"].items(),
    ]
    return [table(("", ""), [(name, value) for name, value in facts if value])]


def _listed(views: Sequence[dict[str, Any]]) -> Any:
    rows = [
        (one["created_at"], one["id"], one["status"], _money(one["amount"]), one.get("reference"))
        for one in views
    ]
    return table(("first seen", "payment", "status", "amount", "reference"), rows)


def _money(amount: dict[str, Any] | None) -> str | None:
    return f"{amount['value']} {amount['currency']}" if amount else None


def _part(view: dict[str, Any], part: dict[str, Any] | None) -> str | None:
    """How much of what was paid: "10.00 of 100.00 USD"."""
    if part is None:
        return None
    paid = view["transactions"][0]["amount"] if view["transactions"] else view["amount"]
    return f"{part['value']} of {_money(paid)}"


def _transaction(view: dict[str, Any], one: dict[str, Any]) -> str:
    if one["kind"] not in _WENT:
        return f"{_money(one['amount'])} {one['status']}, {one['id']}, {one['at']}"
    # A refund's own status: pending, then refunded or declined.
    became = {"refunded": _WENT[one["kind"]], "declined": "not sent back: it failed"}
    said = became.get(one["status"], one["status"])
    return f"{_part(view, one['amount'])} {said}, {one['id']}, {one['at']}"


def _refund(one: dict[str, Any]) -> str:
    parts = [_money(one["amount"]), one["status"], one.get("because"), one.get("reason")]
    return ", ".join(part for part in [*parts, one["id"]] if part)


def _operation(one: dict[str, Any]) -> str:
    parts = [one["state"], f"after {one['attempts']} attempt(s)", one.get("reason")]
    return ", ".join(part for part in parts if part)
