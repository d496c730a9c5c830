"""What the webhook sink needs to be told."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

# A name with a dot whose last label begins with a letter: no form of an IP address is one (dotted,
# decimal, octal, hexadecimal, IPv6). What a name leads to is checked where it is connected to.
# Names that the public DNS never has: RFC 6761, 6762, 7686, 8375, 9476; ICANN for internal.
_LOCAL = r"(localhost|local|internal|localdomain|home\.arpa|invalid|test|onion|alt)"
_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_LAST = r"[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]"
# A name has at most 253 characters, as it is written (RFC 1035, 3.1).
_NAME = rf"(?=[^/:]{{1,253}}[:/])(?!([^/:]*\.)?{_LOCAL}[:/])({_LABEL}\.)+{_LAST}"
# Only the local platform takes these, and only its own simulator's.
_LOOPBACK = r"http://(127\.0\.0\.1|localhost|\[::1\])"
# 1 to 65535.
_PORT = r"(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3})"
# Printable ASCII without # and \, which clients read in different ways.
PATTERN = rf'^(https://{_NAME}|{_LOOPBACK})(:{_PORT})?/[!"$-\[\]-~]*$'
LONGEST = 1000
_URL = re.compile(PATTERN)
EXAMPLE = "https://shop.example.com/webhooks"


def _is_one(value: str) -> str:
    # Names are the same in small letters; the pattern has the local ones in small letters only.
    if len(value) > LONGEST or not _URL.fullmatch(value) or not _URL.fullmatch(value.lower()):
        raise PydanticCustomError(
            "webhook_url",
            "it must be https:// with a public name and a path, without user or fragment, as in "
            "{example}",
            {"example": EXAMPLE},
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
            "examples": [EXAMPLE],
        }
    ),
]


class WebhookSettings(BaseModel):
    """Where the events go."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Url = Field(description="the endpoint: https, a public name, a path; no secret in it")
