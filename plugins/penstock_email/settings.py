"""What the e-mail sink needs to be told."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

# A bare address and no more: no name, no list, no line break that could become a header.
Address = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+$",
        max_length=254,
    ),
]


class EmailSettings(BaseModel):
    """Who writes to whom."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sender: Address = Field(description="a bare address that is a verified identity of SES")
    # 50: what SES takes in one message.
    recipients: list[Address] = Field(
        min_length=1, max_length=50, description="who gets every event; bare addresses"
    )
    reply_to: Address | None = Field(None, description="where answers go, if not to the sender")
