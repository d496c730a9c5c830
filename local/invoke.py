"""`make invoke`: run one function of a stack, the local one by default, with a recorded event."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from local.aws import session_of
from local.tokens import token_of
from penstock.domain.caller import READ_AND_PAY, Scope
from penstock.entrypoints.cli.stack import LOCAL, StackMissing, find

_RECORDED_AT = b"https://api.sandbox.paypal.com"
_RECORDED_TOKEN = b"pst_%b_%b" % (b"0" * 16, b"0" * 64)
_TOKEN_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Answered:
    """What a function answered, as JSON, and whether it broke over it."""

    payload: str
    broke: bool


def invoke(stack: Mapping[str, Any], function: str, event: bytes) -> Answered:
    """
    Invoke a function, by its name within the stack.

    Events were recorded at PayPal's sandbox. On the local platform the simulator takes its place,
    because the door refuses any other address of the certificate. A token made of zeros becomes a
    token of the stack, good for five minutes; for `operate`, with that scope alone.
    """
    if simulator := stack.get("simulators", {}).get("paypal"):
        event = event.replace(_RECORDED_AT, simulator.encode())
    session = session_of(stack)
    if _RECORDED_TOKEN in event:
        scopes = frozenset({Scope.operate}) if function == "operate" else READ_AND_PAY
        token = asyncio.run(token_of(stack, "make invoke", _TOKEN_LASTS, scopes))
        event = event.replace(_RECORDED_TOKEN, token.encode())
    answer = session.client("lambda").invoke(
        FunctionName=stack["functions"][function], Payload=event
    )
    return Answered(answer["Payload"].read().decode() or "null", bool(answer.get("FunctionError")))


def main() -> None:
    """Invoke it and print what it answered; exit code 1 if it broke."""
    parser = argparse.ArgumentParser(prog="make invoke", description=__doc__)
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument("--confirm", help="the name of a protected stack")
    parser.add_argument("function")
    parser.add_argument("event", type=Path)
    options = parser.parse_args()
    try:
        found = find(options.stack)
    except StackMissing as exc:
        sys.exit(f"penstock: {exc}")
    if found.protected and options.confirm != options.stack:
        sys.exit(
            f"penstock: the stack {options.stack} is protected, and its functions move money: "
            f"add CONFIRM={options.stack}"
        )
    stack = found.outputs
    if options.function not in stack["functions"]:
        sys.exit(f"penstock: FUNCTION is one of {', '.join(sorted(stack['functions']))}")
    if not options.event.is_file():
        sys.exit(f"penstock: there is no event {options.event}")
    answered = invoke(stack, options.function, options.event.read_bytes())
    Console().print_json(answered.payload, ensure_ascii=True)
    sys.exit(1 if answered.broke else 0)


if __name__ == "__main__":
    main()
