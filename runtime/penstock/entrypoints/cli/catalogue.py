"""
The first words of a command line, each with the line that help shows for it.

They are data, so that help and completion import no command and no plugin: the module of a
command is imported when it is invoked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

_PLUGINS = "penstock"

COMMANDS: Mapping[str, str] = {
    "serve": "Serve the API, consume every queue and sweep, in one process, until SIGTERM or"
    " Ctrl-C.",
    "doctor": "Look at a stack from outside: each line is ok, or says what to do.",
    "smoke": "Prove a stack with mocked money: a payment that arrives, and a webhook that must be"
    " rejected.",
    "listen": "Follow a gateway's list of events and feed the stack with those it lacks, until"
    " Ctrl-C.",
    "trigger": "Have a gateway's simulator send a signed webhook to the local platform.",
}
"""Commands: `commands/<name>.py` has the function of that name, whose docstring begins so."""

GROUPS: Mapping[str, str] = {
    "payments": "What became of payments.",
    "payers": "What is known of who pays.",
    "gateways": "Gateways that are kept from moving money.",
    "plans": "What can be subscribed to.",
    "subscriptions": "Who is paid up, and until when.",
    "invoices": "Invoices that Penstock withheld.",
    "events": "The archive of events.",
    "queue": "The queues: look, send, empty.",
    "dlq": "Dead letters: look, send back, drop.",
    "rejected": "Rejected deliveries: look, verify again.",
    "audit": "What operators did, and why.",
    "tokens": "The bearer tokens that the API takes.",
    "secrets": "The plugins' secrets: write, never read out.",
    "plugins": "The gateways and sinks that are installed.",
    "webhooks": "Webhooks: registered where they should be, and why one was refused.",
}
"""Groups of commands: `commands/<name>.py` has them as `app`."""


def accounts() -> Mapping[str, str]:
    """
    The installed gateways that have commands of their own, with the line of help.

    They are read from the plugins' data files. A plugin without a readable one has none.
    """
    # Imported here: it takes long, and only help and unknown names need it.
    from importlib.metadata import entry_points

    modules = sorted({entry.value for entry in entry_points(group=_PLUGINS)})
    names = sorted(name for module in modules for name in _accounts_of(module))
    return {name: f"Your {name} account: set up, and checked." for name in names}


def _accounts_of(module: str) -> list[str]:
    try:
        spec = find_spec(module)
        folders = spec.submodule_search_locations if spec else None
        if not folders:
            return []
        return json.loads(Path(folders[0], "plugin.json").read_bytes()).get("accounts", [])
    except (ImportError, OSError, ValueError):
        return []
