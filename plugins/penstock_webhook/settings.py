"""What the webhook sink needs to be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

# A name with a dot whose last label begins with a letter: no form of an IP address is one (dotted,
# decimal, octal, hexadecimal, IPv6). What a name leads to is checked where it is connected to.
_LOCAL = r"(localhost|local|internal|localdomain|home\.arpa)"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_NAME = rf"(?!([^/:]*\.)?{_LOCAL}[:/])({_LABEL}\.)+[A-Za-z][A-Za-z0-9-]{{1,62}}"
# Only the local platform takes these, and only its own simulator's.
_LOOPBACK = r"http://(127\.0\.0\.1|localhost|\[::1\])"
# Printable ASCII without # and \, which clients read in different ways.
PATTERN = rf'^(https://{_NAME}|{_LOOPBACK})(:[0-9]{{1,5}})?/[!"$-\[\]-~]*$'
LONGEST = 1000
_URL = re.compile(PATTERN)
_EXAMPLE = "https://shop.example.com/webhooks"


def _is_one(value: str) -> str:
    # Names are the same in small letters; the pattern has the local ones in small letters only.
    if len(value) > LONGEST or not _URL.fullmatch(value) or not _URL.fullmatch(value.lower()):
        raise PydanticCustomError(
            "webhook_url",
            "it must be https:// with a public name and a path, without user or fragment, as in "
            "{example}",
            {"example": _EXAMPLE},
        )
    return value


Url = Annotated[
    str,
    AfterValidator(_is_one),
    WithJsonSchema(
        {
            "type": "string",
            "format": "uri",
            "maxLength": LONGEST,
            "pattern": PATTERN,
            "examples": [_EXAMPLE],
        }
    ),
]


class WebhookSettings(BaseModel):
    """Where the events go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Url = Field(description="the endpoint: https, a public name, a path; no secret in it")
