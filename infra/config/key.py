"""A key of the customer's, by its ARN."""

from __future__ import annotations

import re

# [aws] By id: log groups take no alias, and an alias may be moved to another key.
_KEY = re.compile(r"arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/(mrk-)?[a-f0-9-]{32,36}")


def is_key(value: str) -> str:
    """
    The ARN of a key, or nothing.

    Raises:
        ValueError: it is something else, an alias for one.
    """
    if value and not _KEY.fullmatch(value):
        raise ValueError(
            "not the ARN of a key (an alias is none): write one as in "
            "arn:aws:kms:us-east-1:123456789012:key/12345678-1234-1234-1234-123456789012"
        )
    return value
