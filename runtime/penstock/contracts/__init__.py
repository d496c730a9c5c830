"""The contract at run time: operations by operationId, and the checks of requests."""

from penstock.contracts.checks import ONCE, Checked, Checks, refuse_repeated
from penstock.contracts.document import Contract, Operation, load
from penstock.contracts.strict_json import loads

__all__ = [
    "ONCE",
    "Checked",
    "Checks",
    "Contract",
    "Operation",
    "load",
    "loads",
    "refuse_repeated",
]
