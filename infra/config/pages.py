"""What a merchant decides about the pages that buyers see."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

LONGEST_BRAND = 127
"""As PayPal takes it (`application_context.brand_name`)."""
_URL = re.compile(r"[!-~]{1,512}")


def _is_https(value: str) -> str:
    parts = urlsplit(value) if _URL.fullmatch(value) else None
    if parts is None or parts.scheme != "https" or not parts.hostname:
        raise ValueError("not a page's address: write it in full, as in https://example.com/help")
    return value


def _is_one_line(value: str) -> str:
    if not value.isprintable() or not value.strip():
        raise ValueError("not a name: write one line of printable characters")
    return value


Url = Annotated[str, AfterValidator(_is_https)]


class Pages(BaseModel):
    """
    The pages that buyers see.

    Attributes:
        brand: the merchant's name, at the top of each page.
        language: for browsers that ask for none of the pages' languages.
        support_url: where buyers get help, and `continue_url` where they go on.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, populate_by_name=False
    )

    brand: Annotated[str, Field(max_length=LONGEST_BRAND), AfterValidator(_is_one_line)]
    language: Literal["en", "zh-TW"] = "en"
    support_url: Url | None = None
    continue_url: Url | None = None
