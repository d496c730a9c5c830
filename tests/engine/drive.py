"""
One command of the engine on the stack in the current folder; says on standard output what it did.

A process of its own per command: the program is imported anew, from the copy it lies in.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Any

from pulumi import automation as auto

_SAME = {"same", "refresh", "read"}


def main(command: str, name: str) -> None:
    """Run it; the last line of the output is the report."""
    here = Path.cwd()
    sys.path.insert(0, str(here))

    def program() -> None:
        runpy.run_path(str(here / "__main__.py"), run_name="__main__")

    stack = auto.create_or_select_stack(
        name,
        project_name="penstock",
        program=program,
        opts=auto.LocalWorkspaceOptions(
            work_dir=str(here), pulumi_command=auto.PulumiCommand(os.environ["ENGINE_ROOT"])
        ),
    )
    steps: dict[str, str] = {}

    def note(event: auto.EngineEvent) -> None:
        # What was begun may have been broken off: a step counts once it is done.
        told = event.resource_pre_event if command == "preview" else event.res_outputs_event
        if told and told.metadata.op.value not in _SAME:
            steps[told.metadata.urn] = told.metadata.op.value

    error, outputs = "", dict[str, Any]()
    try:
        did = getattr(stack, command)(
            on_event=note, on_output=lambda line: print(line, flush=True)
        )
        if isinstance(did, auto.UpResult):
            outputs = {key: one.value for key, one in did.outputs.items()}
    except auto.CommandError as exc:
        error = str(exc)
    print(json.dumps({"steps": steps, "error": error, "outputs": outputs}))


if __name__ == "__main__":
    main(*sys.argv[1:])
