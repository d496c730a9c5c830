"""The contract at run time: operations by operationId, and the checks of requests."""

from penstock.contracts.checks import Checked, Checks
from penstock.contracts.document import Contract, Operation, load
from penstock.contracts.strict_json import loads

__all__ = ["Checked", "Checks", "Contract", "Operation", "load", "loads"]
