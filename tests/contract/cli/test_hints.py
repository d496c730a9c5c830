"""Every command that Penstock prints, or that a page names, works as it stands."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer

from penstock.entrypoints.cli.catalogue import COMMANDS, GROUPS
from penstock.entrypoints.cli.session import Session
from tests.contract.cli.commands import Shows
from tests.contract.cli.running import tree

ROOT = Path(__file__).parents[3]
SAMPLES = {
    "plugin": "paypal",
    "meant": " --confirm dev",
    "what": "split paypal",
    "kind": "payments",
    "wanted": "--scope pay",
    "penstock": "penstock",
}
"""What stands for a placeholder, by its last name; `sample` for all others."""
FIRST = "|".join([*COMMANDS, *GROUPS, "paypal"])
_PRINTED = re.compile(rf"\bpenstock ((?:--stack \S+ )?(?:{FIRST})\b[^`\n;|]*)")
_QUOTED = re.compile(r"`penstock ([^`]+)`")
_FENCE = re.compile(r"^```sh\n(.*?)^```", re.M | re.S)


def text(node: ast.AST) -> str | None:
    """A string of the source as it would be printed."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=parts):
            return "".join(
                one.value if isinstance(one, ast.Constant) else sample(one)  # pyright: ignore[reportArgumentType,reportCallIssue,reportUnknownMemberType]
                for one in parts
            )
        case ast.Call(func=ast.Attribute(attr="command"), args=[words, *_]):
            # `Session.command`, which puts `penstock` and the stack before it.
            said = text(words)
            return said and f"penstock --stack dev {said}"
        case _:
            return None


def sample(part: Any) -> str:
    inner = part.value
    if said := text(inner):
        return said
    name = re.split(r"\W+", ast.unparse(inner).rstrip(")]'"))[-1]
    return SAMPLES.get(name, "sample")


def printed() -> Iterator[tuple[str, str]]:
    """Where, and what comes after `penstock` there."""
    for folder in ("runtime/penstock", "plugins", "infra", "local"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            source = path.read_text()
            if not re.search(r"penstock\}? [a-z-]|\.command\(f?\"", source):
                continue
            module = ast.parse(source)
            described = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
            parts = {
                id(part)
                for node in ast.walk(module)
                if isinstance(node, ast.JoinedStr)
                for part in node.values
            }
            for node in ast.walk(module):
                # No docstring, and no part of an f-string that is looked at as a whole.
                if id(node) not in described | parts and (said := text(node)):
                    for words in {*_PRINTED.findall(said), *_QUOTED.findall(said)}:
                        yield f"{path.relative_to(ROOT)}:{node.lineno}", words  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType]


def documented() -> Iterator[tuple[str, str]]:
    for page in sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]):
        for block in _FENCE.findall(page.read_text()):
            for line in block.splitlines():
                found = re.search(r"(?:^|\| ?)(?:\.venv/bin/)?penstock ([^#|]+)", line)
                if found:
                    yield page.name, found[1]


def parse(words: Sequence[str]) -> None:
    """Read a command line to its end without running it."""
    context = tree().make_context("penstock", list(words))
    while hasattr(context.command, "resolve_command"):
        left = [*context._protected_args, *context.args]
        name, command, left = context.command.resolve_command(context, left)
        context = command.make_context(name, left, parent=context)


def wrong(commands: Collection[tuple[str, str]]) -> list[str]:
    """The commands that are wrongly called, each with where it stands and why."""
    found: list[str] = []
    for where, line in sorted(commands):
        try:
            parse(shlex.split(line.rstrip(" .:,")))
        except typer.Exit:
            # After `--help`.
            continue
        except Exception as exc:
            if "No such file" in str(exc):
                # The reader's own file.
                continue
            found.append(f"{where}: penstock {line}: {type(exc).__name__} {exc}")
    return found


def test_every_command_that_is_printed_is_complete_and_exists():
    commands = set(printed())

    assert 20 < len(commands)
    assert [] == wrong(commands)


def test_every_command_of_the_documents_is_complete_and_exists():
    commands = set(documented())

    assert 40 < len(commands)
    assert [] == wrong(commands)


@pytest.mark.parametrize(
    ("protected", "changes", "expected"),
    [
        (True, True, "penstock --stack live secrets set paypal --confirm live"),
        (True, False, "penstock --stack live secrets set paypal"),
        (False, True, "penstock --stack live secrets set paypal"),
    ],
)
def test_a_printed_command_names_its_stack(
    pulumi: Shows, protected: bool, changes: bool, expected: str
):
    pulumi(protected=protected)

    assert expected == Session("live").command("secrets set paypal", changes=changes)


def test_the_local_stack_is_not_named():
    assert "penstock payments show p-1" == Session().command("payments show p-1")
