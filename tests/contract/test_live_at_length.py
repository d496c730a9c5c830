"""
The API keeps to its contract, whatever is sent, on both hosts: schemathesis against a live port.

`test_live.py` has a few requests of each operation for `make test`.
"""

from __future__ import annotations

from typing import Any

from tests.contract.asking import ask, schema, search
from tests.contract.living import Live
from tests.depth import LONG

pytestmark = LONG

SCHEMA = schema()
# The functions are tried in the coverage phase, too, by `make contract-deep`.
WITHOUT_COVERAGE = schema()
WITHOUT_COVERAGE.config.phases.coverage.enabled = False


@SCHEMA.parametrize()
@search(20, deep=400)
def test_every_answer_keeps_to_the_contract(case: Any, live: Live):
    ask(case, live.url, live.token)


@WITHOUT_COVERAGE.parametrize()
@search(8, deep=100)
def test_every_answer_of_the_functions_keeps_to_the_contract(case: Any, live: Live):
    ask(case, live.functions, live.token)
