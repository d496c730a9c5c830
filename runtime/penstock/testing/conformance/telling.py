"""A check that failed, in one line: what it is about and what was seen."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType, TracebackType

from penstock.api import HttpNotSent, HttpUnanswered

_LONGEST = 240
_OF_A_VALUE = 100
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")
_RAISES = "DID NOT RAISE"
_REMEDIES = {
    "Authentic or Undecided": "return Undecided where it cannot be decided now",
    "Critical or Unanswered": "return Critical where an earlier attempt may explain the refusal",
    "Declined": "return Declined where the provider refuses it for good",
    "Forged": "return Forged where the signature does not match",
    "NotSent": "return NotSent where the request cannot have had an effect",
    "NotSent or Unanswered": "return Unanswered where no answer can be read",
    "RetryAfter": "return RetryAfter where it may succeed later",
    "Succeeded": "return Succeeded with the gateway's id of it",
    "Succeeded or Pending": "return Succeeded or Pending with the gateway's id of it",
    "Unanswered": "return Unanswered where the request may have had an effect",
}
"""What to do where another answer was expected."""
_CATCH: Mapping[type[BaseException], str] = {
    HttpNotSent: "; catch it: nothing was sent",
    HttpUnanswered: "; catch it: the request may have had an effect",
}
_NO_VERDICT = "return Unanswered where no answer can be read"


def promise(check: str) -> str:
    """A check's name in words: `test_a_lost_answer_leaves_it_unknown` without `test_`."""
    return check.removeprefix("test_").replace("_s_", "'s_").replace("_", " ")


def line(check: str, exc: BaseException, package: str = "") -> str:
    """
    What was seen, in one line of at most 240 characters.

    Args:
        check: the name of the function that failed.
        exc: what it raised.
        package: the plugin's, whose line is named where it was running.
    """
    text = " ".join(f"{promise(check)}: {_seen(exc, package)}".split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _seen(exc: BaseException, package: str) -> str:
    said = str(exc).partition("\n")[0].strip()
    if said.startswith(_RAISES):
        name = said.removeprefix(_RAISES).strip(" <>").removeprefix("class ").strip("'")
        return f"it did not raise {name.rpartition('.')[2]}"
    if isinstance(exc, AssertionError):
        # What pytest makes of an assert without a message begins with the assert itself.
        if said and not said.startswith("assert "):
            return said
        return _asserted(exc.__traceback__) or said or "it does not hold"
    if type(exc).__name__ == "Failed":
        return said
    # Python's own words about code; other texts may quote what the plugin was given.
    text = f": {said}" if isinstance(exc, AttributeError | NameError | TypeError) else ""
    place = _place(exc.__traceback__, package)
    return f"it raised {type(exc).__name__}{text}{place}{_CATCH.get(type(exc), '')}"


def _asserted(trace: TracebackType | None) -> str:
    """Of `assert isinstance(name, kind)`: what came, what was expected, and what to do."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    condition = _condition(trace.tb_frame, trace.tb_lineno)
    kind = condition and asks_for_a_type(condition)
    if not kind:
        return ""
    negated, name, expected = kind
    came = _shown(trace.tb_frame.f_locals.get(name))
    if negated:
        return f"it answered {came}, and must not answer {expected}: {_NO_VERDICT}"
    remedy = _REMEDIES.get(expected, "see penstock.api")
    return f"it answered {came}, not {expected}: {remedy}"


def asks_for_a_type(condition: ast.expr) -> tuple[bool, str, str] | None:
    """Of `isinstance(name, kind)`: whether it is negated, the name and the kind."""
    negated = isinstance(condition, ast.UnaryOp) and isinstance(condition.op, ast.Not)
    if isinstance(condition, ast.UnaryOp) and negated:
        condition = condition.operand
    match condition:
        case ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=name), kind]):
            return negated, name, ast.unparse(kind).replace(" | ", " or ")
        case _:
            return None


def _condition(frame: FrameType, number: int) -> ast.expr | None:
    source, first = inspect.getsourcelines(frame.f_code)
    tree = ast.parse(textwrap.dedent("".join(source)))
    for one in ast.walk(tree):
        if isinstance(one, ast.Assert) and one.lineno <= number - first + 1 <= (
            one.end_lineno or 0
        ):
            return one.test
    return None


def _shown(value: object) -> str:
    text = _ADDRESS.sub("", repr(value))
    return text if len(text) <= _OF_A_VALUE else f"{text[:_OF_A_VALUE]}…"


def _place(trace: TracebackType | None, package: str) -> str:
    """The last line of the plugin that was running; without one, the last of all."""
    steps = [*traceback.walk_tb(trace)]
    ours = [one for one in steps if _top(one[0]) == package.partition(".")[0]]
    if not steps:
        return ""
    frame, number = (ours or steps)[-1]
    return f" ({'/'.join(Path(frame.f_code.co_filename).parts[-2:])}, line {number})"


def _top(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
