"""Whether a plugin's package is typed, as pyright sees it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from typing import Any

from penstock.testing.checking.checked import Checked, Result
from penstock.testing.checking.find import Found
from penstock.testing.checking.kit import root_of

PART = "types"
CHECK = "pyright finds no error"
_SECONDS = 300


def types(found: Found) -> Checked:
    """What pyright says of the package, by the settings of its project."""
    if found.folder is None:
        return Checked(PART, CHECK, Result.skipped, "it is a module of one file, not a package")
    if importlib.util.find_spec("pyright") is None:
        return Checked(PART, CHECK, Result.skipped, "pyright is not installed here")
    command = ("-m", "pyright", "--outputjson", "--pythonpath", sys.executable)
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter, on an installed package
            [sys.executable, *command, str(found.folder)],
            cwd=root_of(found.folder),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Checked(PART, CHECK, Result.failed, f"pyright took longer than {_SECONDS} s")
    try:
        told: dict[str, Any] = json.loads(done.stdout)
        errors = [one for one in told["generalDiagnostics"] if one["severity"] == "error"]
    except (ValueError, KeyError, TypeError):
        return Checked(PART, CHECK, Result.failed, f"pyright ended with {done.returncode}")
    if not errors:
        return Checked(PART, CHECK, Result.passed)
    first = errors[0]
    place = f"{first['file'].rpartition('/')[2]}, line {first['range']['start']['line'] + 1}"
    message = " ".join(str(first["message"]).split())
    count = f"{len(errors)} errors; the first: " if errors[1:] else ""
    because = f"{count}{message} ({place})"
    return Checked(PART, CHECK, Result.failed, because)
