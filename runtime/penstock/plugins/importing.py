"""Why a plugin could not be imported: one line for its author."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import TracebackType

_FILE = re.compile(r" \([^()]*(/|\\|unknown location)[^()]*\)$")
"""What Python adds to "cannot import name …": the file, with the folders of this machine."""


def why(module: str, exc: BaseException) -> str:
    """What is wrong, where, and what to do; of a stranger's exception only the type."""
    where = " → ".join(_places(module.partition(".")[0], exc.__traceback__))
    match exc:
        case ModuleNotFoundError() if not where and "." in module:
            return f"there is no module {exc.name!r}: correct the name, or write it"
        case ModuleNotFoundError() if not where:
            return (
                f"there is no module {exc.name!r}: install its package, or correct the name;"
                " an installed plugin is named by the entry points in its pyproject.toml"
            )
        case ModuleNotFoundError():
            return (
                f"there is no module {exc.name!r}, which {where} imports:"
                " install it beside Penstock, or correct the import"
            )
        case SyntaxError():
            return f"{exc.msg} in {_short(module, exc.filename)}:{exc.lineno}; repair it"
        case ImportError() | NameError() | AttributeError():
            return f"{_FILE.sub('', str(exc))} ({where}); repair it"
        case SystemExit():
            return f"it calls sys.exit ({where}); remove that: an import must only define things"
        case _:
            return f"it raised {type(exc).__name__} ({where or 'no line of it'}); repair it"


def _places(package: str, traceback: TracebackType | None) -> Iterator[str]:
    """The lines of the package that were running, the first import first."""
    while traceback is not None:
        code, name = traceback.tb_frame.f_code, traceback.tb_frame.f_globals.get("__name__", "")
        if name.partition(".")[0] == package:
            yield f"{_short(name, code.co_filename)}:{traceback.tb_lineno}"
        traceback = traceback.tb_next


def _short(module: str, file: str | None) -> str:
    """A file of a package, without the folders that lead to it."""
    package = module.partition(".")[0]
    path = (file or "").replace("\\", "/")
    _, found, rest = path.rpartition(f"/{package}/")
    return f"{package}/{rest}" if found else path.rpartition("/")[2]
