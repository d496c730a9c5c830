"""For each check of the kit: what is broken in it, and the line that it fails with."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from penstock.testing import conformance
from penstock.testing.conformance import Bench
from penstock.testing.conformance.telling import line, promise
from tests.plugins.conformance.acme import DOOR, AcmePay
from tests.plugins.conformance.acme_sink import AcmeSink
from tests.plugins.conformance.broken_plugins import ALSO, broken
from tests.plugins.conformance.sitting import CHECKS, Sitting, bench, run

Skipped = pytest.skip.Exception
SITE = str(Path(__file__).with_name("site"))
"""Packages that are broken before they are built."""


class Loose(BaseModel):
    """Settings that swallow a misspelling."""


class WithoutObserves(conformance.GatewayConformance, conformance.WebhooksConformance):
    """Tests of a gateway that leave a capability out."""


class WithObserves(WithoutObserves, conformance.ObservesConformance):
    """Tests of a gateway that claim this capability."""


class Webhooks:
    """A gateway with webhooks and nothing else."""

    name = "acmepay"
    authenticate, read = AcmePay.authenticate, AcmePay.read

    def __init__(self, context: Any) -> None:
        self.context = context


class Observing(Webhooks):
    """A gateway with webhooks that are believed."""

    observe = AcmePay.observe


for _sitting in (WithoutObserves, WithObserves):
    _sitting.__test__ = False  # type: ignore[attr-defined]  # pytest would collect it


def _registered(**changes: Any) -> Callable[[Bench], Bench]:
    return lambda world: replace(world, registration=replace(world.registration, **changes))


REGISTERED: Mapping[str, Callable[[Bench], Bench]] = {
    "test_importing_it_reaches_for_nothing": _registered(plugin="exitpay"),
    "test_its_data_file_says_what_its_classes_say": _registered(plugin="stalepay"),
    "test_a_setting_it_has_not_is_refused": _registered(settings=Loose),
    "test_its_door_lets_the_genuine_in": _registered(
        door=replace(DOOR, headers={"x-acme-signature": "[A-Z]+"})
    ),
    "test_the_fields_it_names_are_enough_to_authenticate": _registered(
        secrets=("key", "pin"), webhook_secrets=("pin",)
    ),
}
"""What no method can break: a registration that is wrong."""
SITS: Mapping[str, tuple[type, type]] = {
    "test_its_tests_cover_every_capability_that_it_has": (Observing, WithoutObserves),
    "test_its_tests_claim_no_capability_that_it_lacks": (Webhooks, WithObserves),
}
"""What the tests of a plugin get wrong: the gateway, and the class of its tests."""


def good(name: str) -> Bench:
    """The bench with the plugin that does everything right."""
    return bench(_GOOD[_is_sink(name)])


def fail(name: str, check: str | None = None) -> None:
    """Run a check, its own if none is named, against the plugin that is broken in `name`."""
    sys.path.append(SITE)
    try:
        run(*CHECKS[check or name], *_broken_bench(name))
    finally:
        sys.path.remove(SITE)


def told(name: str) -> str:
    """The line that the check fails with; empty if it passes."""
    try:
        fail(name)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as exc:
        # pytest's own failures are no Exceptions.
        return line(name.split(".")[1], exc)
    return ""


def failed(name: str) -> set[str]:
    """All the checks that the plugin fails that is broken in what one check is for."""
    return {check for check in _sat(name) if _fails(name, check)}


def _fails(name: str, check: str) -> bool:
    try:
        fail(name, check)
    except (KeyboardInterrupt, SystemExit, Skipped):
        return False
    except BaseException:
        # pytest's own failures are no Exceptions.
        return True
    return False


def _sat(name: str) -> list[str]:
    """The checks that its tests have."""
    _, sitting = _broken_bench(name)
    whole = conformance.SinkConformance if _is_sink(name) else Sitting
    return [check for check, (cls, _) in CHECKS.items() if issubclass(sitting or whole, cls)]


def _broken_bench(name: str) -> tuple[Bench, type | None]:
    """The bench of what is broken, and its tests if it is they that are."""
    check = name.split(".")[1]
    if check in SITS:
        made, sitting = SITS[check]
        return bench(made), sitting
    if check in REGISTERED:
        return REGISTERED[check](good(name)), None
    return bench(_broken(name)), None


@functools.cache
def _broken(name: str) -> type:
    return broken(name)


def _is_sink(name: str) -> bool:
    return name.startswith("SinkConformance.")


_GOOD = {False: AcmePay, True: AcmeSink}


def culprit(name: str) -> str:
    """What the broken plugin does wrong, in its own words or by what was replaced."""
    check = name.split(".")[1]
    if check in REGISTERED:
        return "its registration"
    if check in SITS:
        return "its tests"
    said = inspect.cleandoc(_broken(name).__dict__["__doc__"]).partition("\n")[0].rstrip(".")
    return said[0].lower() + said[1:]


def row(name: str) -> str:
    """The row of a check in the page of all checks."""
    cls, check = name.split(".")
    also = "; ".join(promise(one.split(".")[1]) for one in ALSO.get(name, ()))
    cells = (f"`{cls}`", promise(check), culprit(name), f"`{_cell(told(name))}`", also)
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Without what another test, or another line in a file, would change."""
    text = re.sub(r"\bline \d+", "line …", text.partition(": ")[2])
    text = re.sub(r"((?:reference|id|path)='[a-z/-]*)[\d-]+'", r"\1…'", text)
    return text.replace("|", "\\|").replace("`", "'")
