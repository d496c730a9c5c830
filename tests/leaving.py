"""What a test must leave as it found it: the next test of any file runs in the same process."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog


@contextmanager
def logging_restored() -> Iterator[None]:
    """How logging is set up within the block ends with it."""
    own, before = structlog.is_configured(), structlog.get_config()
    handlers, level = logging.root.handlers, logging.root.level
    try:
        yield
    finally:
        structlog.configure(**before)
        if not own:
            structlog.reset_defaults()
        logging.root.handlers = handlers
        logging.root.setLevel(level)


def state() -> Mapping[str, Any]:
    """What of the process a test may have changed for all that follow it, by name."""
    return {
        "the environment": {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
        "the working directory": os.getcwd(),
        "sys.path": list(sys.path),
        "structlog's configuration": structlog.get_config(),
        "the level of the root logger": logging.root.level,
        # pytest's own come and go with the phases of a test.
        "the root logger's handlers": [
            one for one in logging.root.handlers if not type(one).__module__.startswith("_pytest")
        ],
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The names of what is not as it was."""
    return [name for name, one in before.items() if one != after[name]]
