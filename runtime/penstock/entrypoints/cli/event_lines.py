"""Events as commands show them: two lines of 80 columns for people, or a row of a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from penstock.api.headline import amount
from penstock.domain.events import Event
from penstock.entrypoints.cli.terminal import harmless

_MINUTE = len("2026-11-02T12:00")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the begin of a formula."""
COLUMNS = ("time", "type", "subject", "event", "amount", "payer", "status", "reference")


def event_view(event: Event, delivered: bool | None = None) -> dict[str, Any]:
    """An event for programs: as it is published, and whether a sink has had it."""
    shown = event.cloud_event()
    return shown if delivered is None else {**shown, "delivered": delivered}


def lines(event: Event, delivered: bool | None = None) -> list[str]:
    """When, what, how much and from whom; then whom it concerns, and the event's id."""
    at = event.cloud_event()["time"][:_MINUTE].replace("T", " ")
    first = (at, 18), (str(event.type), 28), (amount(event), 21), (payer(event), 13)
    row = "".join(_cell(text, width) for text, width in first)
    shown = [row.rstrip(), f"    {_cell(event.entity, 38)}{event.id}"]
    if delivered is not None:
        shown.append(f"    {'delivered' if delivered else 'no record of a delivery'}")
    return shown


def payer(event: Event) -> str:
    """Who paid, or who subscribed: the name, or the merchant's reference of them."""
    told: Mapping[str, Any] = event.data.get("payer") or event.data.get("subscriber") or {}
    return str(told.get("name") or told.get("reference") or "")


def row(event: Event) -> list[str]:
    """An event's row of a CSV file."""
    return [
        event.cloud_event()["time"],
        str(event.type),
        event.entity,
        event.id,
        amount(event),
        payer(event),
        str(event.data.get("status") or ""),
        str(event.data.get("reference") or ""),
    ]


def csv_line(cells: Sequence[str]) -> str:
    """
    A line of a CSV file, which a spreadsheet shows and does not compute.

    A cell that begins like a formula is quoted (OWASP, "CSV Injection").
    """
    out = io.StringIO()
    safe = [f"'{one}" if one.startswith(_FORMULA) else one for one in map(harmless, cells)]
    csv.writer(out, lineterminator="").writerow(safe)
    return out.getvalue()


def _cell(text: str, width: int) -> str:
    """A text in so many columns, a space at its end."""
    shown = harmless(text)
    if cell_len(shown) >= width:
        shown = set_cell_size(shown, width - 2) + "…"
    return set_cell_size(shown, width - 1) + " "
