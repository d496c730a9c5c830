"""botocore's descriptions of AWS's services, read once for all sessions of a process."""

from __future__ import annotations

from functools import cache

import botocore.session
from botocore.loaders import create_loader

_once = cache(create_loader)


def read_once() -> None:
    """
    Have all sessions share one reader.

    Each session reads hundreds of kilobytes of JSON anew otherwise, 50 ms for two clients, and
    tests make a session or more each.
    """
    botocore.session.create_loader = _once
