"""Each test has an id of its own: of several with one id, xdist's workers run only one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pytest


def name_operation(item: pytest.Item) -> None:
    """
    Name the operation in the id of a test that schemathesis made for it.

    pytest 9.2 takes ids from the functions' own names; schemathesis 4.32 tells the operations of
    a test apart by another, so that all of them have one id.
    """
    operation = getattr(item, "operation_label", None)
    if operation and item.id.params is None:
        item._id = item.id.with_params(operation)


def repeated(items: Iterable[pytest.Item]) -> list[str]:
    """The ids that several tests have."""
    return [name for name, count in Counter(one.nodeid for one in items).items() if count > 1]
