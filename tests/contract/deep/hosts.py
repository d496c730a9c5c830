"""What schemathesis needs to know of our own API besides: what is there, and who else acts."""

from __future__ import annotations

from functools import cache
from typing import Any

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

import tests.contract.deep.hooks  # noqa: F401 - registers those of every target
from tests.contract.deep.shop import Shop
from tests.contract.deep.walking import Walking
from tests.contract.real import be_real

_WALKING = Walking()


_shop = cache(Shop)


def _at(case: Any) -> Shop:
    """The one shop of a run, a client as schemathesis is one."""
    schema = case.operation.schema
    return _shop(schema.get_base_url(), schema.config.headers_for()["Authorization"])


def _phase(case: Any) -> TestPhase | None:
    return case.meta.phase.name if case.meta else None


@schemathesis.hook("before_call")
def be_plausible(context: Any, case: Any, kwargs: Any) -> None:
    """Name what is there in a request that keeps to the contract."""
    if case.meta is None or case.meta.generation.mode is GenerationMode.NEGATIVE:
        return
    if _phase(case) is TestPhase.COVERAGE:
        be_real(case)
    if _phase(case) is TestPhase.STATEFUL:
        _WALKING.before(case, _at(case))


@schemathesis.hook("after_call")
def go_on(context: Any, case: Any, response: Any) -> None:
    """Go on to where the next link leads from."""
    if _phase(case) is TestPhase.STATEFUL:
        _WALKING.after(case, response, _at(case))
