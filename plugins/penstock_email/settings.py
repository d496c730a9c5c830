"""What the e-mail sink needs to be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

# A bare address that mail servers accept: the rule and its sources are in infra/config/address.py.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_INNER = r"[A-Za-z0-9-]{0,61}[A-Za-z0-9]"
PATTERN = (
    rf"^(?=.{{1,64}}@)(?=.{{6,254}}$){_ATOM}(\.{_ATOM})*"
    rf"@([A-Za-z0-9]({_INNER})?\.)+[A-Za-z]{_INNER}$"
)
_ADDRESS = re.compile(PATTERN)


def _is_one(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("not an e-mail address: write a bare one, as in oncall@example.com")
    return value


# The schema holds the pattern as it is; pydantic's own engine has no look-ahead.
Address = Annotated[
    str,
    AfterValidator(_is_one),
    WithJsonSchema(
        {
            "type": "string",
            "format": "email",
            "pattern": PATTERN,
            "examples": ["oncall@example.com"],
        }
    ),
]


class EmailSettings(BaseModel):
    """Who writes to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Address = Field(description="a bare address that is a verified identity of SES")
    # 50: what SES takes in one message.
    recipients: list[Address] = Field(
        min_length=1, max_length=50, description="who gets the events; bare addresses"
    )
    reply_to: Address | None = Field(None, description="where answers go, if not to the sender")
