"""Commands that print, and readers that stop early."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable


def printing(main: Callable[[], int]) -> int:
    """
    Run a command's main and return its exit code; 0 if its reader stops early (`… | head`).

    From the Python documentation, library/signal, "Note on SIGPIPE": what is still in the buffer
    goes nowhere, or the interpreter would complain of it when it ends.
    """
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return 0
