"""`python -m infra.bill.cost STACK --webhooks 1e6`: a month's bill, by kind and by line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any

from infra.bill import prices
from infra.bill.estimate import (
    UNCONFIRMED,
    Assumed,
    Line,
    by_function,
    by_month,
    by_webhook,
    letters,
    sinks,
    taken,
)
from infra.bill.traffic import KINDS
from infra.config.project import ConfigError
from infra.graph.show import committed
from infra.printing import printing
from infra.rules.view import Graph

TARGET = 4.0
"""USD a million webhooks; what of them it can mean is in docs/stack.md."""
BATCHES = (1.0, 10.0)
"""Messages an invocation finds: one while they come seldom, ten in a rush."""


def per_million(graph: Graph, kind: str, batch: float, assumed: Assumed | None = None) -> float:
    """USD for a million webhooks of a kind, what a month costs anyway left out."""
    return total(by_webhook(graph, KINDS[kind], prices.MILLION, batch, assumed))


def verdict(lines: Sequence[Line]) -> str:
    """Whether a million keeps to the target: in doubt when a line that is in doubt decides it."""
    if total(lines) <= TARGET:
        return "kept"
    certain = [line for line in lines if line.what != UNCONFIRMED]
    return "in doubt" if total(certain) <= TARGET else "missed"


def of_sinks(graph: Graph, kind: str, webhooks: float, batch: float) -> float:
    """USD for what the sinks of a stack take of a kind: their queues, functions and letters."""
    functions = by_function(graph, KINDS[kind], webhooks, batch)
    delivered = [one for name, one in functions.items() if name.startswith("deliver-")]
    return sum(map(total, delivered)) + letters(graph, KINDS[kind], webhooks).usd


def unfiltered(graph: Graph) -> Graph:
    """The same stack with every event sent to every sink."""
    return [
        replace(one, inputs={k: v for k, v in one.inputs.items() if k != "filterPolicy"})
        if one.type.endswith(":TopicSubscription")
        else one
        for one in graph
    ]


def total(lines: Sequence[Line]) -> float:
    """USD."""
    return sum(line.usd for line in lines)


def printed(graph: Graph, webhooks: float, kind: str, assumed: Assumed) -> Iterator[str]:
    """The bill as text: each kind against the target, one kind by line and by function."""
    yield f"{prices.REGION}, {prices.AS_OF}, USD, list prices; no free tier"
    yield ""
    yield from _kinds(graph, assumed)
    yield ""
    yield from _lines(graph, webhooks, kind, assumed)
    yield ""
    yield from _functions(graph, webhooks, kind, assumed)
    yield ""
    yield from _selections(graph)
    yield ""
    yield "A month, webhooks or not"
    fixed = [*by_month(graph, assumed)]
    for line in fixed:
        yield f"  {line.what:32} {line.quantity:>14,.2f}  {line.usd:8.2f}"
    yield f"  {'':32} {'':>14}  {total(fixed):8.2f}"
    yield ""
    yield "Calls, units and log lines are counted (infra/bill/traffic.py); assumed, in ms:"
    for field in fields(assumed):
        yield f"  {field.name:16} {getattr(assumed, field.name):>6g}"


def _kinds(graph: Graph, assumed: Assumed) -> Iterator[str]:
    yield f"A million of a kind (target of webhooks {TARGET:.2f}); one message a batch, and ten"
    for name, kind in KINDS.items():
        found = [by_webhook(graph, kind, prices.MILLION, batch, assumed) for batch in BATCHES]
        told = (f"{total(lines):6.2f} {verdict(lines):9}" for lines in found)
        yield f"  {name:12} {' '.join(told)} {kind.means}"
    yield f"  in doubt: missed by less than the line «{UNCONFIRMED}», which no source confirms"


def _lines(graph: Graph, webhooks: float, kind: str, assumed: Assumed) -> Iterator[str]:
    one, ten = (
        {line.what: line for line in by_webhook(graph, KINDS[kind], webhooks, batch, assumed)}
        for batch in BATCHES
    )
    yield f"{webhooks:,.0f} of them: {KINDS[kind].means}"
    for what, line in one.items():
        yield f"  {what:32} {line.quantity:>14,.2f}  {line.usd:8.2f}  {ten[what].usd:8.2f}"
    ends = f"{total([*one.values()]):8.2f}  {total([*ten.values()]):8.2f}"
    yield f"  {'':32} {'':>14}  {ends}"
    sent = letters(graph, KINDS[kind], webhooks)
    if sent.quantity:
        yield f"  besides, {sent.what:23} {sent.quantity:>14,.2f}  {sent.usd:8.2f}"


def _selections(graph: Graph) -> Iterator[str]:
    """What the sinks' selections of events save: the same million, letters included."""
    yield "A million to the sinks, letters included: the events they select, and every event"
    everything = unfiltered(graph)
    for name, kind in KINDS.items():
        if kind.events:
            ends = [
                of_sinks(one, name, prices.MILLION, BATCHES[-1]) for one in (graph, everything)
            ]
            chosen = (f"{sink} {taken(graph, sink, kind.events)}" for sink in sinks(graph))
            of_them = f"of {len(kind.events)}: {', '.join(chosen)}"
            yield f"  {name:12} {ends[0]:8.2f} {ends[1]:8.2f}  {of_them}"


def _functions(graph: Graph, webhooks: float, kind: str, assumed: Assumed) -> Iterator[str]:
    yield "The same by function"
    one, ten = (by_function(graph, KINDS[kind], webhooks, batch, assumed) for batch in BATCHES)
    for name, lines in one.items():
        yield f"  {name:32} {'':>14}  {total(lines):8.2f}  {total(ten[name]):8.2f}"


def main() -> int:
    """Print a stack's bill."""
    parser = argparse.ArgumentParser(prog="python -m infra.bill.cost", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("--webhooks", type=float, default=1e6)
    parser.add_argument("--kind", choices=KINDS, default="sale")
    for field in fields(Assumed):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=float)
    options: dict[str, Any] = vars(parser.parse_args())
    given = {f.name: options[f.name] for f in fields(Assumed) if options[f.name] is not None}
    try:
        graph = committed(options["stack"])
    except ConfigError as exc:
        print(f"penstock: {exc}", file=sys.stderr)
        return 1
    print("\n".join(printed(graph, options["webhooks"], options["kind"], Assumed(**given))))
    return 0


if __name__ == "__main__":
    raise SystemExit(printing(main))
