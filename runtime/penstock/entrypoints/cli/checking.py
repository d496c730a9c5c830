"""A plugin's checks as people and programs read them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from penstock.entrypoints.cli.session import Code, CommandError, table

if TYPE_CHECKING:
    from penstock.testing.checking import Checked


@dataclass(frozen=True, slots=True)
class Checks:
    """Every check of one plugin, and where its tests are."""

    name: str
    module: str
    tests: Path | None
    checks: Sequence[Checked]

    @property
    def passed(self) -> bool:
        """Whether none failed."""
        return all(one.result != "failed" for one in self.checks)

    def data(self) -> dict[str, Any]:
        """For programs."""
        return {
            "name": self.name,
            "module": self.module,
            "tests": str(self.tests) if self.tests else None,
            "passed": self.passed,
            "checks": [
                {
                    "part": one.part,
                    "check": one.check,
                    "result": str(one.result),
                    "because": one.because or None,
                }
                for one in self.checks
            ],
        }

    def lines(self) -> list[Any]:
        """A row for each part, then what failed or was skipped: one line for one reason."""
        counts = {part: Counter[str]() for part in dict.fromkeys(one.part for one in self.checks)}
        for one in self.checks:
            counts[one.part][one.result] += 1
        results = ("passed", "failed", "skipped")
        rows = [(part, *(count[one] or "" for one in results)) for part, count in counts.items()]
        told: list[Any] = [table(("part", *results), rows)]
        for result in ("failed", "skipped"):
            for line in _grouped(one for one in self.checks if one.result == result):
                told += ["", f"{result}: {line}"]
        total = sum(counts.values(), Counter[str]())
        verdict = "passes" if self.passed else "does not pass"
        return [*told, "", f"{self.name} {verdict}: {total['passed']} of {total.total()} checks"]


def checked(name: str, tests: Path | None, *, types: bool) -> Checks:
    """
    Check an installed plugin.

    Args:
        tests: a file or folder with its tests; None for those of its project.
        types: whether pyright looks at it, too.

    Raises:
        CommandError: no installed plugin has that name.
    """
    # Imported here: no other command needs the kit.
    from penstock.testing import checking

    found = checking.find(name)
    if found is None:
        named = ", ".join(checking.known())
        raise CommandError(
            f"NAME: no installed plugin is named {name}; there are {named}. Install yours with"
            " pip install --no-deps -e FOLDER",
            Code.not_found,
        )
    where = tests or checking.bench_folder(found)
    made = [*checking.package(found)]
    if any(one.check == checking.REGISTERS and one.result == "passed" for one in made):
        made += [checking.types(found)] if types else []
        # Tests of what cannot be built would only say that again.
        if not any(one.check.endswith(checking.BUILDS) and one.result == "failed" for one in made):
            made += checking.kit(found, where)
    return Checks(name, found.module, where, made)


def _grouped(checks: Iterable[Checked]) -> Iterator[str]:
    """A line for each part and reason; one fault may fail all that a class checks."""
    # Imported here: no other command needs the kit.
    from penstock.testing.conformance.telling import promise

    told: dict[tuple[str, str], list[str]] = {}
    for one in checks:
        check = promise(one.check)
        because = one.because.removeprefix(f"{check}: ")
        told.setdefault((one.part, because), []).append(check)
    for (part, because), (first, *others) in told.items():
        more = f" and {len(others)} other{'s' if others[1:] else ''}" if others else ""
        yield f"{part}: {first}{more}: {because}"
