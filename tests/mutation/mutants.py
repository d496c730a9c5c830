"""Every small change to the code that must not go unnoticed, and a random sample of them."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.binary_operator_replacement import BinaryOperators
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names
from parso.python.tree import Keyword, Number
from parso.python.tree import Operator as Symbol
from parso.tree import BaseNode, NodeOrLeaf

ROOT = Path(__file__).parents[2]
AREAS = {
    "domain": "runtime/penstock/domain",
    "pipeline": "runtime/penstock/pipeline",
    "operators": "runtime/penstock/operators",
    "paypal": "plugins/penstock_paypal",
}
# The simulator stands in for PayPal in tests: it decides nothing for a merchant.
_NOT_OURS = "plugins/penstock_paypal/simulator"
# Enum members, None and short text are one object each: here `is` and `==` say the same.
_SAME = ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")
_SYMBOLS = {member.value for member in BinaryOperators}


@dataclass(frozen=True, order=True)
class Mutant:
    """
    One change to one place.

    Attributes:
        module: the file, from the root of the checkout.
        number: the line's, from 1.
        line: as it is, without its indent.
        becomes: as the mutant has it; empty if the line is removed.
        area: a key of `AREAS`.
        end: the number of the last line that the change touches.
        imported: whether the line runs when the module is imported, and so once for all tests.
        code: the module's whole text with the change in it.
    """

    module: str
    number: int
    line: str
    becomes: str
    area: str
    end: int
    imported: bool
    code: str = field(repr=False)

    def __str__(self) -> str:
        return f"{self.module}:{self.number}\n    {self.line}\n    {self.becomes or '(removed)'}"


@dataclass(frozen=True)
class _Place:
    module: str
    area: str
    start: tuple[int, int]
    end: tuple[int, int]
    nth: int
    line: str

    def rank(self, seed: int, *more: object) -> bytes:
        # By what the line says: a change elsewhere leaves the rest of a sample as it was.
        told = (seed, self.module, self.line, self.nth, self.start[1], *more)
        return hashlib.sha256(repr(told).encode()).digest()


def sample(seed: int, size: int, first: int = 0, under: str = "") -> list[Mutant]:
    """
    So many places at random, and one change to each.

    Places are drawn and not changes: `a + b` can be changed in eleven ways, `a and b` in one.

    Args:
        first: how many of the seed's places to pass over, to go on after a shorter run.
        under: only of modules whose path begins with this.
    """
    places = {
        place: kinds
        for area, folder in AREAS.items()
        for module in _modules(folder)
        if module.startswith(under)
        for place, kinds in _places(module, area).items()
    }
    drawn: list[Mutant] = []
    for place in sorted(places, key=lambda one: one.rank(seed))[first:]:
        if len(drawn) == size:
            break
        tried = sorted(places[place], key=lambda kind: place.rank(seed, *kind))
        found = (mutant for kind in tried if (mutant := _made(place, *kind)))
        if mutant := next(found, None):
            drawn.append(mutant)
    return drawn


def _modules(folder: str) -> Iterator[str]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(_NOT_OURS):
            yield name


@cache
def _text(module: str) -> str:
    return (ROOT / module).read_text()


@cache
def _operators() -> dict[str, Operator]:
    """Cosmic-ray's kinds of change that need no setting."""
    kinds = {name: get_operator(name) for name in operator_names() if not name.endswith(_SAME)}
    return {name: kind() for name, kind in kinds.items() if not kind.arguments()}


def _places(module: str, area: str) -> dict[_Place, list[tuple[str, int]]]:
    """Where the module can be changed, and how: operators with their occurrence."""
    text = _text(module)
    lines = text.splitlines()
    nodes = [node for node in ast_nodes(get_ast(text)) if _changes(node)]
    hints = [*_hints(ast.parse(text)), *_bare_stars(nodes)]
    found: dict[tuple[tuple[int, int], tuple[int, int]], list[tuple[str, int]]] = defaultdict(list)
    for name, operator in _operators().items():
        spans = (span for node in nodes for span in operator.mutation_positions(node))
        for occurrence, span in enumerate(spans):
            if not any(start <= span[0] and span[1] <= end for start, end in hints):
                found[span].append((name, occurrence))
    seen: dict[str, int] = defaultdict(int)
    places: dict[_Place, list[tuple[str, int]]] = {}
    for start, end in sorted(found):
        line = lines[start[0] - 1].strip()
        seen[line] += 1
        places[_Place(module, area, start, end, seen[line], line)] = found[start, end]
    return places


def _changes(node: NodeOrLeaf) -> bool:
    """Whether some operator may change it: most leaves are names, and looking takes its time."""
    match node:
        case Keyword() | Number():
            return True
        case Symbol():
            return node.value in _SYMBOLS
        case _:
            return isinstance(node, BaseNode)


def _bare_stars(nodes: Iterable[NodeOrLeaf]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The `*` and `/` between parameters, which cosmic-ray takes for arithmetic."""
    for node in nodes:
        if isinstance(node, Symbol) and node.parent and node.parent.type == "parameters":
            yield (node.start_pos, node.end_pos)


def _hints(tree: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Where types are written and where only the type checker looks: nothing of it runs."""
    for node in ast.walk(tree):
        for hint in _silent(node):
            yield (
                (hint.lineno, hint.col_offset),
                (hint.end_lineno or hint.lineno, hint.end_col_offset or 0),
            )


def _silent(node: ast.AST) -> Iterable[ast.expr | ast.stmt]:
    match node:
        case ast.arg(annotation=ast.expr() as hint) | ast.AnnAssign(annotation=hint):
            return [hint]
        case ast.FunctionDef(returns=ast.expr() as hint):
            return [hint]
        case ast.AsyncFunctionDef(returns=ast.expr() as hint):
            return [hint]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return [node]
        case _:
            return []


@cache
def _in_functions(module: str) -> frozenset[int]:
    """The lines that run when a function is called."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(
        number
        for node in ast.walk(ast.parse(_text(module)))
        if isinstance(node, functions)
        for number in range(node.body[0].lineno, (node.end_lineno or node.lineno) + 1)
    )


def _made(place: _Place, operator: str, occurrence: int) -> Mutant | None:
    """The mutant; none where the change is no Python, as of the `*` before keyword arguments."""
    text = _text(place.module)
    try:
        code = str(mutate_code(text, _operators()[operator], occurrence))
    except AttributeError:
        return None  # cosmic-ray cannot replace a dotted name among exceptions, as of `re.error`
    try:
        if ast.dump(ast.parse(code)) == ast.dump(ast.parse(text)):
            return None
    except SyntaxError:
        return None
    number = place.start[0]
    becomes = "" if "RemoveDecorator" in operator else code.splitlines()[number - 1].strip()
    return Mutant(
        *(place.module, number, place.line, becomes),
        *(place.area, place.end[0], number not in _in_functions(place.module), code),
    )
