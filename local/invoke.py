"""`make invoke`: run one function of the local platform with a recorded event."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console

from local.aws import client
from local.workspace import Workspace


def main() -> None:
    """Invoke it, print what it answered; exit code 1 if it failed."""
    parser = argparse.ArgumentParser(prog="make invoke", description=__doc__)
    parser.add_argument("function")
    parser.add_argument("event", type=Path)
    options = parser.parse_args()
    stack_file = Workspace().stack_file
    if not stack_file.exists():
        sys.exit("penstock: the local platform is not up: start it with `make run`")
    stack = json.loads(stack_file.read_text())
    functions = stack["functions"]
    if options.function not in functions:
        sys.exit(f"penstock: FUNCTION is one of {', '.join(sorted(functions))}")
    if not options.event.is_file():
        sys.exit(f"penstock: there is no event {options.event}")
    answer = client("lambda", stack["aws"]["endpoint_url"]).invoke(
        FunctionName=functions[options.function], Payload=options.event.read_bytes()
    )
    Console().print_json(answer["Payload"].read().decode() or "null")
    sys.exit(1 if answer.get("FunctionError") else 0)


if __name__ == "__main__":
    main()
