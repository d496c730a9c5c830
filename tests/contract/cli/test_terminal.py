"""What strangers wrote is shown harmlessly: a terminal executes none of it, JSON stays JSON."""

from __future__ import annotations

import ast
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penstock.entrypoints import cli
from penstock.entrypoints.cli.commands.doctor import lines as doctor_lines
from penstock.entrypoints.cli.commands.payments import lines as payment_lines
from penstock.entrypoints.cli.commands.queue import lines as queue_lines
from penstock.entrypoints.cli.patient import Finding
from penstock.entrypoints.cli.session import Session, table
from penstock.entrypoints.cli.terminal import harmless
from penstock.ports import Message

ESC = "\x1b[2J\x1b]0;owned\x07"
RIGHT_TO_LEFT = "\u202egpj.exe\u2069"
EVIL = f"Ann{ESC}{RIGHT_TO_LEFT}\r\nstatus succeeded\x9b31m\u200b\x7f"
SHOWN = r"Ann\x1b[2J\x1b]0;owned\x07\u202egpj.exe\u2069\r\nstatus succeeded\x9b31m\u200b\x7f"


def unsafe(text: str) -> Iterator[str]:
    """The characters a terminal acts on, line ends of ours excepted."""
    for one in text.replace("\n", ""):
        if unicodedata.category(one) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            yield one


def view(name: str) -> dict[str, Any]:
    return {
        "id": "p-1",
        "provider": "paypal",
        "status": "pending",
        "reason": name,
        "amount": {"minor": 1, "currency": "USD", "value": "0.01"},
        "payer": {"name": name},
        "transactions": [],
        "operations": [{"kind": "charge", "state": "declined", "attempts": 1, "reason": name}],
        "links": {name: name},
        "created_at": "now",
        "updated_at": "now",
    }


def printed(capsys: pytest.CaptureFixture[str], shown: Any, value: Any = None) -> str:
    Session().show(value, lambda: shown)
    return capsys.readouterr().out


def test_control_and_direction_characters_are_shown_escaped():
    assert SHOWN == harmless(EVIL)


@pytest.mark.parametrize(
    "text", ["Müller & Søn", "山田太郎", "مريم", "ann@example.org", "50 €", "🙂"]
)
def test_names_of_any_script_are_shown_as_they_are(text: str):
    assert text == harmless(text)


@given(st.text())
def test_no_text_keeps_a_character_that_a_terminal_acts_on(text: str):
    assert [] == [*unsafe(harmless(text)), *(one for one in harmless(text) if one == "\n")]


def test_a_payers_name_is_shown_harmlessly(capsys: pytest.CaptureFixture[str]):
    out = printed(capsys, payment_lines(view(EVIL)))

    assert [] == list(unsafe(out))
    assert r"Ann\x1b[2J" in out
    assert not any(line.startswith("status succeeded") for line in out.splitlines())


def test_a_message_of_a_queue_is_shown_harmlessly(capsys: pytest.CaptureFixture[str]):
    message = Message("m", EVIL, EVIL, "r", 1, {"reason": EVIL})

    assert [] == list(unsafe(printed(capsys, queue_lines([message]))))


@pytest.mark.parametrize(
    "shown", [EVIL, [EVIL], [table((EVIL,), [(EVIL,)])], doctor_lines(Finding(EVIL, EVIL, EVIL))]
)
def test_lines_tables_and_findings_are_harmless(capsys: pytest.CaptureFixture[str], shown: Any):
    out = printed(capsys, shown)

    assert [] == list(unsafe(out))
    assert "Ann" in out


@pytest.mark.parametrize("text", ["[red]ann[/red]", ":warning:", "[link=http://x]y[/link]"])
def test_what_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str], text: str):
    assert [text, text] == [
        printed(capsys, text).strip(),
        printed(capsys, table(("",), [(text,)])).strip(),
    ]


def test_json_output_is_json_and_escaped(capsys: pytest.CaptureFixture[str]):
    Session(json=True).show({"name": EVIL}, lambda: "")
    out = capsys.readouterr().out

    assert {"name": EVIL} == json.loads(out)
    assert [] == list(unsafe(out))


def test_commands_print_through_the_one_place_that_makes_text_harmless():
    """
    `say`, `say_json` and `Session.show`; whoever prints otherwise forgets it one day.
    """
    folder = Path(cli.__file__).parent
    printing = {
        f"{path.relative_to(folder)}:{node.lineno} {ast.unparse(node.func)}"
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and re.fullmatch(
            r"(typer|click)\.s?echo|print|(rich\.)?print\w*|\w+\.print|sys\.\w+\.write",
            ast.unparse(node.func),
        )
        and path.relative_to(folder).as_posix() not in ("terminal.py", "session.py")
    }

    assert set() == printing
