"""Which modules a module needs, read from its imports without running any."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.bundle.target import BundleError

_DATA = frozenset([".css", ".html", ".js", ".json"])
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")
"""The fields of a statement that hold statements."""


@dataclass(frozen=True, slots=True)
class Closure:
    """
    What some modules need in the end.

    Attributes:
        files: source files and the data of their packages, by their path in the zip.
        foreign: top-level packages that are neither ours nor the standard library's.
    """

    files: dict[str, Path]
    foreign: frozenset[str]


Imports = Sequence[tuple[str, Sequence[str]]]
"""What one module imports: each module's name, and the names taken from it."""


def closure(
    modules: Iterable[str], packages: Iterable[Path], read: dict[Path, Imports] | None = None
) -> Closure:
    """
    Follow imports, those within functions included, through the packages that are ours.

    What is imported for type checkers only is left out.

    Args:
        packages: their folders. What lies beside one is not ours: a plugin that was installed
            stands among everybody's.
        read: the imports of modules that were read before, by their path; more are added.

    Raises:
        BundleError: a module of ours that is not there.
    """
    read = {} if read is None else read
    roots = {package.name: package.parent for package in packages}
    files: dict[str, Path] = {}
    foreign: set[str] = set()
    waiting = [part for module in modules for part in _with_parents(module)]
    seen: set[str] = set()
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        path = _find(module, roots)
        if path is None:
            raise BundleError(f"{module} is imported, and there is no such module")
        root = roots[_top(module)]
        files |= {one.relative_to(root).as_posix(): one for one in (path, *_data_beside(path))}
        if path not in read:
            read[path] = list(_imports(path, module))
        for name, members in read[path]:
            top = _top(name)
            if top in roots:
                waiting += _with_parents(name)
                # `from package import name` may mean a module of that name.
                waiting += [m for one in members if _find(m := f"{name}.{one}", roots)]
            elif top not in sys.stdlib_module_names:
                foreign.add(top)
    return Closure(files, frozenset(foreign))


def _data_beside(path: Path) -> Iterator[Path]:
    """What a package of ours reads at run time: it lies in the package's own folder."""
    if path.name == "__init__.py":
        yield from (
            one for one in path.parent.iterdir() if one.suffix in _DATA and one.name[0] != "_"
        )


def _with_parents(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[: place + 1]) for place in range(len(parts))]


def _top(module: str) -> str:
    return module.partition(".")[0]


def _find(module: str, roots: Mapping[str, Path]) -> Path | None:
    base = roots[_top(module)].joinpath(*module.split("."))
    return next((p for p in (base / "__init__.py", base.with_suffix(".py")) if p.is_file()), None)


def _imports(path: Path, module: str) -> Iterator[tuple[str, Sequence[str]]]:
    """Each import as a module's name and the names taken from it."""
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    for node in _running(ast.parse(path.read_bytes())):
        match node:
            case ast.Import():
                yield from ((alias.name, ()) for alias in node.names)
            case ast.ImportFrom():
                base = package.split(".")[: len(package.split(".")) - node.level + 1]
                name = ".".join([*(base if node.level else []), *filter(None, [node.module])])
                yield name, [alias.name for alias in node.names]
            case _:
                pass


def _running(tree: ast.AST) -> Iterator[ast.stmt]:
    """Every statement, but for what stands under `if TYPE_CHECKING`."""
    waiting = [tree]
    while waiting:
        for node in _statements(waiting.pop()):
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
                waiting.append(ast.Module(node.orelse, []))
                continue
            yield node
            waiting.append(node)


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """The statements right below a node; an expression holds none, so none is looked into."""
    for part in _BLOCKS:
        for one in getattr(node, part, ()):
            if isinstance(one, ast.stmt):
                yield one
            else:
                # An `except` or a `case`, which has its own block.
                yield from _statements(one)
