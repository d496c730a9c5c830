"""An entry of the audit trail as the API shows it."""

from __future__ import annotations

from typing import Any

from penstock.domain.audit import Entry
from penstock.entrypoints.http.views import moment, present

NOT_FINISHED = "not_finished"
"""The state of a command that still runs, or was killed."""


def audit_view(entry: Entry) -> dict[str, Any]:
    """An entry as `GET /audit` answers it (components/schemas/AuditEntry)."""
    begun, done = entry.begun, entry.done
    return present(
        {
            "id": begun.id,
            "at": moment(begun.at),
            "actor": begun.actor,
            "command": begun.command,
            "subjects": list(begun.subjects),
            "reason": begun.reason,
            "state": done.ending.value if done else NOT_FINISHED,
            "effect": done.effect if done else None,
            "error": done.error if done else None,
            "before": dict(entry.before) or None,
            "after": dict(done.after) or None if done else None,
            "finished_at": moment(done.at) if done else None,
        }
    )
