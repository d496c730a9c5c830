"""
How soon what an outage left is done: `make bench-recovery`, on virtual time.

Sweeps start every minute, as the schedule starts them. A call of the ledger or a queue takes
8 ms, a request to a gateway 300 ms: what `make cost` assumes, too.
"""

from __future__ import annotations

import logging

import structlog
from rich.console import Console
from rich.table import Table

from infra.printing import printing
from tests.unit.pipeline import recovering
from tests.unit.pipeline.virtual import run

PENDING = (0, 100, 1000)
AWAY = 500


def main() -> int:
    """Print the table."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    table = Table("after an outage", "here", title="One function, virtual time")
    for count in PENDING:
        delay = run(recovering.delay_of_a_payment_never_sent(count))
        table.add_row(f"{count} pending, 1 never sent: its delay", f"{delay:.1f} s")
    delay = run(recovering.delay_while_gateway_is_asked(PENDING[-1]))
    table.add_row("the same, due while a sweep asks: its delay", f"{delay:.1f} s")
    recovered = run(recovering.invoices_a_minute(AWAY))
    table.add_row("invoices recovered a minute", str(recovered.done))
    table.add_row("requests under way at the gateway, at most", str(recovered.most))
    asked, _ = run(recovering.requests_to_a_gateway_that_is_away(AWAY))
    table.add_row(f"a gateway is away, {AWAY} due: requests in 3 minutes", str(asked))
    asks = run(recovering.asks_of_a_pending_charge(days=7))
    table.add_row("a charge is pending for a week: requests about it", str(asks))
    Console().print(table)
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
