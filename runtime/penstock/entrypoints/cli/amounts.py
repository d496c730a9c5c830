"""An amount on the command line: a decimal number and a currency, exact to the digit."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from penstock.domain.money import Money
from penstock.entrypoints.cli.session import Code, CommandError

Amount = Annotated[
    str | None, typer.Option(help="how much, such as 12.50", show_default="all that is left")
]
Currency = Annotated[str | None, typer.Option(help="the amount's currency")]


def named_amount(amount: str | None, currency: str | None) -> dict[str, Any]:
    """
    The fields of a request that ask for an amount; none where none is given.

    Raises:
        CommandError: one of the two is missing, or the amount has too many digits.
    """
    if amount is None and currency is None:
        return {}
    if amount is None or currency is None:
        raise CommandError("--amount and --currency: give both, or neither", Code.usage)
    try:
        money = Money.parse(amount, currency)
    except ValueError as exc:
        raise CommandError(f"--amount {amount} --currency {currency}: {exc}", Code.usage) from exc
    return {"amount": money.minor, "currency": money.currency}
