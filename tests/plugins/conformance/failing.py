"""For each check of the kit: what is broken in it, and the line that it fails with."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from penstock.testing import conformance
from penstock.testing.conformance import Bench
from penstock.testing.conformance.telling import line, promise
from tests.plugins.conformance.acme import DOOR, AcmePay, AcmeSink
from tests.plugins.conformance.broken_plugins import broken
from tests.plugins.conformance.sitting import CHECKS, bench, run

SITE = str(Path(__file__).with_name("site"))
"""Packages that are broken before they are built."""


class Loose(BaseModel):
    """Settings that swallow a misspelling."""


class Short(conformance.GatewayConformance):
    """Tests of a gateway that leave its capabilities out."""


class Webhooks:
    """A gateway with webhooks and nothing else."""

    name = "acmepay"
    authenticate, read = AcmePay.authenticate, AcmePay.read

    def __init__(self, context: Any) -> None:
        self.context = context


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
SITS: Mapping[str, tuple[type, type | None]] = {
    "test_its_tests_cover_every_capability_that_it_has": (AcmePay, Short),
    "test_its_tests_claim_no_capability_that_it_lacks": (Webhooks, None),
}
"""What the tests of a plugin get wrong: the gateway, and the class of its tests."""


def good(name: str) -> Bench:
    """The bench with the plugin that does everything right."""
    return bench(AcmeSink if name.startswith("Sink") else AcmePay)


def fail(name: str) -> None:
    """Run a check against what is broken in it."""
    if SITE not in sys.path:
        sys.path.append(SITE)
    check = name.split(".")[1]
    if check in SITS:
        made, sitting = SITS[check]
        run(*CHECKS[name], bench(made), sitting)
    elif check in REGISTERED:
        run(*CHECKS[name], REGISTERED[check](good(name)))
    else:
        run(*CHECKS[name], bench(broken(name)))


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


def culprit(name: str) -> str:
    """What the broken plugin does wrong, in its own words or by what was replaced."""
    check = name.split(".")[1]
    if check in REGISTERED:
        return "its registration"
    if check in SITS:
        return "its tests"
    made = broken(name)
    own = made.__dict__.get("__doc__")
    if own:
        return inspect.cleandoc(own).partition("\n")[0].rstrip(".").lower()
    changed = [one for one in vars(made) if not one.startswith("__")]
    return f"its {', '.join(changed)}"


def row(name: str) -> str:
    """The row of a check in the page of all checks."""
    cls, check = name.split(".")
    cells = (f"`{cls}`", promise(check), culprit(name), f"`{_cell(told(name))}`")
    return f"| {' | '.join(cells)} |"


def _cell(text: str) -> str:
    """Without what another test, or another line in a file, would change."""
    text = re.sub(r"\bline \d+", "line …", text.partition(": ")[2])
    text = re.sub(r"((?:reference|id|path)='[a-z/-]*)[\d-]+'", r"\1…'", text)
    return text.replace("|", "\\|").replace("`", "'")
