"""
What an e-mail address may look like, so that a mail server accepts it.

A bare address: no display name, no list, no quoted local part, no address literal. The local part
is a dot-atom (RFC 5322, 3.2.3) of at most 64 characters; the whole has at most 254 (RFC 5321,
4.5.3.1, less the angle brackets). The domain has two labels or more of letters, digits and inner
hyphens, of at most 63 characters each (RFC 1123, 2.1); the last begins with a letter (RFC 3696,
2). Letters are ASCII: an international domain is written in its xn-- form.

`penstock_email.settings` has the same rule, because the stack does not import plugins; a test
compares the two.
"""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

EXAMPLE = "oncall@example.com"
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_INNER = r"[A-Za-z0-9-]{0,61}[A-Za-z0-9]"
PATTERN = (
    rf"^(?=.{{1,64}}@)(?=.{{6,254}}$){_ATOM}(\.{_ATOM})*"
    rf"@([A-Za-z0-9]({_INNER})?\.)+[A-Za-z]{_INNER}$"
)
_ADDRESS = re.compile(PATTERN)


def _is_one(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError(f"not an e-mail address: write a bare one, as in {EXAMPLE}")
    return value


Address = Annotated[str, AfterValidator(_is_one)]
